"""Lifecycles in words: ``standard>standard_ia@30d>glacier_ir@90d`` enters each tier at that age."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from optimizer.candidates.distinct import distinct_rows
from optimizer.candidates.vocabulary import Vocabulary


def lifecycle_name(tiers: Sequence[str], min_age_days: Sequence[float]) -> str:
    """Name of a lifecycle given the tier and the youngest age of every band.

    >>> lifecycle_name(["hot", "hot", "cool"], [0, 30, 90])
    'hot>cool@90d'
    """
    entered = [
        f"{tiers[band]}@{min_age_days[band]:g}d" for band in range(1, len(tiers)) if tiers[band] != tiers[band - 1]
    ]
    return ">".join((tiers[0], *entered))


def lifecycle_codes(
    vocabulary: Vocabulary,
    tiers: Sequence[str],
    path: npt.NDArray[np.int8],
    min_age_days: npt.NDArray[np.float64],
) -> npt.NDArray[np.int32]:
    """Code of the name of every dataset's lifecycle, int32 ``[dataset]``; equal ones are named once."""
    bands = path.shape[1]
    kinds, kind_of = distinct_rows([*path.T, *min_age_days.T])
    codes = [
        vocabulary.code(lifecycle_name([tiers[tier] for tier in kind[:bands]], [float(age) for age in kind[bands:]]))
        for kind in kinds
    ]
    return np.array(codes, dtype=np.int32)[kind_of]

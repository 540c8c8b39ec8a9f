"""Distinct rows of columns of small whole numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

_LARGEST_KEY = 2**62


def distinct_rows(
    columns: Sequence[npt.NDArray[Any]],
) -> tuple[list[tuple[int, ...]], npt.NDArray[np.int64]]:
    """The distinct rows of equally long columns of whole numbers of at least 0, and which of them every row is.

    >>> distinct_rows([np.array([2, 1, 2]), np.array([0, 0, 0])])[0]
    [(1, 0), (2, 0)]
    """
    key, span = np.zeros(len(columns[0]), dtype=np.int64), 1
    for column in columns:
        codes = column.astype(np.int64)
        width = int(codes.max(initial=0)) + 1
        if span * width > _LARGEST_KEY:
            kinds, key = np.unique(key, return_inverse=True)
            span = len(kinds)
        key, span = key * width + codes, span * width
    _, first, kind_of = np.unique(key, return_index=True, return_inverse=True)
    return [tuple(int(column[row]) for column in columns) for row in first], kind_of

"""Commitments that cover today's workloads, one row per node."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from optimizer.candidates.months import months_left
from optimizer.candidates.places import PlaceGrid
from optimizer.candidates.vocabulary import Names
from optimizer.domain.estate import Dataset, Estate, Workload

ANYWHERE: Final = -1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CommitmentColumns:
    """Shapes ``[node]``: micro-USD a month that a commitment covers, for how many more months, and the service and
    place that it is bound to (place ``ANYWHERE``: to the service only). 0 where nothing is covered.
    """

    monthly_micro_usd: npt.NDArray[np.int64]
    months: npt.NDArray[np.float64]
    service: npt.NDArray[np.int32]
    place: npt.NDArray[np.int32]


def commitment_columns(
    things: Sequence[Workload | Dataset], estate: Estate, grid: PlaceGrid, names: Names
) -> CommitmentColumns:
    """Columns in the order of ``things``; a commitment whose place the grid lacks is bound to its workload's place."""
    by_id = {commitment.id: commitment for commitment in estate.commitments}
    monthly = np.zeros(len(things), dtype=np.int64)
    months = np.zeros(len(things))
    service = np.zeros(len(things), dtype=np.int32)
    place = np.full(len(things), ANYWHERE, dtype=np.int32)
    for row, thing in enumerate(things):
        if isinstance(thing, Dataset) or thing.commitment_id is None:
            continue
        commitment = by_id[thing.commitment_id]
        monthly[row] = thing.committed_micro_usd
        months[row] = months_left(estate.as_of_on, commitment.ends_on)
        service[row] = names.services.code(commitment.service)
        if commitment.place_id is not None:
            place[row] = grid.code_of.get(commitment.place_id, grid.code_of[thing.place_id])
    return CommitmentColumns(monthly_micro_usd=monthly, months=months, service=service, place=place)

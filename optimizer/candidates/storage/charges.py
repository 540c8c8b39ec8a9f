"""Charges of one chosen lifecycle per dataset, itemised."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from optimizer.candidates.storage.bands import BandColumns
from optimizer.candidates.storage.monthly import TierCharges, early_delete
from optimizer.candidates.storage.moves import ArrivalCharges
from optimizer.candidates.storage.tier_rates import TierRates


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LifecycleCharges:
    """float64 micro-USD ``[dataset]``, a month but for ``arrival_*``, which are once and NaN where not priced.

    ``storage`` includes early deletion along the lifecycle; ``requests`` includes its transitions.
    ``cheapest_storage`` is ``storage`` at the cheapest volume tier. ``confidence`` is the worst of the tiers used.
    """

    storage: npt.NDArray[np.float64]
    cheapest_storage: npt.NDArray[np.float64]
    requests: npt.NDArray[np.float64]
    retrieval: npt.NDArray[np.float64]
    confidence: npt.NDArray[np.int8]
    arrival_requests: npt.NDArray[np.float64]
    arrival_retrieval: npt.NDArray[np.float64]
    arrival_early_delete: npt.NDArray[np.float64]


def lifecycle_charges(
    bands: BandColumns,
    rates: TierRates,
    charges: TierCharges,
    arrival: ArrivalCharges,
    path: npt.NDArray[np.int8],
) -> LifecycleCharges:
    """Itemise the lifecycle ``path`` (tier index ``[dataset, band]``) of every dataset."""

    def along(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Value of every band in its tier, ``[dataset, band]``."""
        taken: npt.NDArray[np.float64] = np.take_along_axis(values, path[:, :, None].astype(np.int64), axis=2)[:, :, 0]
        return taken

    turns = path[:, 1:] != path[:, :-1]
    transitions = np.where(turns, along(charges.transition)[:, 1:], 0.0).sum(axis=1)
    resident = along(charges.storage)
    early = _early(bands, rates, path)
    return LifecycleCharges(
        storage=resident.sum(axis=1) + early,
        cheapest_storage=(resident * rates.cheapest_storage_ratio[path]).sum(axis=1) + early,
        requests=along(charges.requests).sum(axis=1) + transitions,
        retrieval=along(charges.retrieval).sum(axis=1),
        confidence=rates.confidence[path].max(axis=1),
        arrival_requests=along(arrival.requests).sum(axis=1),
        arrival_retrieval=along(arrival.retrieval).sum(axis=1),
        arrival_early_delete=along(arrival.early_delete).sum(axis=1),
    )


def _early(bands: BandColumns, rates: TierRates, path: npt.NDArray[np.int8]) -> npt.NDArray[np.float64]:
    """Early deletion a month along the lifecycle, ``[dataset]``."""
    rows = np.arange(len(path))
    begin = np.zeros(len(path), dtype=np.int64)
    total = np.zeros(len(path))
    for end in range(1, bands.bands):
        left = path[:, end - 1].astype(np.int64)
        turns = path[:, end] != path[:, end - 1]
        for start in range(end):
            leaving = turns & (begin == start)
            if leaving.any():
                charge = early_delete(bands, rates, begin=start, end=end)[rows, left]
                total += np.where(leaving, charge, 0.0)
        begin = np.where(turns, end, begin)
    return total

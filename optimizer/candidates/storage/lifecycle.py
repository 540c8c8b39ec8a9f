"""The cheapest lifecycle, exactly: a shortest path over runs of age bands that stay in one tier.

A lifecycle is a tier per age band, never hotter for older data. With ``w[b, t]`` the charge of band ``b`` in tier
``t``, ``m[b, t]`` that of passing into ``t`` at ``b`` and ``e[i, j, t]`` that of leaving ``t`` at ``j`` after entering
it at ``i``:

    best[j, t] = min over i < j of  before[i, t] + sum w[i..j-1, t] + (i > 0) m[i, t] + (j < bands) e[i, j, t]
    before[0, t] = 0,   before[i, t] = min over hotter u < t of best[i, u]
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Leaving = Callable[[int, int], npt.NDArray[np.float64]]


def best_lifecycle(
    resident: npt.NDArray[np.float64], passing: npt.NDArray[np.float64], leaving: Leaving
) -> npt.NDArray[np.int8]:
    """Index of the tier of every band, int8 ``[dataset, band]``; of equal lifecycles the one found hottest first.

    ``resident`` and ``passing`` are float64 ``[dataset, band, tier]`` with infinity where a tier is closed;
    ``leaving(begin, end)`` is ``[dataset, tier]``. Every band must have an open tier that is not hotter than those of
    younger bands; the hottest tier always is.
    """
    datasets, bands, tiers = resident.shape
    total = np.concatenate([np.zeros((datasets, 1, tiers)), np.cumsum(_finite(resident), axis=1)], axis=1)
    closed = np.concatenate([np.zeros((datasets, 1, tiers)), np.cumsum(np.isinf(resident), axis=1)], axis=1)
    before = np.zeros((bands + 1, datasets, tiers))
    from_tier = np.full((bands + 1, datasets, tiers), -1, dtype=np.int8)
    best = np.full((bands + 1, datasets, tiers), np.inf)
    begin_of = np.zeros((bands + 1, datasets, tiers), dtype=np.int8)
    for end in range(1, bands + 1):
        for begin in range(end):
            run = before[begin] + total[:, end] - total[:, begin]
            run = np.where(closed[:, end] > closed[:, begin], np.inf, run)
            run = run + (passing[:, begin] if begin else 0.0) + (leaving(begin, end) if end < bands else 0.0)
            better = run < best[end]
            best[end] = np.where(better, run, best[end])
            begin_of[end] = np.where(better, begin, begin_of[end])
        before[end], from_tier[end] = _cheapest_hotter(best[end])
    return _trace(best[bands], begin_of, from_tier)


def _finite(charges: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.where(np.isinf(charges), 0.0, charges)


def _cheapest_hotter(best: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int8]]:
    """Per tier the cheapest strictly hotter tier so far, and which one it is; ``[dataset, tier]``."""
    lowest, which = np.full_like(best, np.inf), np.full(best.shape, -1, dtype=np.int8)
    for tier in range(1, best.shape[1]):
        better = best[:, tier - 1] < lowest[:, tier - 1]
        lowest[:, tier] = np.where(better, best[:, tier - 1], lowest[:, tier - 1])
        which[:, tier] = np.where(better, tier - 1, which[:, tier - 1])
    return lowest, which


def _trace(
    final: npt.NDArray[np.float64], begin_of: npt.NDArray[np.int8], from_tier: npt.NDArray[np.int8]
) -> npt.NDArray[np.int8]:
    datasets, bands = len(final), len(begin_of) - 1
    path = np.zeros((datasets, bands), dtype=np.int8)
    rows = np.arange(datasets)
    tier = final.argmin(axis=1).astype(np.int8)
    begin = begin_of[bands][rows, tier]
    for band in range(bands - 1, -1, -1):
        path[:, band] = tier
        turns = begin == band
        tier = np.where(turns & (band > 0), from_tier[band][rows, tier], tier).astype(np.int8)
        begin = np.where(turns, begin_of[band][rows, np.maximum(tier, 0)], begin)
    return path

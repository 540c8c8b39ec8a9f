"""Round-trip times between places: measured where known, estimated and said so where not."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

EARTH_RADIUS_KM: Final = 6371.0088
SAME_METRO_KM: Final = 100.0
SAME_METRO_MS: Final = 3.0
"""Median of the pairs of regions within 100 km measured by Skyplane in April 2022."""

FITTED_OFFSET_MS: Final = 25.3
FITTED_MS_PER_KM: Final = 0.01543
"""Least squares over the same measurements: R2 0.71, mean error 33 ms."""


def distances_km(latitude: npt.NDArray[np.float64], longitude: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Great-circle distances (haversine) ``[place, place]`` between points given in degrees."""
    phi, lam = np.radians(latitude), np.radians(longitude)
    half_chord = (
        np.sin((phi[:, None] - phi[None, :]) / 2) ** 2
        + np.cos(phi[:, None]) * np.cos(phi[None, :]) * np.sin((lam[:, None] - lam[None, :]) / 2) ** 2
    )
    distances: npt.NDArray[np.float64] = 2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.clip(half_chord, 0.0, 1.0)))
    return distances


def complete(
    measured_ms: npt.NDArray[np.float64], distance_km: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """Fill the gaps (NaN) of ``measured_ms`` ``[from, to]``; also says which figures are estimates.

    A place to itself is 0 ms. An unmeasured pair takes, in this order: the opposite direction; 3.0 ms within 100 km;
    the measured pair of the nearest places in the same metros (within 100 km of each end); 25.3 + 0.01543 x km.
    """
    count = len(measured_ms)
    filled = np.where(np.isnan(measured_ms), measured_ms.T, measured_ms)
    np.fill_diagonal(filled, 0.0)
    estimated = np.isnan(measured_ms) & ~np.eye(count, dtype=bool)
    filled = np.where(np.isnan(filled) & (distance_km <= SAME_METRO_KM), SAME_METRO_MS, filled)
    stand_in = _nearest_measured(measured_ms, distance_km)
    by_metro = np.where((stand_in >= 0)[:, None] & (stand_in >= 0)[None, :], filled[np.ix_(stand_in, stand_in)], np.nan)
    filled = np.where(np.isnan(filled), by_metro, filled)
    fitted = FITTED_OFFSET_MS + FITTED_MS_PER_KM * distance_km
    return np.where(np.isnan(filled), fitted, filled), estimated


def _nearest_measured(
    measured_ms: npt.NDArray[np.float64], distance_km: npt.NDArray[np.float64]
) -> npt.NDArray[np.int64]:
    """Per place the nearest place with measurements within 100 km (itself first), -1 where there is none."""
    is_measured: npt.NDArray[np.bool_] = np.any(~np.isnan(measured_ms), axis=1)
    candidate_km = np.where(is_measured[None, :], distance_km, np.inf)
    nearest: npt.NDArray[np.int64] = candidate_km.argmin(axis=1).astype(np.int64)
    within = candidate_km[np.arange(len(nearest)), nearest] <= SAME_METRO_KM
    return np.where(within, nearest, -1)

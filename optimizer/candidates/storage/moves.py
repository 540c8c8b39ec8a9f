"""What it costs once to bring a dataset's bytes into a tier: reading them where they are, writing them where they go.

In place, a colder tier costs a transition request per object, a hotter one a retrieval and a PUT. Elsewhere every
object is read (GET, retrieval) and written (PUT). What is deleted before the minimum duration of its tier is paid to
the end:

    owed = GB x storage rate x expected days left / (365 / 12)

Objects of a band are taken to be spread evenly between its ages ``a`` and ``b`` (an open band is a year wide) and to
have entered their tier at age ``s``, where the youngest band of the unbroken run in that tier begins. With ``m``
minimum days, ``u = a - s`` and ``v = b - s`` the expected days left are
``((m - u)^2 - (m - min(v, m))^2) / (2 (v - u))``, 0 when ``u >= m``: half the minimum for a band
exactly as wide as the minimum, e.g. 15 days for 0-30 days in a 30-day tier.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from optimizer.candidates.months import DAYS_PER_MONTH
from optimizer.candidates.storage.bands import BandColumns
from optimizer.candidates.storage.tier_rates import TierRates

_OPEN_BAND_DAYS: Final = 365.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SourceCharges:
    """float64 micro-USD ``[dataset, band]`` of leaving today's tier; NaN where today's tier is not priced.

    ``tier`` int8 is its index among the service's tiers, -1 where it is not one of them.
    """

    tier: npt.NDArray[np.int8]
    read_requests: npt.NDArray[np.float64]
    retrieval: npt.NDArray[np.float64]
    early_delete: npt.NDArray[np.float64]

    def where(self, rows: npt.NDArray[np.int64]) -> SourceCharges:
        """The datasets at ``rows``, in that order."""
        return SourceCharges(**{column.name: getattr(self, column.name)[rows] for column in dataclasses.fields(self)})


def source_charges(bands: BandColumns, rates: TierRates | None) -> SourceCharges:
    """Charges of reading every object once and deleting it, at the ``rates`` of today's service and place."""
    unknown = np.full(bands.stored_gb.shape, np.nan)
    if rates is None:
        tier = np.full(bands.stored_gb.shape, -1, dtype=np.int8)
        return SourceCharges(tier=tier, read_requests=unknown, retrieval=unknown, early_delete=unknown)
    index = {name: code for code, name in enumerate(rates.tiers)}
    tier = np.array([[index.get(name, -1) for name in row] for row in bands.tier.tolist()], dtype=np.int8)
    holds = bands.stored_gb + bands.objects > 0

    def charge(quantity: npt.NDArray[np.float64], rate: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return np.where(holds, np.where(tier >= 0, quantity * rate[tier], np.nan), 0.0)

    months_left = _days_left(bands, tier, np.append(rates.minimum_days, 0.0)[tier]) / DAYS_PER_MONTH
    return SourceCharges(
        tier=tier,
        read_requests=charge(bands.objects, rates.get),
        retrieval=charge(bands.stored_gb, rates.retrieval),
        early_delete=charge(bands.stored_gb * months_left, rates.storage),
    )


def _days_left(
    bands: BandColumns, tier: npt.NDArray[np.int8], minimum_days: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    entered = bands.min_age_days.copy()
    for band in range(1, bands.bands):
        same = tier[:, band] == tier[:, band - 1]
        entered[:, band] = np.where(same, entered[:, band - 1], entered[:, band])
    oldest = np.where(np.isinf(bands.max_age_days), bands.min_age_days + _OPEN_BAND_DAYS, bands.max_age_days)
    least, most = bands.min_age_days - entered, np.maximum(oldest - entered, bands.min_age_days - entered + 1e-9)
    left = (minimum_days - least) ** 2 - (minimum_days - np.minimum(most, minimum_days)) ** 2
    return np.where(least >= minimum_days, 0.0, left / (2 * (most - least)))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ArrivalCharges:
    """float64 micro-USD ``[dataset, band, tier]``, once; NaN where the source is not priced."""

    requests: npt.NDArray[np.float64]
    retrieval: npt.NDArray[np.float64]
    early_delete: npt.NDArray[np.float64]

    @property
    def total(self) -> npt.NDArray[np.float64]:
        """All parts together."""
        return self.requests + self.retrieval + self.early_delete


def arrival_charges(
    bands: BandColumns, rates: TierRates, source: SourceCharges, in_place: npt.NDArray[np.bool_]
) -> ArrivalCharges:
    """Charges of each band arriving in each tier; ``in_place`` bool ``[dataset]``: same service, same place."""
    tiers = np.arange(len(rates.tiers), dtype=np.int8)
    today = source.tier[:, :, None]
    here = in_place[:, None, None]
    stays, cools = here & (today == tiers), here & (today < tiers) & (today >= 0)
    written = bands.objects[:, :, None] * rates.put
    moved = bands.objects[:, :, None] * rates.transition
    requests = np.where(cools, moved, written + source.read_requests[:, :, None])
    retrieval = np.where(cools, 0.0, np.broadcast_to(source.retrieval[:, :, None], requests.shape))
    early = np.broadcast_to(source.early_delete[:, :, None], requests.shape)
    return ArrivalCharges(
        requests=np.where(stays, 0.0, requests),
        retrieval=np.where(stays, 0.0, retrieval),
        early_delete=np.where(stays, 0.0, early),
    )

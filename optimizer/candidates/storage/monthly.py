"""What each age band would cost a month in each tier, and what passing between tiers costs.

For band ``b`` of a dataset in tier ``t``, with ``n`` objects of together ``g`` GB:

    storage    = (max(g, n x minimum object) + n x overhead) x storage rate + n x standard overhead x hottest rate
    requests   = GETs x get rate + (b = 0: PUTs x put rate) + (monitored: n x monitoring rate)
    retrieval  = GB read x retrieval rate
    transition = objects ageing into b a month x transition rate, when b - 1 lies in another tier
    early      = GB ageing out a month x storage rate x max(0, minimum days - days spent) / (365 / 12), when the tier is
                 left before its minimum duration
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from optimizer.candidates.months import DAYS_PER_MONTH
from optimizer.candidates.storage.bands import BandColumns
from optimizer.candidates.storage.tier_rates import TierRates

_MONITORED_FROM_GB: Final = 128 * 1024 / 10**9


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TierCharges:
    """float64 micro-USD ``[dataset, band, tier]`` a month; ``is_open`` bool says which tiers a band may lie in.

    ``transition`` is paid by a band whose younger neighbour lies in another tier.
    """

    storage: npt.NDArray[np.float64]
    requests: npt.NDArray[np.float64]
    retrieval: npt.NDArray[np.float64]
    transition: npt.NDArray[np.float64]
    is_open: npt.NDArray[np.bool_]

    @property
    def resident(self) -> npt.NDArray[np.float64]:
        """Everything that does not depend on the neighbours."""
        return self.storage + self.requests + self.retrieval


def tier_charges(bands: BandColumns, rates: TierRates) -> TierCharges:
    """Charges of all bands in all tiers. A tier that must be waited for is closed to bands that need to be online."""
    objects, read = bands.objects[:, :, None], bands.retrieved_gb[:, :, None]
    gets = bands.get_requests[:, :, None]
    billable_gb = np.maximum(bands.stored_gb[:, :, None], objects * rates.minimum_object_gb)
    storage = (billable_gb + objects * rates.overhead_gb) * rates.storage
    storage += objects * rates.standard_overhead_gb * rates.storage[0]
    big_enough = bands.stored_gb >= bands.objects * _MONITORED_FROM_GB
    monitored = np.where(big_enough, bands.objects, 0.0)[:, :, None]
    requests = gets * np.nan_to_num(rates.get) + monitored * rates.monitoring
    requests[:, 0, :] += bands.put_requests[:, None] * rates.put
    return TierCharges(
        storage=storage,
        requests=requests,
        retrieval=read * np.nan_to_num(rates.retrieval),
        transition=bands.ageing_objects[:, :, None] * rates.transition,
        is_open=(rates.is_online | ~bands.needs_online[:, :, None])
        & (~rates.is_for_copies_only | bands.is_copy[:, None, None]),
    )


def early_delete(bands: BandColumns, rates: TierRates, *, begin: int, end: int) -> npt.NDArray[np.float64]:
    """Charge a month for leaving each tier at band ``end`` that was entered at band ``begin``, ``[dataset, tier]``."""
    days = bands.min_age_days[:, end] - bands.min_age_days[:, begin]
    short = np.maximum(rates.minimum_days[None, :] - days[:, None], 0.0)
    return bands.ageing_gb[:, end, None] * rates.storage * short / DAYS_PER_MONTH

"""Services billed by bytes read: nothing is switched on, so nothing is sized.

Charge = scanned GB x work ratio x rate.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from optimizer.candidates.billing.quote import Quote, unquoted, within_limits, work_ratio
from optimizer.candidates.context import Context
from optimizer.catalogue.demand_columns import DemandColumns
from optimizer.catalogue.entry import ServiceEntry
from optimizer.domain.place import Place
from optimizer.pricing import CONFIDENCES

_PURCHASE: Final = "on_demand"
_SKU: Final = "scan"


def quote_scan(context: Context, entry: ServiceEntry, demand: DemandColumns, place: Place) -> list[Quote]:
    """One quote, on demand, for workloads whose scanned GB are measured."""
    capable = within_limits(entry, demand)
    schedule = context.schedule(
        service=entry.service, meter=entry.meter, place_id=place.id, asked_by=int(capable.sum())
    )
    if schedule is None:
        nobody = np.zeros(len(demand), dtype=bool)
        return [unquoted(demand, purchase=_PURCHASE, is_capable=capable, is_priced=nobody)]
    count = len(demand)
    charge = schedule.charge_micro_usd(demand.scanned_gb * work_ratio(entry, demand)).astype(np.float64)
    return [
        Quote(
            purchase=_PURCHASE,
            sku=np.full(count, context.names.skus.code(_SKU), dtype=np.int32),
            compute_micro_usd=charge,
            worst_micro_usd=charge,
            confidence=np.full(count, CONFIDENCES.index(schedule.confidence), dtype=np.int8),
            vcpu=np.zeros(count),
            memory_gib=np.zeros(count),
            is_capable=capable,
            is_priced=np.ones(count, dtype=bool),
        )
    ]

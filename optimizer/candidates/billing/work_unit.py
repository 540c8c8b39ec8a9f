"""Services billed by a unit of running capacity: Snowflake credits, Databricks SQL units, Glue DPU-hours.

    units = vcpu_hours x work ratio / utilisation target x units_per_vcpu_hour

The size is the smallest whose vCPUs cover ``instances x peak_vcpu / utilisation target``; it pauses when idle, so the
size does not change the units. 7,000 vCPU-hours at a target of 0.7 on Snowflake (8 vCPU a credit) take 1,250 credits.
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


def quote_work_units(context: Context, entry: ServiceEntry, demand: DemandColumns, place: Place) -> list[Quote]:
    """One quote, on demand; the largest size bounds what the service can do."""
    target = context.policy.utilisation_target_ratio
    need = demand.instances * demand.peak_vcpu / target * entry.units_per_vcpu_hour
    units_per_hour = np.array([size.units_per_hour for size in entry.sizes])
    size = np.searchsorted(units_per_hour, need - 1e-9)
    capable = within_limits(entry, demand) & (size < len(units_per_hour))
    schedule = context.schedule(
        service=entry.service, meter=entry.meter, place_id=place.id, asked_by=int(capable.sum())
    )
    if schedule is None:
        nobody = np.zeros(len(demand), dtype=bool)
        return [unquoted(demand, purchase=_PURCHASE, is_capable=capable, is_priced=nobody)]
    units = demand.vcpu_hours * work_ratio(entry, demand) / target * entry.units_per_vcpu_hour
    charge = schedule.charge_micro_usd(units).astype(np.float64)
    size = np.minimum(size, len(units_per_hour) - 1)
    worst = max(CONFIDENCES.index(schedule.confidence), CONFIDENCES.index(entry.units_confidence))
    return [
        Quote(
            purchase=_PURCHASE,
            sku=context.names.skus.codes(unit.name for unit in entry.sizes)[size],
            compute_micro_usd=charge,
            worst_micro_usd=charge,
            confidence=np.full(len(demand), worst, dtype=np.int8),
            vcpu=units_per_hour[size] / entry.units_per_vcpu_hour,
            memory_gib=demand.instances * demand.memory_gib,
            is_capable=capable,
            is_priced=np.ones(len(demand), dtype=bool),
        )
    ]

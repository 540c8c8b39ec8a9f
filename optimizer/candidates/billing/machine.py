"""Services billed by machine-hours: virtual machines, Spark on them, and Databricks, which adds its units on top.

Need of one instance: ``v = peak_vcpu / utilisation target`` vCPU and ``m = memory_gib`` GiB; the machine is the
cheapest that holds both. Fixed instances (role virtual_machine) cost ``instances x hours x rate``. Elastic work
(batch) needs

    machine_hours = vcpu_hours / (peak_vcpu x f),   f = min(machine vCPU / v, machine GiB / m) >= 1

because a machine of ``f`` instances does ``f x peak_vcpu`` vCPU-hours an hour at the utilisation target. 7,000
vCPU-hours of instances with 5.6 vCPU at the peak, target 0.7, on machines of 16 vCPU (v = 8, f = 2) take
7,000 / 11.2 = 625 hours.
A committed machine is paid 730 hours a month whether it runs or not. Spot takes ``SPOT_REWORK_RATIO`` as many hours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from optimizer.candidates.billing.quote import Quote, unquoted, within_limits, work_ratio
from optimizer.candidates.context import Context
from optimizer.candidates.machine_table import machine_table
from optimizer.catalogue.databricks_units import DBU_PER_VCPU_HOUR
from optimizer.catalogue.demand_columns import DemandColumns
from optimizer.catalogue.entry import ServiceEntry
from optimizer.catalogue.error_bands import SPOT_REWORK_RATIO
from optimizer.catalogue.machine_names import ARM, sustains_load
from optimizer.domain.place import Place
from optimizer.pricing import CONFIDENCES, PURCHASES, MachineOffers
from optimizer.units import HOURS_PER_MONTH, PICO_USD_PER_MICRO_USD

MACHINES_OF_HOST: Final = {"aws": "aws_ec2", "azure": "azure_vm", "gcp": "gcp_gce"}
_LEAST_VCPU: Final = 1.0
_LEAST_HOURS: Final = 1.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _PricedMachines:
    """Offers under one purchase term, with what the service adds per hour; ``[offer]``, pico-USD.

    ``worst_pico_usd`` is the dearest that an hour may turn out: on demand where spot is not to be had.
    """

    offers: MachineOffers
    machine_pico_usd: npt.NDArray[np.int64]
    worst_pico_usd: npt.NDArray[np.int64]
    unit_pico_usd: npt.NDArray[np.int64]
    confidence: npt.NDArray[np.int8]


def quote_machines(
    context: Context, entry: ServiceEntry, demand: DemandColumns, place: Place, *, elastic: bool
) -> list[Quote]:
    """One quote per purchase term of the policy; a spot machine is open to interruptible work only."""
    allowed = within_limits(entry, demand)
    quotes = []
    for purchase in context.policy.purchases:
        capable = allowed & demand.interruptible if purchase == "spot" else allowed
        priced = _priced_machines(context, entry, place, purchase, asked_by=int(capable.sum()))
        if priced is None:
            nobody = np.zeros(len(demand), dtype=bool)
            quotes.append(unquoted(demand, purchase=purchase, is_capable=capable, is_priced=nobody))
        else:
            quotes.append(_quote(context, entry, demand, priced, capable, purchase, elastic=elastic))
    return quotes


def _priced_machines(
    context: Context, entry: ServiceEntry, place: Place, purchase: str, *, asked_by: int
) -> _PricedMachines | None:
    service = MACHINES_OF_HOST[place.provider]
    offers = context.prices.machines(place.id, service)
    column = PURCHASES.index(purchase)
    sold = offers.pico_usd_per_hour[:, column]
    if not (sold >= 0).any():
        context.note_missing(service=service, place_id=place.id, meter=f"machine-hour ({purchase})", asked_by=asked_by)
        return None
    unit_pico_usd = np.zeros(len(offers), dtype=np.int64)
    confidence = offers.confidence_code[:, column].copy()
    if entry.meter:
        unit = context.schedule(service=entry.service, meter=entry.meter, place_id=place.id, asked_by=asked_by)
        if unit is None:
            return None
        units = np.array([DBU_PER_VCPU_HOUR[family] for family in offers.family.tolist()]) * offers.vcpu
        unit_pico_usd = np.rint(units * float(unit.pico_usd[0])).astype(np.int64)
        worst = max(CONFIDENCES.index(unit.confidence), CONFIDENCES.index(entry.units_confidence))
        confidence = np.maximum(confidence, worst).astype(np.int8)
    return _PricedMachines(
        offers=offers,
        machine_pico_usd=sold,
        worst_pico_usd=np.maximum(sold, offers.pico_usd_per_hour[:, 0]) if purchase == "spot" else sold,
        unit_pico_usd=unit_pico_usd,
        confidence=confidence,
    )


def _quote(
    context: Context,
    entry: ServiceEntry,
    demand: DemandColumns,
    priced: _PricedMachines,
    capable: npt.NDArray[np.bool_],
    purchase: str,
    *,
    elastic: bool,
) -> Quote:
    offers, target = priced.offers, context.policy.utilisation_target_ratio
    peak_vcpu = np.maximum(demand.peak_vcpu, _LEAST_VCPU if elastic else 0.0)
    need_vcpu = peak_vcpu / target * (1.0 if elastic else work_ratio(entry, demand))
    found = _cheapest(priced, demand, need_vcpu)
    fits = found >= 0
    machine = np.where(fits, found, 0)
    vcpu, memory_gib = offers.vcpu[machine], offers.memory_gib[machine]
    if elastic:
        fraction = np.minimum(vcpu / need_vcpu, memory_gib / np.maximum(demand.memory_gib, 1e-9))
        used_hours = demand.vcpu_hours * work_ratio(entry, demand) / (peak_vcpu * np.maximum(fraction, 1e-9))
        machines = np.maximum(np.ceil(used_hours / np.maximum(demand.running_hours, _LEAST_HOURS) - 1e-9), 1.0)
    else:
        machines = demand.instances
        used_hours = machines * demand.running_hours
    if purchase == "spot":
        used_hours = used_hours * SPOT_REWORK_RATIO
    paid_hours = machines * HOURS_PER_MONTH if purchase.startswith("committed") else used_hours
    units = used_hours * priced.unit_pico_usd[machine]
    charge = paid_hours * priced.machine_pico_usd[machine] + units
    worst = paid_hours * priced.worst_pico_usd[machine] + units
    return Quote(
        purchase=purchase,
        sku=_sku_codes(context, entry, offers, machine),
        compute_micro_usd=charge / PICO_USD_PER_MICRO_USD,
        worst_micro_usd=worst / PICO_USD_PER_MICRO_USD,
        confidence=priced.confidence[machine],
        vcpu=machines * vcpu,
        memory_gib=machines * memory_gib,
        is_capable=capable & fits,
        is_priced=np.ones(len(demand), dtype=bool),
    )


def _cheapest(
    priced: _PricedMachines, demand: DemandColumns, need_vcpu: npt.NDArray[np.float64]
) -> npt.NDArray[np.int64]:
    offers = priced.offers
    skus = offers.sku.tolist()
    steady = np.array([sustains_load(offers.service, sku) for sku in skus], dtype=bool)
    arm = offers.architecture == ARM
    found = np.full(len(demand), -1, dtype=np.int64)
    for runs_on_arm in np.unique(demand.runs_on_arm):
        table = machine_table(
            vcpu=offers.vcpu,
            memory_gib=offers.memory_gib,
            pico_usd_per_hour=priced.machine_pico_usd + priced.unit_pico_usd,
            sku=offers.sku,
            usable=(priced.machine_pico_usd >= 0) & steady & (~arm | runs_on_arm),
        )
        rows = demand.runs_on_arm == runs_on_arm
        found[rows] = table.find(need_vcpu[rows], demand.memory_gib[rows])
    return found


def _sku_codes(
    context: Context, entry: ServiceEntry, offers: MachineOffers, machine: npt.NDArray[np.int64]
) -> npt.NDArray[np.int32]:
    used, position = np.unique(machine, return_inverse=True)
    prefix = "jobs/" if entry.meter else ""
    codes = context.names.skus.codes(f"{prefix}{offers.sku[index]}" for index in used)
    return codes[position]

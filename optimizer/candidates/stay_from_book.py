"""What today's configuration would cost by the price book: for things that are inventoried but not on the bill."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from optimizer.candidates.context import Context
from optimizer.candidates.storage.charges import lifecycle_charges
from optimizer.candidates.storage.monthly import tier_charges
from optimizer.candidates.storage.moves import arrival_charges
from optimizer.candidates.storage.todays import DatasetGroup, by_todays_home
from optimizer.candidates.workloads import quotes_of
from optimizer.catalogue import ROLES_CATALOGUE
from optimizer.catalogue.demand_columns import DemandColumns
from optimizer.domain.estate import COMPONENTS, Workload
from optimizer.pricing import CONFIDENCES, MACHINE_SERVICES, PURCHASES
from optimizer.units import HOURS_PER_MONTH


@dataclass(frozen=True, slots=True, kw_only=True)
class StayCharge:
    """Monthly components in the order of ``COMPONENTS``, micro-USD, and the confidence code of the prices behind."""

    components_micro_usd: tuple[int, ...]
    confidence: int


def workload_stays(
    context: Context, demands: Mapping[str, DemandColumns], silent: Collection[int]
) -> dict[int, StayCharge]:
    """By node: its own machine where it runs on one, else the cheapest quote of its service where it is."""
    found: dict[int, StayCharge] = {}
    for catalogue in ROLES_CATALOGUE:
        demand = demands.get(catalogue.role)
        for row, node in enumerate([] if demand is None else demand.node.tolist()):
            if node not in silent or demand is None:
                continue
            workload = context.nodes.things[node]
            charge = _own_machine(context, workload) if isinstance(workload, Workload) else None
            charge = charge or _cheapest_quote(context, demand.where(np.array([row])), node, catalogue.role)
            if charge is not None:
                found[node] = charge
    return found


def dataset_stays(context: Context, groups: Sequence[DatasetGroup], silent: Collection[int]) -> dict[int, StayCharge]:
    """By node: its bands in today's tiers, where all of these are priced."""
    found: dict[int, StayCharge] = {}
    for group in groups:
        for rows, _, _, rates in by_todays_home(context, group.bands):
            rows = rows[np.isin(group.bands.node[rows], list(silent))]
            rows = rows[(group.source.tier[rows] >= 0).all(axis=1)]
            if rates is None or len(rows) == 0:
                continue
            bands, source = group.bands.where(rows), group.source.where(rows)
            arrival = arrival_charges(bands, rates, source, np.ones(len(rows), dtype=bool))
            charged = lifecycle_charges(bands, rates, tier_charges(bands, rates), arrival, source.tier)
            for row, node in enumerate(bands.node.tolist()):
                parts = {name: getattr(charged, name)[row] for name in ("storage", "requests", "retrieval")}
                found[node] = StayCharge(
                    components_micro_usd=tuple(int(np.rint(parts.get(name, 0.0))) for name in COMPONENTS),
                    confidence=int(charged.confidence[row]),
                )
    return found


def _own_machine(context: Context, workload: Workload) -> StayCharge | None:
    if workload.service not in MACHINE_SERVICES or workload.purchase not in PURCHASES:
        return None
    offer = context.prices.machine(workload.place_id, workload.service, workload.sku)
    confidence = None if offer is None else offer.confidence[PURCHASES.index(workload.purchase)]
    if offer is None or confidence is None:
        return None
    demand = workload.demand
    hours = HOURS_PER_MONTH if workload.purchase.startswith("committed") else demand.running_hours
    charge_micro_usd = offer.charge_micro_usd(demand.instances * hours, workload.purchase)
    return _compute(charge_micro_usd, CONFIDENCES.index(confidence))


def _cheapest_quote(context: Context, demand: DemandColumns, node: int, role: str) -> StayCharge | None:
    place_code = int(context.nodes.place[node])
    place = context.grid.places[place_code]
    found: list[tuple[float, int]] = []
    for catalogue in ROLES_CATALOGUE:
        for entry in catalogue.entries:
            if catalogue.role != role or entry.service != demand.service[0] or place.provider not in entry.hosts:
                continue
            quotes = quotes_of(context, entry, demand, place_code, elastic=role != "virtual_machine")
            found.extend(
                (float(quote.compute_micro_usd[0]), int(quote.confidence[0]))
                for quote in quotes
                if quote.is_capable[0] and quote.is_priced[0]
            )
    if not found:
        return None
    charge_micro_usd, confidence = min(found)
    return _compute(int(np.rint(charge_micro_usd)), confidence)


def _compute(charge_micro_usd: int, confidence: int) -> StayCharge:
    components = [0] * len(COMPONENTS)
    components[COMPONENTS.index("compute")] = charge_micro_usd
    return StayCharge(components_micro_usd=tuple(components), confidence=confidence)

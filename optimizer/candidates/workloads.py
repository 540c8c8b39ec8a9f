"""Candidates of workloads at one place: every service of the role that its provider can host, under every purchase."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import numpy.typing as npt

from optimizer.candidates.billing.machine import quote_machines
from optimizer.candidates.billing.quote import Quote
from optimizer.candidates.billing.scan import quote_scan
from optimizer.candidates.billing.work_unit import quote_work_units
from optimizer.candidates.block import Block, blank_block
from optimizer.candidates.candidate_set import ONE_OFF_PARTS, RESOURCES
from optimizer.candidates.context import Context
from optimizer.catalogue import ROLES_CATALOGUE
from optimizer.catalogue.demand_columns import DemandColumns, demand_columns
from optimizer.catalogue.entry import ServiceEntry
from optimizer.catalogue.error_bands import PRICE_ERROR_RATIO
from optimizer.domain.estate import COMPONENTS, Workload

_CARRIED: Final = {"storage": 1, "requests": 2, "retrieval": 3}
"""Billed components that no workload candidate prices (disks, warehouse storage): carried over as they are billed."""


def demands_by_role(context: Context) -> dict[str, DemandColumns]:
    """Demand columns of every role that the estate has workloads in."""
    found: dict[str, DemandColumns] = {}
    for catalogue in ROLES_CATALOGUE:
        rows = [
            (thing, node)
            for node, thing in enumerate(context.nodes.things)
            if isinstance(thing, Workload) and thing.role == catalogue.role
        ]
        if rows:
            ratios = {entry.service: entry.sizing.expected_ratio for entry in catalogue.entries}
            found[catalogue.role] = demand_columns([thing for thing, _ in rows], [node for _, node in rows], ratios)
    return found


def workload_blocks(context: Context, demands: Mapping[str, DemandColumns], place_code: int) -> list[Block]:
    """Candidates at one place, one-off costs still zero; those equal to what runs today are left out."""
    place = context.grid.places[place_code]
    blocks = []
    for catalogue in ROLES_CATALOGUE:
        demand = demands.get(catalogue.role)
        if demand is None:
            continue
        for entry in catalogue.entries:
            if place.provider not in entry.hosts:
                continue
            elastic = catalogue.role != "virtual_machine"
            for quote in quotes_of(context, entry, demand, place_code, elastic=elastic):
                block = _block(context, entry, demand, quote, place_code)
                blocks.append(block.where(~_is_todays(context, block, entry)))
    return blocks


def quotes_of(
    context: Context, entry: ServiceEntry, demand: DemandColumns, place_code: int, *, elastic: bool
) -> list[Quote]:
    """Quotes of one service at one place; ``elastic`` work may spread over as many machines as pay."""
    place = context.grid.places[place_code]
    if entry.billing == "machine":
        return quote_machines(context, entry, demand, place, elastic=elastic)
    if entry.billing == "work_unit":
        return quote_work_units(context, entry, demand, place)
    return quote_scan(context, entry, demand, place)


def _block(context: Context, entry: ServiceEntry, demand: DemandColumns, quote: Quote, place_code: int) -> Block:
    nodes, node = context.nodes, demand.node
    paid_ratio, basis = context.ratio_of(entry.service)
    compute = quote.compute_micro_usd * paid_ratio
    components = np.zeros((len(demand), len(COMPONENTS)), dtype=np.int64)
    components[:, 0] = np.rint(compute)
    for name, column in _CARRIED.items():
        components[:, COMPONENTS.index(name)] = nodes.billed_micro_usd[node, column]
    carried = components[:, 1:].sum(axis=1)
    low, high = _band(entry, demand, quote)
    return blank_block(
        len(demand),
        node=node,
        place=place_code,
        service=context.names.services.code(entry.service),
        sku=quote.sku,
        purchase=context.names.purchases.code(quote.purchase),
        confidence=quote.confidence,
        basis=basis,
        is_capable=quote.is_capable,
        is_priced=quote.is_priced,
        components_micro_usd=components,
        low_micro_usd=np.rint(compute * low).astype(np.int64) + carried,
        high_micro_usd=np.rint(quote.worst_micro_usd * paid_ratio * high).astype(np.int64) + carried,
        one_off_micro_usd=np.zeros((len(demand), len(ONE_OFF_PARTS)), dtype=np.int64),
        uses=_uses(quote),
        effort_ratio=entry.effort_ratio,
    )


def _uses(quote: Quote) -> npt.NDArray[np.float64]:
    uses = np.zeros((len(quote.vcpu), len(RESOURCES)))
    uses[:, RESOURCES.index("vcpu")] = quote.vcpu
    uses[:, RESOURCES.index("memory_gib")] = quote.memory_gib
    return uses


def _band(
    entry: ServiceEntry, demand: DemandColumns, quote: Quote
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Low and high charge as ratios of the expected one: sizing error (between services) times price error."""
    error = np.array(PRICE_ERROR_RATIO)[quote.confidence]
    same = demand.service == entry.service
    low = np.where(same, 1.0, entry.sizing.low_ratio / entry.sizing.expected_ratio)
    high = np.where(same, 1.0, entry.sizing.high_ratio / entry.sizing.expected_ratio)
    return low * (1 - error), high * (1 + error)


def _is_todays(context: Context, block: Block, entry: ServiceEntry) -> npt.NDArray[np.bool_]:
    """Whether a candidate is what runs today under another name: that is *stay*, priced from the bill."""
    nodes = context.nodes
    same_spot: npt.NDArray[np.bool_] = (nodes.place[block.node] == block.place) & (
        nodes.service[block.node] == block.service
    )
    if entry.billing == "scan":
        return same_spot
    same: npt.NDArray[np.bool_] = same_spot & (nodes.sku[block.node] == block.sku)
    if entry.billing == "machine":
        same &= nodes.purchase[block.node] == block.purchase
    return same

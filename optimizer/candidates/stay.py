"""*Stay*: what runs today, at what the bill says it costs, whatever any policy says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from optimizer.candidates.block import Block, blank_block
from optimizer.candidates.candidate_set import RESOURCES
from optimizer.candidates.context import BILLED, LIST, Context
from optimizer.candidates.stay_from_book import StayCharge, dataset_stays, workload_stays
from optimizer.candidates.storage.names import lifecycle_name
from optimizer.candidates.storage.todays import DatasetGroup
from optimizer.catalogue.demand_columns import DemandColumns
from optimizer.domain.estate import COMPONENTS, AgeBand, Dataset, Workload


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Stays:
    """``block`` has one row per existing node, in node order; the tuples name nodes that the bill is silent on."""

    block: Block
    from_book: tuple[str, ...]
    without_price: tuple[str, ...]


def stay_block(context: Context, demands: Mapping[str, DemandColumns], groups: Sequence[DatasetGroup]) -> Stays:
    """Stay for every node that exists. A node with nothing on the bill is priced from the book and listed."""
    nodes = context.nodes
    node = np.flatnonzero(nodes.exists).astype(np.int32)
    components = np.zeros((len(node), len(COMPONENTS)), dtype=np.int64)
    for column, name in enumerate(("compute", "storage", "requests", "retrieval")):
        components[:, COMPONENTS.index(name)] = nodes.billed_micro_usd[node, column]
    confidence, basis = np.zeros(len(node), dtype=np.int8), np.full(len(node), BILLED, dtype=np.int8)
    silent = set(np.flatnonzero(components.sum(axis=1) == 0).tolist())
    priced: dict[int, StayCharge] = {}
    if silent:
        priced = {**workload_stays(context, demands, silent), **dataset_stays(context, groups, silent)}
    for row, charge in priced.items():
        components[row] = charge.components_micro_usd
        confidence[row], basis[row] = charge.confidence, LIST
    monthly = components.sum(axis=1)
    block = blank_block(
        len(node),
        node=node,
        place=nodes.place[node],
        service=nodes.service[node],
        sku=nodes.sku[node],
        tier=_todays_lifecycles(context, node),
        purchase=nodes.purchase[node],
        confidence=confidence,
        basis=basis,
        is_stay=True,
        components_micro_usd=components,
        low_micro_usd=monthly,
        high_micro_usd=monthly,
        uses=_todays_uses(context, node),
    )
    return Stays(
        block=block,
        from_book=tuple(nodes.ids[row] for row in sorted(priced)),
        without_price=tuple(nodes.ids[row] for row in sorted(silent - set(priced))),
    )


def _todays_lifecycles(context: Context, node: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    return context.names.tiers.codes(_lifecycle(context.nodes.things[index]) for index in node)


def _lifecycle(thing: Workload | Dataset) -> str:
    if isinstance(thing, Workload) or not thing.bands:
        return ""
    bands: list[AgeBand] = sorted(thing.bands, key=lambda band: band.min_age_days)
    return lifecycle_name([band.tier for band in bands], [float(band.min_age_days) for band in bands])


def _todays_uses(context: Context, node: npt.NDArray[np.int32]) -> npt.NDArray[np.float64]:
    """What is switched on today: machines as the book describes them, else what the demand says is needed."""
    uses = np.zeros((len(node), len(RESOURCES)))
    for row, index in enumerate(node):
        thing = context.nodes.things[index]
        if isinstance(thing, Dataset):
            uses[row, RESOURCES.index("stored_gb")] = thing.stored_gb
            continue
        demand = thing.demand
        machine = context.machine(thing.place_id, thing.service, thing.sku)
        vcpu, memory_gib = (demand.peak_vcpu, demand.memory_gib) if machine is None else machine
        uses[row, RESOURCES.index("vcpu")] = demand.instances * vcpu
        uses[row, RESOURCES.index("memory_gib")] = demand.instances * memory_gib
    return uses

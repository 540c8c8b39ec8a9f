"""The data that moves every month: what workloads read and write, and what keeps recovery copies up to date."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from collectors.estate.observed import Observed
from collectors.inventory import Inventory
from optimizer.domain.estate import Flow
from optimizer.pricing import PriceBook


def build_flows(inventory: Inventory, *, observed: Observed | None = None) -> tuple[Flow, ...]:
    """One flow per pair and direction: dataset -> reader, writer -> dataset, primary -> declared copy.

    Several lineage rows of one pair add up; the strictest latency of them holds. A copy receives what is written to its
    primary. Sorted by source and target.

    With ``observed``, what access signals measured for a pair takes the place of the inventory's amount, pairs that
    only the signals know are added, and ``Flow.observed`` is true of what was measured and false of estimates. Without
    it there is nothing to tell estimates by: every flow is as the inventory states it.
    """
    estimated, rtt_ms = _estimated(inventory)
    measured = {} if observed is None else _measured(observed)
    gb = {**estimated, **measured}
    return tuple(
        Flow(
            source_id=source,
            target_id=target,
            gb_per_month=amount,
            max_rtt_ms=rtt_ms.get((source, target)),
            observed=observed is None or (source, target) in measured,
        )
        for (source, target), amount in sorted(gb.items())
    )


def price_flows_micro_usd(flows: Iterable[Flow], place_of: Mapping[str, str], prices: PriceBook) -> int:
    """Monthly cost of the flows at today's places and the book's transfer prices; nothing within a place.

    Raises:
        MissingPrice: a pair of places in use has no transfer price.
    """
    crossing = [flow for flow in flows if place_of[flow.source_id] != place_of[flow.target_id]]
    place_ids = sorted({place_of[end] for flow in crossing for end in (flow.source_id, flow.target_id)})
    if not place_ids:
        return 0
    at = {place_id: position for position, place_id in enumerate(place_ids)}
    rates = prices.transfer_micro_usd_per_gb(place_ids)
    source = np.array([at[place_of[flow.source_id]] for flow in crossing])
    target = np.array([at[place_of[flow.target_id]] for flow in crossing])
    amounts = np.array([flow.gb_per_month for flow in crossing]) * rates[source, target]
    return int(np.rint(amounts).astype(np.int64).sum())


def _estimated(inventory: Inventory) -> tuple[dict[tuple[str, str], float], dict[tuple[str, str], float]]:
    """GB a month and the strictest round trip in ms, by source and target, as the inventory states them."""
    gb: dict[tuple[str, str], float] = {}
    rtt_ms: dict[tuple[str, str], float] = {}
    for row in inventory.lineage:
        pair = _ends(row.workload_id, row.dataset_id, row.direction)
        gb[pair] = gb.get(pair, 0.0) + row.gb_per_month
        if row.max_rtt_ms is not None:
            rtt_ms[pair] = min(row.max_rtt_ms, rtt_ms.get(pair, row.max_rtt_ms))
    written_gb = {row.dataset_id: row.written_gb_per_month for row in inventory.datasets}
    for dataset in inventory.datasets:
        if dataset.replica_of is not None:
            # A primary that is not there gets its flow all the same: the estate then refuses it, naming both ends.
            gb[(dataset.replica_of, dataset.dataset_id)] = written_gb.get(dataset.replica_of, 0.0)
    return gb, rtt_ms


def _measured(observed: Observed) -> dict[tuple[str, str], float]:
    return {
        _ends(workload_id, dataset_id, direction): pair.gb_per_month
        for (workload_id, dataset_id, direction), pair in observed.pairs.items()
        if pair.gb_per_month is not None
    }


def _ends(workload_id: str, dataset_id: str, direction: str) -> tuple[str, str]:
    return (workload_id, dataset_id) if direction == "write" else (dataset_id, workload_id)

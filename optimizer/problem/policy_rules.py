"""Policy statements tied to an estate: which nodes each is about, as rules of the problem.

A rule has the id of its statement; where a statement makes a rule for each dataset or place, the rule's id is
``statement:subject``. Statements that select nothing make no rule.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from optimizer.candidates.candidate_set import CandidateSet
from optimizer.domain.estate import Dataset, Estate, Workload
from optimizer.domain.policy import Policy, RecoveryStatement, Selector
from optimizer.pricing.book import PriceBook
from optimizer.rules import (
    Allow,
    Capacity,
    Forbid,
    KeepApart,
    KeepTogether,
    MoveBudget,
    OpenCost,
    Pin,
    ProviderShare,
)
from optimizer.rules.rule import Rule
from optimizer.units import micro_usd_exactly

CONSUMER_RULE = "latency_to_consumers"


def policy_rules(estate: Estate, candidates: CandidateSet, policy: Policy, prices: PriceBook) -> tuple[Rule, ...]:
    """Every rule that the policy and the workloads' consumers make for these candidates."""
    return (
        *_areas(estate, candidates, policy),
        *_consumers(estate, candidates, prices),
        *_capacities(candidates, policy),
        *_groups(estate, candidates, policy),
        *_recoveries(estate, candidates, policy),
        *_pins(estate, policy),
        *_budgets_and_shares(candidates, policy),
        *_footprints(candidates, policy),
    )


def tightest_rtt_ms(estate: Estate, policy: Policy) -> list[float | None]:
    """The tightest limit on each flow of the estate: its own, or of a latency statement that selects both ends."""
    things = _things(estate)
    limits: list[float | None] = []
    for flow in estate.flows:
        stated = [
            statement.max_rtt_ms
            for statement in policy.latencies
            if statement.select.selects(things[flow.source_id]) and statement.select.selects(things[flow.target_id])
        ]
        own = [] if flow.max_rtt_ms is None else [flow.max_rtt_ms]
        limits.append(min((*stated, *own), default=None))
    return limits


def _things(estate: Estate) -> dict[str, Workload | Dataset]:
    return {thing.id: thing for thing in estate.things}


def _selected(estate: Estate, candidates: CandidateSet, select: Selector) -> tuple[str, ...]:
    """Node ids that a selector is about; a demanded copy is selected with its primary."""
    things = _things(estate)
    chosen = []
    for node_id, primary in zip(candidates.node_ids, candidates.replica_of, strict=True):
        thing = things.get(node_id) or things[primary or node_id]
        if select.selects(thing):
            chosen.append(node_id)
    return tuple(chosen)


def _areas(estate: Estate, candidates: CandidateSet, policy: Policy) -> Iterator[Rule]:
    for statement in policy.areas:
        nodes = _selected(estate, candidates, statement.select)
        known = tuple(place for place in statement.area.places if place in candidates.place_ids)
        area = statement.area
        empty = not (known or area.providers or area.continents or area.jurisdictions)
        if not nodes or (empty and statement.effect == "forbid"):
            continue
        kind = Allow if statement.effect == "allow" else Forbid
        yield kind(
            id=statement.id,
            nodes=nodes,
            places=known,
            providers=area.providers,
            continents=area.continents,
            jurisdictions=area.jurisdictions,
        )


def _consumers(estate: Estate, candidates: CandidateSet, prices: PriceBook) -> Iterator[Rule]:
    """Places too far from a workload's consumers, forbidden; consumers may wait where nothing can be placed."""
    waiting = {consumer.place_id for workload in estate.workloads for consumer in workload.consumers}
    place_ids = (*candidates.place_ids, *sorted(waiting - set(candidates.place_ids)))
    index = {place_id: code for code, place_id in enumerate(place_ids)}
    rtt_ms = prices.rtt_ms(place_ids)[0][: len(candidates.place_ids)]
    for workload in estate.workloads:
        near = np.ones(len(candidates.place_ids), dtype=np.bool_)
        for consumer in workload.consumers:
            near &= rtt_ms[:, index[consumer.place_id]] <= consumer.max_rtt_ms
        if not near.all():
            refused = tuple(
                place for place, close in zip(candidates.place_ids, near.tolist(), strict=True) if not close
            )
            yield Forbid(id=f"{CONSUMER_RULE}:{workload.id}", nodes=(workload.id,), places=refused)


def _capacities(candidates: CandidateSet, policy: Policy) -> Iterator[Rule]:
    for statement in policy.capacities:
        known = tuple(place for place in statement.places if place in candidates.place_ids)
        if known or not statement.places:
            yield Capacity(id=statement.id, resource=statement.resource, maximum=statement.maximum, places=known)


def _groups(estate: Estate, candidates: CandidateSet, policy: Policy) -> Iterator[Rule]:
    for statement in policy.groups:
        nodes = _selected(estate, candidates, statement.select)
        if len(nodes) > 1:
            kind = KeepTogether if statement.relation == "together" else KeepApart
            yield kind(id=statement.id, nodes=nodes, by=statement.by)


def _recoveries(estate: Estate, candidates: CandidateSet, policy: Policy) -> Iterator[Rule]:
    copies: dict[str, list[str]] = {}
    for node_id, primary in zip(candidates.node_ids, candidates.replica_of, strict=True):
        if primary is not None:
            copies.setdefault(primary, []).append(node_id)
    for dataset in estate.datasets:
        if dataset.replica_of is not None or dataset.id not in copies:
            continue
        for statement in _demanding(policy, dataset):
            nodes = (dataset.id, *copies[dataset.id][: statement.copies - 1])
            yield KeepApart(id=f"{statement.id}:{dataset.id}", nodes=nodes, by=statement.distinct)


def _demanding(policy: Policy, dataset: Dataset) -> list[RecoveryStatement]:
    return [statement for statement in policy.recoveries if statement.select.selects(dataset)]


def _pins(estate: Estate, policy: Policy) -> Iterator[Rule]:
    for statement in policy.pins:
        nodes = tuple(node_id for node_id, thing in _things(estate).items() if statement.select.selects(thing))
        if nodes:
            yield Pin(id=statement.id, nodes=nodes)


def _budgets_and_shares(candidates: CandidateSet, policy: Policy) -> Iterator[Rule]:
    for budget in policy.move_budgets:
        money = None if budget.max_one_off_usd is None else micro_usd_exactly(budget.max_one_off_usd)
        yield MoveBudget(id=budget.id, max_moves=budget.max_moves, max_one_off_micro_usd=money)
    for share in policy.provider_shares:
        if any(place.startswith(f"{share.provider}:") for place in candidates.place_ids):
            yield ProviderShare(id=share.id, provider=share.provider, max_ratio=share.max_ratio)


def _footprints(candidates: CandidateSet, policy: Policy) -> Iterator[Rule]:
    for statement in policy.footprints:
        for place in statement.places:
            if place in candidates.place_ids:
                yield OpenCost(
                    id=f"{statement.id}:{place}",
                    place=place,
                    monthly_micro_usd=micro_usd_exactly(statement.monthly_usd),
                )

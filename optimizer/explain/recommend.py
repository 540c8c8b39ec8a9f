"""Turns the changes of a verified plan into recommendations that a person can review."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from optimizer.candidates.candidate_set import CandidateSet
from optimizer.domain.estate import COMPONENTS, Dataset, Estate, Workload
from optimizer.explain.actions import action_type_of
from optimizer.explain.alternatives import NodeAlternatives
from optimizer.explain.attribution import attribute
from optimizer.explain.changes import Change, changes_of
from optimizer.explain.feasibility import RuleBook, feasibility_of, shown_alternatives
from optimizer.explain.money import money_of, priority_of
from optimizer.explain.operations import operations_of
from optimizer.explain.placement import placement_of
from optimizer.explain.recommendation import ActionType, Recommendation, recommendation_id
from optimizer.explain.recommendation_parts import Evidence, Money, Operations, Placement, Relations, Scope, Target
from optimizer.explain.relations import NodeRelations, bundle_id, relations_of
from optimizer.explain.sentences import BundleWorth, description_of, title_of
from optimizer.plan import Plan
from optimizer.pricing.names import CONFIDENCES
from optimizer.problem.problem import Problem

ALTERNATIVES_SHOWN: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sources:
    """Where the facts of a recommendation come from."""

    estate: Estate
    candidates: CandidateSet
    rule_book: RuleBook
    alternatives: dict[int, NodeAlternatives]
    price_snapshot_id: str


def recommendations_of(problem: Problem, plan: Plan, sources: Sources) -> tuple[Recommendation, ...]:
    """One recommendation for each changed node, the largest contribution first, relations filled in."""
    changes = changes_of(problem, plan)
    things: dict[str, Workload | Dataset] = {workload.id: workload for workload in sources.estate.workloads}
    things.update({dataset.id: dataset for dataset in sources.estate.datasets})
    attribution = attribute(problem, plan, changes)
    relations = relations_of(problem, plan, changes)
    contribution = dict(zip((c.node for c in changes), attribution.contribution_micro_usd.tolist(), strict=True))
    found: dict[int, Recommendation] = {}
    for position, change in enumerate(changes):
        thing = _thing_of(change.node, things, sources.candidates)
        money = money_of(
            position,
            change,
            attribution=attribution,
            candidates=sources.candidates,
            committed_micro_usd=thing.committed_micro_usd if isinstance(thing, Workload) else 0,
        )
        bundle = _bundle_worth(relations.get(change.node, NodeRelations()), contribution)
        found[change.node] = _recommendation(problem, plan, change, thing, money, bundle, sources)
    related = _with_relations(found, relations)
    return tuple(sorted(related, key=lambda one: (-one.money.deduplicated_contribution_micro_usd, one.id)))


def _bundle_worth(ties: NodeRelations, contribution_micro_usd: dict[int, int]) -> BundleWorth | None:
    if not ties.bundle:
        return None
    together = sum(contribution_micro_usd[node] for node in ties.bundle)
    return BundleWorth(members=len(ties.bundle), saving_micro_usd=together)


def _thing_of(node: int, things: dict[str, Workload | Dataset], candidates: CandidateSet) -> Workload | Dataset:
    """The workload or dataset of a node; the primary of a copy that does not exist yet."""
    node_id, primary = candidates.node_ids[node], candidates.replica_of[node]
    return things[node_id] if node_id in things or primary is None else things[primary]


def _recommendation(
    problem: Problem,
    plan: Plan,
    change: Change,
    thing: Workload | Dataset,
    money: Money,
    bundle: BundleWorth | None,
    sources: Sources,
) -> Recommendation:
    node, candidates, option = change.node, sources.candidates, change.chosen_options[0]
    current = None if change.current_option is None else placement_of(problem, candidates, change.current_option)
    recommended = placement_of(problem, candidates, option)
    action_type = action_type_of(current, recommended, is_dataset=isinstance(thing, Dataset))
    target, scope = _target_of(problem.node_ids[node], thing), _scope_of(thing)
    alternatives = sources.alternatives[node]
    feasibility = feasibility_of(
        node, plan, rule_book=sources.rule_book, alternatives=alternatives, candidates=candidates
    )
    broken_today = [rule.rule_id for rule in feasibility.rules if rule.verdict == "broken_today"]
    confidence = CONFIDENCES[int(candidates.confidence_code[option])]
    title = title_of(target.name, action_type, current, recommended)
    description = description_of(
        title,
        action_type=action_type,
        recommended=recommended,
        money=money,
        component_deltas_micro_usd=_component_deltas_micro_usd(problem, change),
        broken_today=broken_today,
        bundle=bundle,
        rejected=feasibility.rejected_cheaper,
    )
    return Recommendation(
        id=recommendation_id(
            scope=scope, targets=(target,), action_type=action_type, current=current, recommended=recommended
        ),
        action_type=action_type,
        title=title,
        description=description,
        priority=priority_of(money, is_required=current is None or bool(broken_today)),
        scope=scope,
        targets=(target,),
        current=current,
        recommended=recommended,
        money=money,
        feasibility=feasibility,
        operations=_operations(action_type, thing, money, recommended, confidence),
        relations=Relations(),
        alternatives=shown_alternatives(alternatives, problem=problem, candidates=candidates, limit=ALTERNATIVES_SHOWN),
        evidence=_evidence(recommended.place_id, confidence, sources),
    )


def _operations(
    action_type: ActionType, thing: Workload | Dataset, money: Money, recommended: Placement, confidence: str
) -> Operations:
    return operations_of(
        action_type=action_type,
        labour_micro_usd=money.one_off.labour_micro_usd,
        environment=thing.tags.environment,
        confidence=confidence,
        may_save_nothing=money.may_save_nothing,
        purchase=recommended.purchase,
    )


def _target_of(node_id: str, thing: Workload | Dataset) -> Target:
    is_itself = node_id == thing.id
    return Target(
        node_id=node_id,
        name=thing.name if is_itself else f"of {thing.name} ({node_id})",
        kind="dataset" if isinstance(thing, Dataset) else "workload",
        resource_ids=thing.resource_ids if is_itself else (),
    )


def _scope_of(thing: Workload | Dataset) -> Scope:
    return Scope(
        billing_account_id=thing.billing_account_id,
        sub_account_id=thing.sub_account_id,
        business_unit=thing.tags.business_unit,
        environment=thing.tags.environment,
        owner=thing.tags.owner,
        data_class=thing.tags.data_class,
        jurisdiction=thing.tags.jurisdiction,
    )


def _component_deltas_micro_usd(problem: Problem, change: Change) -> list[int]:
    after = problem.option_components_micro_usd[list(change.chosen_options)].sum(axis=0)
    before = np.zeros_like(after)
    if change.current_option is not None:
        before = problem.option_components_micro_usd[change.current_option]
    deltas = dict(zip(problem.components, (after - before).tolist(), strict=True))
    return [deltas.get(component, 0) for component in COMPONENTS]


def _evidence(place_id: str, confidence: str, sources: Sources) -> Evidence:
    """What the figures rest on, and which prices of the recommended place are missing from the book."""
    missing = (price for price in sources.candidates.report.missing_prices if price.place_id == place_id)
    return Evidence(
        price_snapshot_id=sources.price_snapshot_id,
        data_as_of_on=sources.estate.as_of_on,
        billing_months=sources.estate.billing_months,
        confidence=confidence,
        missing_prices=tuple(sorted({f"{price.service} {price.meter}" for price in missing})),
    )


def _with_relations(found: dict[int, Recommendation], relations: dict[int, NodeRelations]) -> list[Recommendation]:
    related = []
    for node, recommendation in found.items():
        ties = relations.get(node, NodeRelations())
        bundle = bundle_id([found[member].id for member in ties.bundle]) if ties.bundle else None
        depends_on = tuple(sorted(found[other].id for other in ties.needs))
        related.append(replace(recommendation, relations=Relations(bundle_id=bundle, depends_on=depends_on)))
    return related

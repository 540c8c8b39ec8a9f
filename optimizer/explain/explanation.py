"""Everything that a verified plan has to answer for, in one object."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from optimizer.candidates.candidate_set import CandidateSet, DroppedCandidates
from optimizer.domain.estate import Estate
from optimizer.domain.policy import Policy
from optimizer.explain.alternatives import ALTERNATIVES_SHOWN, NodeAlternatives, RankedOption, alternatives_of
from optimizer.explain.changes import changes_of
from optimizer.explain.feasibility import RuleBook, rejected_cheaper, shown_alternatives
from optimizer.explain.ledger import Ledger, build_ledger
from optimizer.explain.money import payback_months
from optimizer.explain.placement import placement_of
from optimizer.explain.recommend import Sources, recommendations_of
from optimizer.explain.recommendation import Recommendation
from optimizer.explain.recommendation_parts import AlternativePlacement, Placement, RejectedCheaper
from optimizer.explain.relaxations import Demand, demands_of
from optimizer.explain.rule_prices import Rejections, Resolve, RulePrice, price_rules
from optimizer.explain.statements import Statements
from optimizer.plan import Plan, Solved
from optimizer.problem.problem import Problem
from optimizer.rules.rule import Violation
from optimizer.verify import VerifiedPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class StayExplained:
    """A node that the plan leaves as it is: the next best options and the cheaper ones that a rule forbids."""

    node_id: str
    placement: Placement
    monthly_micro_usd: int
    alternatives: tuple[AlternativePlacement, ...]
    rejected_cheaper: tuple[RejectedCheaper, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SavingSummary:
    """The plan against today, whole micro-USD; the contributions of all recommendations add up to the saving.

    ``lower_bound`` is of the objective, which also spreads one-off costs over the horizon.
    """

    baseline_monthly_micro_usd: int
    plan_monthly_micro_usd: int
    saving_monthly_micro_usd: int
    one_off_micro_usd: int
    payback_months: float | None
    objective_micro_usd: Decimal
    lower_bound_micro_usd: Decimal
    gap_ratio: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Why this plan: what changes and what each change is worth, what stays and why, what each demand costs."""

    ledger: Ledger
    saving: SavingSummary
    recommendations: tuple[Recommendation, ...]
    stays: tuple[StayExplained, ...]
    rule_prices: tuple[RulePrice, ...]
    compliance_gaps_today: tuple[Violation, ...]
    dropped: tuple[DroppedCandidates, ...]


def explain(
    problem: Problem,
    verified: VerifiedPlan,
    *,
    estate: Estate,
    candidates: CandidateSet,
    policy: Policy,
    outcome: Solved,
    price_snapshot_id: str = "",
    resolve: Resolve | None = None,
    rule_price_seconds: float = 20.0,
    rule_price_seconds_each: float = 5.0,
) -> Explanation:
    """Explain a verified plan of a problem whose options are the candidates, numbered alike.

    ``resolve`` solves a problem again from a plan; without it no rule is priced. All rules together get about
    ``rule_price_seconds`` of solver time.
    """
    plan, statements = verified.plan, Statements.of(policy)
    rule_book = RuleBook.of(problem, statements)
    alternatives = alternatives_of(problem, plan)
    ledger = build_ledger(problem, plan)
    sources = Sources(
        estate=estate,
        candidates=candidates,
        rule_book=rule_book,
        alternatives={found.node: found for found in alternatives},
        price_snapshot_id=price_snapshot_id,
    )
    demands = demands_of(problem, statements, added_copies=_added_copies(problem, candidates))
    return Explanation(
        ledger=ledger,
        saving=_saving(problem, plan, ledger, outcome),
        recommendations=recommendations_of(problem, plan, sources),
        stays=_stays(problem, plan, sources),
        rule_prices=()
        if resolve is None
        else price_rules(
            problem,
            outcome,
            demands,
            rejections=rejections_of(alternatives, demands),
            resolve=resolve,
            total_seconds=rule_price_seconds,
            seconds_each=rule_price_seconds_each,
        ),
        compliance_gaps_today=rule_book.gaps_today,
        dropped=candidates.dropped,
    )


def rejections_of(alternatives: Iterable[NodeAlternatives], demands: Iterable[Demand]) -> dict[str, Rejections]:
    """What each demand, and no other, denies single nodes, by the id of the demand; the largest saving first."""
    demand_of = {rule_id: demand.id for demand in demands for rule_id in demand.rule_ids}
    denied: dict[str, list[RankedOption]] = {}
    for node in alternatives:
        first: dict[str, RankedOption] = {}
        for ranked in node.ranked:
            responsible = {demand_of.get(rule_id, rule_id.split(":", 1)[0]) for rule_id in ranked.broken_rules}
            if ranked.is_cheaper and len(responsible) == 1:
                first.setdefault(responsible.pop(), ranked)
        for demand_id, ranked in first.items():
            denied.setdefault(demand_id, []).append(ranked)
    found = {}
    for demand_id, options in denied.items():
        options.sort(key=lambda ranked: ranked.extra_micro_usd)
        found[demand_id] = Rejections(
            options=tuple(ranked.option for ranked in options),
            largest_micro_usd=math.floor(-options[0].extra_micro_usd),
        )
    return found


def _added_copies(problem: Problem, candidates: CandidateSet) -> tuple[str, ...]:
    """Recovery copies that do not exist today."""
    return tuple(
        problem.node_ids[node]
        for node in np.flatnonzero(problem.node_current < 0).tolist()
        if candidates.replica_of[node] is not None
    )


def _saving(problem: Problem, plan: Plan, ledger: Ledger, outcome: Solved) -> SavingSummary:
    one_off = int(problem.option_one_off_micro_usd[plan.chosen].sum())
    return SavingSummary(
        baseline_monthly_micro_usd=ledger.baseline_monthly_micro_usd,
        plan_monthly_micro_usd=ledger.plan_monthly_micro_usd,
        saving_monthly_micro_usd=ledger.saving_monthly_micro_usd,
        one_off_micro_usd=one_off,
        payback_months=payback_months(one_off, ledger.saving_monthly_micro_usd),
        objective_micro_usd=outcome.costs.objective_micro_usd,
        lower_bound_micro_usd=outcome.lower_bound_micro_usd,
        gap_ratio=outcome.gap_ratio,
    )


def _stays(problem: Problem, plan: Plan, sources: Sources) -> tuple[StayExplained, ...]:
    changed = {change.node for change in changes_of(problem, plan)}
    return tuple(
        StayExplained(
            node_id=problem.node_ids[node],
            placement=placement_of(problem, sources.candidates, found.chosen_option),
            monthly_micro_usd=int(problem.option_components_micro_usd[found.chosen_option].sum()),
            alternatives=shown_alternatives(
                found, problem=problem, candidates=sources.candidates, limit=ALTERNATIVES_SHOWN
            ),
            rejected_cheaper=rejected_cheaper(found, rule_book=sources.rule_book, candidates=sources.candidates),
        )
        for node, found in sources.alternatives.items()
        if node not in changed
    )

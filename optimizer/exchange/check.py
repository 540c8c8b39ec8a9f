"""A plan document held against its problem: choices, rules, every stated amount, the bound and the gap."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from optimizer.errors import InvalidPlan
from optimizer.exchange.documents import plan_from_document
from optimizer.exchange.schemas import CostsDocument, PlanDocument
from optimizer.plan import Plan, PlanCosts
from optimizer.problem.problem import Problem
from optimizer.verify import Refuted, verify

GAP_TOLERANCE: Final = 1e-6


def check_plan_document(problem: Problem, document: Mapping[str, Any]) -> tuple[str, ...]:
    """Everything that is wrong with a plan document; empty when nothing is.

    Raises:
        InvalidPlan: the document is not of the format.
    """
    stated = plan_from_document(document)
    if stated.status != "solved":
        return (f"the plan's status is {stated.status!r}; there is nothing to verify",)
    try:
        plan = Plan.of(problem, stated.choices)
    except InvalidPlan as error:
        return (str(error),)
    answer = verify(
        problem,
        plan,
        claimed_costs=None if stated.costs is None else _costs(stated.costs),
        claimed_objective_micro_usd=None if stated.objective is None else stated.objective.scaleb(6),
        lower_bound_micro_usd=None if stated.lower_bound is None else stated.lower_bound.scaleb(6),
    )
    faults = list(answer.faults) if isinstance(answer, Refuted) else []
    return (*faults, *_gap_faults(stated))


def _costs(stated: CostsDocument) -> PlanCosts:
    return PlanCosts(
        options_micro_usd=stated.options.scaleb(6),
        flows_micro_usd=stated.flows.scaleb(6),
        open_micro_usd=stated.open.scaleb(6),
        one_off_per_month_micro_usd=stated.one_off_per_month.scaleb(6),
    )


def _gap_faults(stated: PlanDocument) -> list[str]:
    """A stated gap must follow from the stated objective and bound."""
    if stated.gap_ratio is None or stated.lower_bound is None or stated.objective is None:
        return []
    difference = stated.objective - stated.lower_bound
    if not stated.objective:
        return [] if abs(difference) <= Decimal("0.000001") else ["the gap of an objective of 0 cannot be a ratio"]
    gap_ratio = float(difference / abs(stated.objective))
    if abs(gap_ratio - stated.gap_ratio) <= GAP_TOLERANCE * max(1.0, gap_ratio):
        return []
    return [f"gap_ratio is stated as {stated.gap_ratio:g} but follows as {gap_ratio:g}"]

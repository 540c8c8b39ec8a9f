"""The independent checker: every rule and every cost recomputed from the answer, without solver code.

What is persisted or shown as a plan is a ``VerifiedPlan``; nothing but ``verify`` makes one.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import numpy as np

from optimizer.costs import plan_costs
from optimizer.plan import Plan, PlanCosts
from optimizer.problem.problem import Problem
from optimizer.rules import enforced_rules
from optimizer.units import usd

OBJECTIVE_TOLERANCE_MICRO_USD: Final = Decimal(1)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class VerifiedPlan:
    """A plan that keeps every rule of its problem, with its recomputed costs."""

    problem: Problem
    plan: Plan
    costs: PlanCosts


@dataclass(frozen=True, slots=True, kw_only=True)
class Refuted:
    """What is wrong with a plan, one sentence each; never empty."""

    faults: tuple[str, ...]


def verify(
    problem: Problem,
    plan: Plan,
    *,
    claimed_costs: PlanCosts | None = None,
    claimed_objective_micro_usd: Decimal | None = None,
    lower_bound_micro_usd: Decimal | None = None,
) -> VerifiedPlan | Refuted:
    """Check a plan against its problem: the options exist, every rule holds, what is claimed is right.

    A claimed amount may differ from the recomputed one by at most a micro-dollar; a lower bound may not exceed the
    recomputed objective by more than that.
    """
    out_of_range = plan.chosen[(plan.chosen < 0) | (plan.chosen >= len(problem.option_ids))]
    if len(out_of_range):
        return Refuted(faults=(f"option index {int(out_of_range[0])} is not in the problem",))
    if (np.diff(plan.chosen) <= 0).any():
        return Refuted(faults=("an option is chosen twice or the choices are not in ascending order",))
    faults = [violation.message for rule in enforced_rules(problem) for violation in rule.violations(problem, plan)]
    costs = plan_costs(problem, plan)
    faults += _misstated(costs, claimed_costs, claimed_objective_micro_usd)
    objective = costs.objective_micro_usd
    if lower_bound_micro_usd is not None and lower_bound_micro_usd > objective + OBJECTIVE_TOLERANCE_MICRO_USD:
        faults.append(
            f"the lower bound of {_shown(lower_bound_micro_usd)} USD is above the plan's cost of {_shown(objective)}"
        )
    return Refuted(faults=tuple(faults)) if faults else VerifiedPlan(problem=problem, plan=plan, costs=costs)


def _misstated(costs: PlanCosts, claimed: PlanCosts | None, claimed_objective: Decimal | None) -> list[str]:
    pairs: list[tuple[str, Decimal | None, Decimal]] = [
        ("objective", claimed_objective, costs.objective_micro_usd),
    ]
    if claimed is not None:
        pairs += [
            ("costs.options", claimed.options_micro_usd, costs.options_micro_usd),
            ("costs.flows", claimed.flows_micro_usd, costs.flows_micro_usd),
            ("costs.open", claimed.open_micro_usd, costs.open_micro_usd),
            ("costs.one_off_per_month", claimed.one_off_per_month_micro_usd, costs.one_off_per_month_micro_usd),
        ]
    return [
        f"{name} is stated as {_shown(stated)} USD but comes to {_shown(true)}"
        for name, stated, true in pairs
        if stated is not None and abs(stated - true) > OBJECTIVE_TOLERANCE_MICRO_USD
    ]


def _shown(micro_usd: Decimal) -> Decimal:
    return usd(int(micro_usd.to_integral_value()))

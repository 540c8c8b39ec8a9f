"""Being present in a place: ``sum over open_cost rules of monthly, if any chosen option lies in the place``.

Example: a landing zone of 500 USD a month in ``gcp:us-central1`` is paid once, whether one node lives there or fifty.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from optimizer.costs.term import TermLines
from optimizer.model.builder import ModelBuilder
from optimizer.plan import Plan
from optimizer.problem.problem import Problem
from optimizer.rules.open_cost import OpenCost


@dataclass(frozen=True, slots=True)
class Footprint:
    """Fixed monthly costs of the places in use."""

    name: str = "footprint"

    def contribute(self, problem: Problem, model: ModelBuilder) -> None:
        """One charge for each open cost."""
        for rule in problem.rules:
            if isinstance(rule, OpenCost):
                model.add_charge(rule.id, rule.options(problem), rule.monthly_micro_usd)

    def lines(self, problem: Problem, plan: Plan) -> TermLines:
        """One line for each open cost that is paid; the subject is the rule's position."""
        used = set(problem.option_place[plan.chosen].tolist())
        paid = [
            (position, rule.monthly_micro_usd)
            for position, rule in enumerate(problem.rules)
            if isinstance(rule, OpenCost) and problem.place_index[rule.place] in used
        ]
        return TermLines(
            term=self.name,
            subject_kind="rule",
            subject=np.array([position for position, _ in paid], dtype=np.int64),
            micro_usd=np.array([amount for _, amount in paid], dtype=np.float64),
            total_micro_usd=Decimal(sum(amount for _, amount in paid)),
        )

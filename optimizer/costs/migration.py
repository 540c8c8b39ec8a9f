"""What a move costs once, spread over the horizon: ``sum over chosen options of one_off / horizon_months``.

Example: 3,600 USD once over 36 months is 100 USD a month.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from optimizer.costs.term import TermLines
from optimizer.model.builder import ModelBuilder
from optimizer.plan import Plan
from optimizer.problem.problem import Problem


@dataclass(frozen=True, slots=True)
class Migration:
    """One-off costs as a monthly amount."""

    name: str = "migration"

    def contribute(self, problem: Problem, model: ModelBuilder) -> None:
        """Add one-off over horizon to the unary costs."""
        model.add_unary(problem.option_one_off_micro_usd / problem.horizon_months)

    def lines(self, problem: Problem, plan: Plan) -> TermLines:
        """One line for each chosen option that costs something once."""
        one_off = problem.option_one_off_micro_usd[plan.chosen]
        paid = np.flatnonzero(one_off)
        return TermLines(
            term=self.name,
            subject_kind="node",
            subject=problem.option_node[plan.chosen[paid]],
            micro_usd=one_off[paid] / problem.horizon_months,
            total_micro_usd=Decimal(int(one_off.sum())) / problem.horizon_months,
        )

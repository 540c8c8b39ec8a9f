"""Terms that are columns of the options: what is paid every month for the chosen option, by component.

``sum over chosen options o of component_micro_usd[o, c]``; each module below names one component ``c``.
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
class ComponentTerm:
    """One component of the monthly option cost; ``name`` is one of ``COMPONENTS``."""

    name: str

    def contribute(self, problem: Problem, model: ModelBuilder) -> None:
        """Add the component's column to the unary costs."""
        if self.name in problem.components:
            model.add_unary(problem.option_components_micro_usd[:, problem.components.index(self.name)])

    def lines(self, problem: Problem, plan: Plan) -> TermLines:
        """One line for each chosen option."""
        amounts = np.zeros(len(plan.chosen), dtype=np.int64)
        if self.name in problem.components:
            amounts = problem.option_components_micro_usd[plan.chosen, problem.components.index(self.name)]
        return TermLines(
            term=self.name,
            subject_kind="node",
            subject=problem.option_node[plan.chosen],
            micro_usd=amounts.astype(np.float64),
            total_micro_usd=Decimal(int(amounts.sum())),
        )

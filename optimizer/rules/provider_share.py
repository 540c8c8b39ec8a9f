"""Vendor concentration: the provider's share of the plan's monthly option cost is at most ``max_ratio``.

With ``m[o]`` the monthly option cost: ``sum over o at the provider of m[o] <= max_ratio * sum over all o of m[o]``,
that is ``sum (1[o at provider] - max_ratio) * m[o] * x[o] <= 0``.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from optimizer.errors import InvalidProblem
from optimizer.model.builder import ModelBuilder
from optimizer.plan import Plan
from optimizer.problem.problem import Problem
from optimizer.rules.rule import Violation
from optimizer.units import MICRO_USD_PER_USD, usd


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderShare:
    """Example: with 70 USD at aws of 100 USD in all, a ratio of 0.7 holds and 0.69 does not."""

    id: str
    provider: str
    max_ratio: float
    type: ClassVar[str] = "provider_share"

    def check(self, problem: Problem, *, path: str) -> None:
        """Raise ``InvalidProblem`` when the ratio is not between 0 and 1 or no place has the provider."""
        if not 0 <= self.max_ratio <= 1:
            raise InvalidProblem(f"is {self.max_ratio}; expected 0 to 1", path=f"{path}.max_ratio")
        if all(place.provider != self.provider for place in problem.places):
            raise InvalidProblem(f"no place has provider {self.provider!r}", path=f"{path}.provider")

    def _places(self, problem: Problem) -> npt.NDArray[np.bool_]:
        """True for places of the provider, bool ``[place]``."""
        return np.array([place.provider == self.provider for place in problem.places], dtype=np.bool_)

    def contribute(self, problem: Problem, model: ModelBuilder) -> None:
        """One row, in USD."""
        coefficient = problem.option_monthly_micro_usd / MICRO_USD_PER_USD
        coefficient *= (self._places(problem) - self.max_ratio)[problem.option_place]
        counted = np.flatnonzero(coefficient).astype(np.int32)
        model.add_row(self.id, counted, coefficient[counted], 0.0)

    def violations(self, problem: Problem, plan: Plan) -> tuple[Violation, ...]:
        """Both sums, compared exactly, when the share is exceeded."""
        monthly = problem.option_monthly_micro_usd[plan.chosen]
        at_provider = self._places(problem)[problem.option_place[plan.chosen]]
        spent, total = int(monthly[at_provider].sum()), int(monthly.sum())
        if Decimal(spent) <= Decimal(repr(float(self.max_ratio))) * total:
            return ()
        names = tuple(dict.fromkeys(problem.node_ids[node] for node in problem.option_node[plan.chosen[at_provider]]))
        message = f"{self.id}: {usd(spent)} of {usd(total)} USD a month at {self.provider}, more than {self.max_ratio}"
        return (Violation(rule_id=self.id, node_ids=names, message=message),)

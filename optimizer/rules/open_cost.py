"""What being present in a place costs: it forbids nothing; ``optimizer.costs.footprint`` charges it.

Example: 500 USD a month for ``gcp:us-central1`` is paid once, however many options there are chosen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from optimizer.errors import InvalidProblem
from optimizer.model.builder import ModelBuilder
from optimizer.plan import Plan
from optimizer.problem.problem import Problem
from optimizer.rules.rule import Violation
from optimizer.rules.selection import check_places


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenCost:
    """``monthly_micro_usd`` once, when any option in ``place`` is chosen."""

    id: str
    place: str
    monthly_micro_usd: int
    type: ClassVar[str] = "open_cost"

    def check(self, problem: Problem, *, path: str) -> None:
        """Raise ``InvalidProblem`` when the place is unknown or the cost negative."""
        check_places(problem, (self.place,), path=f"{path}.place")
        if self.monthly_micro_usd < 0:
            raise InvalidProblem("is negative; expected 0 or more", path=f"{path}.monthly")

    def options(self, problem: Problem) -> npt.NDArray[np.int32]:
        """Options in the place."""
        return np.flatnonzero(problem.option_place == problem.place_index[self.place]).astype(np.int32)

    def contribute(self, problem: Problem, model: ModelBuilder) -> None:
        """Nothing: the footprint term adds the charge."""

    def violations(self, problem: Problem, plan: Plan) -> tuple[Violation, ...]:
        """None, ever: it is a cost."""
        return ()

"""How much may change at once: ``moves <= max_moves`` and ``one-off cost of the moves <= max_one_off``.

A move is a chosen option other than ``current`` of a node that has a current option; what a node that does not run
yet costs once is no move and does not count here.
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
from optimizer.units import MICRO_USD_PER_USD, usd


def moving_options(problem: Problem) -> npt.NDArray[np.bool_]:
    """True for options whose choice is a move, bool ``[option]``."""
    runs = problem.node_current >= 0
    moving: npt.NDArray[np.bool_] = runs[problem.option_node]
    moving[problem.node_current[runs]] = False
    return moving


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveBudget:
    """Either limit may be absent, not both. Example: ``max_moves = 1`` lets one of two nodes move."""

    id: str
    max_moves: int | None = None
    max_one_off_micro_usd: int | None = None
    type: ClassVar[str] = "move_budget"

    def check(self, problem: Problem, *, path: str) -> None:
        """Raise ``InvalidProblem`` when no limit is given or one is negative."""
        if self.max_moves is None and self.max_one_off_micro_usd is None:
            raise InvalidProblem("gives neither max_moves nor max_one_off", path=path)
        if self.max_moves is not None and self.max_moves < 0:
            raise InvalidProblem(f"is {self.max_moves}; expected 0 or more", path=f"{path}.max_moves")
        if self.max_one_off_micro_usd is not None and self.max_one_off_micro_usd < 0:
            raise InvalidProblem("is negative; expected 0 or more", path=f"{path}.max_one_off")

    def contribute(self, problem: Problem, model: ModelBuilder) -> None:
        """A row for each limit; the money row is in USD to keep its numbers small."""
        moving = np.flatnonzero(moving_options(problem)).astype(np.int32)
        if self.max_moves is not None:
            model.add_row(self.id, moving, np.broadcast_to(1.0, len(moving)), float(self.max_moves))
        if self.max_one_off_micro_usd is not None:
            coefficient = problem.option_one_off_micro_usd[moving] / MICRO_USD_PER_USD
            model.add_row(self.id, moving, coefficient, self.max_one_off_micro_usd / MICRO_USD_PER_USD)

    def violations(self, problem: Problem, plan: Plan) -> tuple[Violation, ...]:
        """Each limit that is exceeded, with both figures."""
        moves = plan.chosen[moving_options(problem)[plan.chosen]]
        names = tuple(dict.fromkeys(problem.node_ids[node] for node in problem.option_node[moves]))
        found = []
        if self.max_moves is not None and len(moves) > self.max_moves:
            message = f"{self.id}: {len(moves)} moves, more than {self.max_moves}"
            found.append(Violation(rule_id=self.id, node_ids=names, message=message))
        spent = int(problem.option_one_off_micro_usd[moves].sum())
        if self.max_one_off_micro_usd is not None and spent > self.max_one_off_micro_usd:
            message = f"{self.id}: moves cost {usd(spent)} USD once, more than {usd(self.max_one_off_micro_usd)}"
            found.append(Violation(rule_id=self.id, node_ids=names, message=message))
        return tuple(found)

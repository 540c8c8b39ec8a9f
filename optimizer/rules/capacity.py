"""Capacity of places: ``sum over chosen options o in P of uses[o, resource] <= max``, P the listed places (or all)."""

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
from optimizer.rules.selection import check_places


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    """At most ``maximum`` (unit of the resource) in ``places`` together; no place listed means everywhere.

    Example: workloads of 8 and 4 vCPU fit together under ``vcpu <= 12`` and not under ``vcpu <= 11.9``.
    """

    id: str
    resource: str
    maximum: float
    places: tuple[str, ...] = ()
    type: ClassVar[str] = "capacity"

    def check(self, problem: Problem, *, path: str) -> None:
        """Raise ``InvalidProblem`` when a place is unknown or the maximum is negative or not a number."""
        check_places(problem, self.places, path=f"{path}.place")
        if not np.isfinite(self.maximum) or self.maximum < 0:
            raise InvalidProblem(f"is {self.maximum}; expected a number that is not negative", path=f"{path}.max")

    def _uses(self, problem: Problem) -> npt.NDArray[np.bool_]:
        """True for the use entries that count, bool ``[use]``."""
        if self.resource not in problem.resources:
            return np.zeros(len(problem.use_option), dtype=np.bool_)
        counted: npt.NDArray[np.bool_] = problem.use_resource == problem.resources.index(self.resource)
        if self.places:
            inside = np.zeros(len(problem.places), dtype=np.bool_)
            inside[[problem.place_index[place_id] for place_id in self.places]] = True
            counted &= inside[problem.option_place[problem.use_option]]
        return counted

    def contribute(self, problem: Problem, model: ModelBuilder) -> None:
        """One row over the options that use the resource in the places."""
        counted = self._uses(problem)
        model.add_row(self.id, problem.use_option[counted], problem.use_amount[counted], self.maximum)

    def violations(self, problem: Problem, plan: Plan) -> tuple[Violation, ...]:
        """The overload, summed exactly in the decimals that the amounts were written in."""
        counted = self._uses(problem) & np.isin(problem.use_option, plan.chosen)
        used = sum((Decimal(repr(float(amount))) for amount in problem.use_amount[counted]), Decimal(0))
        if used <= Decimal(repr(float(self.maximum))):
            return ()
        nodes = tuple(sorted({problem.node_ids[node] for node in problem.option_node[problem.use_option[counted]]}))
        where = ", ".join(self.places) or "all places"
        message = f"{self.id}: {used} {self.resource} used in {where}, more than {self.maximum}"
        return (Violation(rule_id=self.id, node_ids=nodes, message=message),)

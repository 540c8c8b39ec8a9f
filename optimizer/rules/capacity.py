"""Capacity of places: ``sum over chosen options o in P of uses[o, resource] <= max``, P the listed places (or all)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

import numpy as np

from optimizer.errors import InvalidProblem
from optimizer.model.builder import ModelBuilder
from optimizer.plan import Plan
from optimizer.problem.problem import Problem
from optimizer.rules.rule import Violation
from optimizer.rules.selection import are_chosen, check_places


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

    def contribute(self, problem: Problem, model: ModelBuilder) -> None:
        """One row over the options that use the resource in the places."""
        counted = problem.uses_of(self.resource, self.places)
        model.add_row(self.id, problem.use_option[counted], problem.use_amount[counted], self.maximum)

    def violations(self, problem: Problem, plan: Plan) -> tuple[Violation, ...]:
        """The overload, summed exactly in the decimals that the amounts were written in."""
        counted = problem.uses_of(self.resource, self.places)
        counted = counted[are_chosen(plan, problem.use_option[counted])]
        used = sum((Decimal(repr(float(amount))) for amount in problem.use_amount[counted]), Decimal(0))
        if used <= Decimal(repr(float(self.maximum))):
            return ()
        nodes = tuple(sorted({problem.node_ids[node] for node in problem.option_node[problem.use_option[counted]]}))
        where = ", ".join(self.places) or "all places"
        message = f"{self.id}: {used} {self.resource} used in {where}, more than {self.maximum}"
        return (Violation(rule_id=self.id, node_ids=nodes, message=message),)

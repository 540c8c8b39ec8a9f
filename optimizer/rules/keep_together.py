"""Nodes that belong together: every chosen place of the named nodes has the same attribute value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from optimizer.model.builder import ModelBuilder
from optimizer.plan import Plan
from optimizer.problem.problem import Problem
from optimizer.rules.rule import Violation
from optimizer.rules.selection import check_attribute, check_nodes, chosen_options, node_codes


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepTogether:
    """For one value ``c`` of the attribute: ``sum over o in c of x[n, o] = copies of n`` for every named node ``n``.

    Example: by provider, ``aws:us-east-1`` and ``aws:eu-west-1`` agree.
    """

    id: str
    nodes: tuple[str, ...]
    by: str
    type: ClassVar[str] = "keep_together"

    def check(self, problem: Problem, *, path: str) -> None:
        """Raise ``InvalidProblem`` when a node or the attribute is unknown."""
        check_nodes(problem, self.nodes, path=path)
        check_attribute(self.by, path=path)

    def contribute(self, problem: Problem, model: ModelBuilder) -> None:
        """One group."""
        model.add_group(self.id, node_codes(problem, self.nodes), problem.place_codes(self.by), same=True)

    def violations(self, problem: Problem, plan: Plan) -> tuple[Violation, ...]:
        """The values found, when there is more than one."""
        chosen = np.unique(problem.option_place[chosen_options(problem, plan, node_codes(problem, self.nodes))])
        if len(np.unique(problem.place_codes(self.by)[chosen])) <= 1:
            return ()
        places = sorted(problem.places[place].id for place in chosen)
        message = f"{self.id}: {', '.join(self.nodes)} must share one {self.by} but lie in {', '.join(places)}"
        return (Violation(rule_id=self.id, node_ids=self.nodes, message=message),)

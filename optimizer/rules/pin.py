"""Pinned nodes stay as they are: ``x[o] = 0`` for every option ``o`` of a named node other than its current one."""

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
from optimizer.rules.selection import check_nodes, chosen_options, node_codes, options_of_nodes


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """The named nodes keep their current option; example: ``pin w1`` leaves only ``w1-stay``."""

    id: str
    nodes: tuple[str, ...]
    type: ClassVar[str] = "pin"

    def check(self, problem: Problem, *, path: str) -> None:
        """Raise ``InvalidProblem`` when a node is unknown or has no current option to stay on."""
        check_nodes(problem, self.nodes, path=path)
        for position, node_id in enumerate(self.nodes):
            node = problem.node_index[node_id]
            if problem.node_current[node] < 0:
                raise InvalidProblem(
                    f"pins {node_id!r}, which has no current option to stay on", path=f"{path}.nodes[{position}]"
                )

    def forbidden_options(self, problem: Problem) -> npt.NDArray[np.int64]:
        """Every option of the named nodes but the current one."""
        named = options_of_nodes(problem, node_codes(problem, self.nodes))
        moves: npt.NDArray[np.int64] = named[named != problem.node_current[problem.option_node[named]]]
        return moves

    def contribute(self, problem: Problem, model: ModelBuilder) -> None:
        """Forbid what the rule forbids."""
        model.forbid(self.forbidden_options(problem))

    def violations(self, problem: Problem, plan: Plan) -> tuple[Violation, ...]:
        """Named nodes that choose anything but their current option."""
        chosen = chosen_options(problem, plan, node_codes(problem, self.nodes))
        node = problem.option_node[chosen]
        moved: dict[int, int] = {}
        for option in chosen[chosen != problem.node_current[node]].tolist():
            moved.setdefault(int(problem.option_node[option]), option)
        found = []
        for at, option in moved.items():
            node_id = problem.node_ids[at]
            message = f"{self.id}: {node_id} is pinned to its current option but takes {problem.option_ids[option]}"
            found.append(Violation(rule_id=self.id, node_ids=(node_id,), message=message))
        return tuple(found)

"""Round trips along flows: places joined by a flow with ``max_rtt_ms`` answer each other within it.

A flow from a dataset with several copies needs, for every chosen place of its reader, at least one copy within the
limit; a flow to several copies needs every copy within the limit of some source.

Example: with 32 ms between two places, a flow with ``max_rtt_ms`` 60 may join them and one with 30 may not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from optimizer.model.builder import ModelBuilder
from optimizer.plan import Plan
from optimizer.problem.problem import Problem
from optimizer.rules.rule import Violation
from optimizer.rules.selection import chosen_by_node

STRUCTURAL_ID = "max_rtt_ms"


@dataclass(frozen=True, slots=True, kw_only=True)
class PairLatency:
    """``x[u, l] + x[v, k] <= 1`` where ``rtt[l, k] > max_rtt_ms`` (one option each); read off the problem's flows.

    ``flow`` narrows the rule to one flow, which names the flow when rules cannot hold together.
    """

    id: str = STRUCTURAL_ID
    flow: int | None = None
    type: ClassVar[str] = STRUCTURAL_ID

    @classmethod
    def of_flow(cls, problem: Problem, flow: int) -> PairLatency:
        """The rule for a single flow, named after its ends."""
        ends = (problem.node_ids[problem.flow_from[flow]], problem.node_ids[problem.flow_to[flow]])
        return cls(id=f"{STRUCTURAL_ID}:{ends[0]}->{ends[1]}", flow=flow)

    def check(self, problem: Problem, *, path: str) -> None:
        """Nothing to refer to: limits and matrix are validated with the flows."""

    def flows(self, problem: Problem) -> npt.NDArray[np.int64]:
        """Flows with a limit that this rule is about."""
        limited = np.flatnonzero(~np.isnan(problem.flow_max_rtt_ms))
        return limited if self.flow is None else limited[limited == self.flow]

    def contribute(self, problem: Problem, model: ModelBuilder) -> None:
        """One table of admissible places for each distinct limit."""
        flows = self.flows(problem)
        if problem.rtt_ms is None or not len(flows):
            return
        limits = problem.flow_max_rtt_ms[flows]
        for limit in np.unique(limits):
            model.limit_pairs(flows[limits == limit], problem.rtt_ms <= limit)

    def violations(self, problem: Problem, plan: Plan) -> tuple[Violation, ...]:
        """Flows of which an end has no partner near enough."""
        if problem.rtt_ms is None:
            return ()
        chosen = chosen_by_node(problem, plan)
        found = []
        for flow in self.flows(problem).tolist():
            ends = (int(problem.flow_from[flow]), int(problem.flow_to[flow]))
            sources, readers = (problem.option_place[chosen.get(end, [])] for end in ends)
            if not len(sources) or not len(readers):
                continue
            nearest = problem.rtt_ms[np.ix_(sources, readers)].min(axis=0)
            if (nearest > problem.flow_max_rtt_ms[flow]).any():
                names = (problem.node_ids[ends[0]], problem.node_ids[ends[1]])
                message = (
                    f"{self.id}: {names[0]} -> {names[1]} takes {nearest.max():g} ms, "
                    f"more than {problem.flow_max_rtt_ms[flow]:g}"
                )
                found.append(Violation(rule_id=self.id, node_ids=names, message=message))
        return tuple(found)

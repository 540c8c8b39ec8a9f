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
from optimizer.served import Served

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
        served = Served.of(problem, plan, self.flows(problem))
        nearest_ms = served.least(problem.rtt_ms[served.source, served.target])
        late = np.flatnonzero(nearest_ms > problem.flow_max_rtt_ms[served.flow])
        slowest_ms: dict[int, float] = {}
        for flow, ms in zip(served.flow[late].tolist(), nearest_ms[late].tolist(), strict=True):
            slowest_ms[flow] = max(ms, slowest_ms.get(flow, ms))
        found = []
        for flow, ms in slowest_ms.items():
            names = (problem.node_ids[problem.flow_from[flow]], problem.node_ids[problem.flow_to[flow]])
            limit_ms = problem.flow_max_rtt_ms[flow]
            message = f"{self.id}: {names[0]} -> {names[1]} takes {ms:g} ms, more than {limit_ms:g}"
            found.append(Violation(rule_id=self.id, node_ids=names, message=message))
        return tuple(found)

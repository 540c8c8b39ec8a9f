"""Answers: a plan, what it costs, and the outcomes a solve can have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import chain
from typing import Literal

import numpy as np
import numpy.typing as npt

from optimizer.errors import InvalidPlan
from optimizer.problem.problem import Problem

StoppedBy = Literal["gap", "proved", "time"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Plan:
    """Which options are chosen: option indices of a problem, ascending, int64 ``[chosen]``."""

    chosen: npt.NDArray[np.int64]

    @classmethod
    def of(cls, problem: Problem, choices: dict[str, list[str]]) -> Plan:
        """The plan named by node and option ids, as in the published format.

        Raises:
            InvalidPlan: a node or option is unknown, or a node is missing.
        """
        unknown = sorted(choices.keys() - problem.node_index.keys())
        if unknown:
            raise InvalidPlan(f"there is no node {unknown[0]!r} in the problem", path="$.choices")
        for node_id in problem.node_ids:
            if node_id not in choices:
                raise InvalidPlan(f"node {node_id!r} is missing; every node takes an option", path="$.choices")
        taken = [choices[node_id] for node_id in problem.node_ids]
        nodes = np.repeat(np.arange(len(taken)), [len(ids) for ids in taken])
        ids = list(chain.from_iterable(taken))
        chosen = problem.options_named(nodes, ids)
        for position in np.flatnonzero(chosen < 0).tolist():
            node_id = problem.node_ids[nodes[position]]
            raise InvalidPlan(f"node {node_id!r} has no option {ids[position]!r}", path=f"$.choices.{node_id}")
        return cls(chosen=np.sort(chosen))

    def range_of(
        self, problem: Problem, nodes: npt.NDArray[np.int64]
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Where the choices of each of the nodes begin in ``chosen``, and how many they are."""
        first = np.searchsorted(self.chosen, problem.node_start[nodes])
        return first, np.searchsorted(self.chosen, problem.node_start[nodes + 1]) - first

    def choices(self, problem: Problem) -> dict[str, list[str]]:
        """Node id to chosen option ids, as in the published format."""
        named: dict[str, list[str]] = {name: [] for name in problem.node_ids}
        nodes = problem.option_node[self.chosen].tolist()
        for node, option_id in zip(nodes, problem.option_ids.named(self.chosen), strict=True):
            named[problem.node_ids[node]].append(option_id)
        return named

    @classmethod
    def stay(cls, problem: Problem) -> Plan:
        """Today: every running node keeps its current option; nodes that do not run yet take nothing."""
        current = problem.node_current[problem.node_current >= 0]
        return cls(chosen=np.sort(current))


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanCosts:
    """Monthly cost of a plan in micro-USD, exact (not rounded to whole micro-USD)."""

    options_micro_usd: Decimal
    flows_micro_usd: Decimal
    open_micro_usd: Decimal
    one_off_per_month_micro_usd: Decimal

    @property
    def objective_micro_usd(self) -> Decimal:
        """What is minimised."""
        return self.options_micro_usd + self.flows_micro_usd + self.open_micro_usd + self.one_off_per_month_micro_usd


@dataclass(frozen=True, slots=True, kw_only=True)
class SolverFacts:
    """How the answer was found."""

    method: str
    seconds: float
    cpu_seconds: float
    stopped_by: StoppedBy


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Solved:
    """A plan with a proof: no plan of the problem costs less than ``lower_bound_micro_usd``.

    ``row_prices`` are the prices of rows (micro-USD per unit of weight, by name and occurrence) that gave the bound:
    a good start for solving a similar problem.
    """

    plan: Plan
    costs: PlanCosts
    lower_bound_micro_usd: Decimal
    facts: SolverFacts
    row_prices: Mapping[tuple[str, int], float] = field(default_factory=dict)

    @property
    def gap_ratio(self) -> float:
        """``(objective - lower bound) / |objective|``; 0 when both are 0."""
        objective = self.costs.objective_micro_usd
        difference = objective - self.lower_bound_micro_usd
        if difference == 0:
            return 0.0
        return float(difference / abs(objective)) if objective else float("inf")


@dataclass(frozen=True, slots=True, kw_only=True)
class Infeasible:
    """No plan keeps every rule; ``conflict`` names rules that cannot hold together (each is needed for the clash)."""

    conflict: tuple[str, ...]
    facts: SolverFacts
    conflict_is_minimal: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class NotSolved:
    """Nothing found in the time allowed: not a proof that nothing exists."""

    reason: str
    lower_bound_micro_usd: Decimal | None
    facts: SolverFacts


Outcome = Solved | Infeasible | NotSolved

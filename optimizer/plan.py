"""Answers: a plan, what it costs, and the outcomes a solve can have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
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
        chosen: list[int] = []
        unknown = sorted(set(choices) - set(problem.node_ids))
        if unknown:
            raise InvalidPlan(f"there is no node {unknown[0]!r} in the problem", path="$.choices")
        for node, node_id in enumerate(problem.node_ids):
            if node_id not in choices:
                raise InvalidPlan(f"node {node_id!r} is missing; every node takes an option", path="$.choices")
            by_id = {problem.option_ids[option]: option for option in problem.options_of(node)}
            for option_id in choices[node_id]:
                if option_id not in by_id:
                    raise InvalidPlan(f"node {node_id!r} has no option {option_id!r}", path=f"$.choices.{node_id}")
                chosen.append(by_id[option_id])
        return cls(chosen=np.sort(np.array(chosen, dtype=np.int64)))

    def choices(self, problem: Problem) -> dict[str, list[str]]:
        """Node id to chosen option ids, as in the published format."""
        named: dict[str, list[str]] = {name: [] for name in problem.node_ids}
        for option in self.chosen.tolist():
            named[problem.node_ids[problem.option_node[option]]].append(problem.option_ids[option])
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

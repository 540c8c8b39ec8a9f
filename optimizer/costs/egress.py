"""Data that crosses places: ``gb_per_month x transfer price[place of source, place of target]``.

With several copies: each chosen place ``h`` of the target is served from the chosen place ``g`` of the source for
which ``price[g, h]`` is least among those within the flow's ``max_rtt_ms``. A flow of which an end is not placed
(a node that does not run yet) costs nothing.

Example: 1,000 GB from ``aws:us-east-1`` to another cloud at 0.09 USD per GB is 90 USD a month.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import numpy.typing as npt

from optimizer.costs.term import TermLines
from optimizer.model.builder import ModelBuilder
from optimizer.plan import Plan
from optimizer.problem.problem import Problem


@dataclass(frozen=True, slots=True)
class Egress:
    """Transfer between the chosen places of every flow."""

    name: str = "egress"

    def contribute(self, problem: Problem, model: ModelBuilder) -> None:
        """GB over each flow; the model holds the transfer matrix."""
        model.add_pair_cost(problem.flow_gb)

    def lines(self, problem: Problem, plan: Plan) -> TermLines:
        """One line for each flow; the total is exact in the decimals that the GB were written in."""
        per_gb = flow_micro_usd_per_gb(problem, plan)
        total = sum(
            (
                Decimal(repr(gb)) * price
                for gb, price in zip(problem.flow_gb.tolist(), per_gb.tolist(), strict=True)
                if price and gb
            ),
            Decimal(0),
        )
        return TermLines(
            term=self.name,
            subject_kind="flow",
            subject=np.arange(len(problem.flow_gb)),
            micro_usd=problem.flow_gb * per_gb,
            total_micro_usd=total,
        )


def flow_micro_usd_per_gb(problem: Problem, plan: Plan) -> npt.NDArray[np.int64]:
    """What a GB over each flow costs under the plan, all served places together, int64 ``[flow]``."""
    count = np.bincount(problem.option_node[plan.chosen], minlength=len(problem.node_ids))
    single = np.full(len(problem.node_ids), -1, dtype=np.int64)
    single[problem.option_node[plan.chosen]] = problem.option_place[plan.chosen]
    source, target = problem.flow_from, problem.flow_to
    per_gb = np.zeros(len(source), dtype=np.int64)
    plain = (count[source] == 1) & (count[target] == 1)
    per_gb[plain] = problem.transfer_micro_usd_per_gb[single[source[plain]], single[target[plain]]]
    copied = np.flatnonzero(~plain & (count[source] > 0) & (count[target] > 0))
    start = np.searchsorted(problem.option_node[plan.chosen], np.arange(len(problem.node_ids) + 1))
    for flow in copied.tolist():
        sources, targets = (
            problem.option_place[plan.chosen[start[node] : start[node + 1]]] for node in (source[flow], target[flow])
        )
        per_gb[flow] = _served_from_cheapest(problem, flow, sources, targets)
    return per_gb


def _served_from_cheapest(
    problem: Problem, flow: int, sources: npt.NDArray[np.int64], targets: npt.NDArray[np.int64]
) -> int:
    prices = problem.transfer_micro_usd_per_gb[np.ix_(sources, targets)]
    limit = problem.flow_max_rtt_ms[flow]
    if np.isnan(limit) or problem.rtt_ms is None:
        return int(prices.min(axis=0).sum())
    near = problem.rtt_ms[np.ix_(sources, targets)] <= limit
    # Where no source is near enough the latency rule is broken; the cheapest source still says what it would cost.
    near |= ~near.any(axis=0)
    return int(np.where(near, prices, np.iinfo(np.int64).max).min(axis=0).sum())

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
from optimizer.served import Served


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
    served = Served.of(problem, plan, np.arange(len(problem.flow_from)))
    price = problem.transfer_micro_usd_per_gb[served.source, served.target]
    if problem.rtt_ms is not None:
        limit_ms = problem.flow_max_rtt_ms[served.flow]
        late = problem.rtt_ms[served.source, served.target] > limit_ms[served.row]
        # Where no source is near enough the latency rule is broken; the cheapest source still says what it would cost.
        price = np.where(late & ~served.least(late)[served.row], np.iinfo(np.int64).max, price)
    per_gb = np.zeros(len(problem.flow_from), dtype=np.int64)
    np.add.at(per_gb, served.flow, served.least(price))
    return per_gb

"""The exact solver: the group-flow program, block by block, in HiGHS.

Written to the ``Solver`` protocol, which is the seam where further solvers plug in.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from optimizer.model.placement_model import PlacementModel
from optimizer.solve.blocks import Block, split
from optimizer.solve.group_flow import GroupFlow, formulate
from optimizer.solve.highs import ProgramAnswer, Verdict, run_highs
from optimizer.solve.limits import Clock, Limits

SHARE_OF_GAP = 0.9
"""Blocks are asked for a little less than the allowed gap, so that rounding cannot push the sum over it."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RawAnswer:
    """Option indices chosen (ascending) when a point was found, and a bound in USD; not yet verified.

    ``row_prices`` (micro-USD per unit of weight, ``[row]``) are those that the bound was found with, if any;
    ``option_bound_usd`` (``[option]``) is below the cost of every plan with that option.
    """

    verdict: Verdict
    chosen: npt.NDArray[np.int64] | None
    bound_usd: float
    method: str
    row_prices: npt.NDArray[np.float64] | None = None
    option_bound_usd: npt.NDArray[np.float64] | None = None


Report = Callable[[float, float], None]
"""Hears the cost of the best plan and the best bound so far, in USD; infinite while there is none."""


class Solver(Protocol):
    """Anything that can answer a placement model."""

    def __call__(
        self,
        model: PlacementModel,
        *,
        limits: Limits,
        seed: int,
        clock: Clock,
        row_prices: npt.NDArray[np.float64] | None = None,
        report: Report | None = None,
    ) -> RawAnswer:
        """Choose options, or say why not, within the limits; ``row_prices`` are a guess to start from."""


def solve_exactly(
    model: PlacementModel,
    *,
    limits: Limits,
    seed: int,
    clock: Clock,
    row_prices: npt.NDArray[np.float64] | None = None,
    report: Report | None = None,
) -> RawAnswer:
    """Solve every block of the group-flow program; the bound is the sum of the blocks' bounds."""
    if not model.node_count:
        return RawAnswer(verdict="optimal", chosen=np.zeros(0, dtype=np.int64), bound_usd=0.0, method=METHOD)
    deadline = clock() + limits.time_limit_seconds
    flow = formulate(model)
    values = np.zeros(len(flow.program.cost))
    verdict: Verdict = "optimal"
    bound = 0.0
    blocks = sorted(split(flow.program), key=lambda block: len(block.column))
    work = sum(len(block.column) for block in blocks)
    for block in blocks:
        share = len(block.column) / work
        work -= len(block.column)
        answer = _solve_block(block, limits, seed, max(deadline - clock(), 0.0) * max(share, 0.1))
        if answer.verdict == "infeasible":
            return RawAnswer(verdict="infeasible", chosen=None, bound_usd=float("inf"), method=METHOD)
        bound += answer.bound
        if answer.values is None:
            verdict = "nothing_found"
            continue
        values[block.column] = answer.values
        if answer.verdict == "feasible" and verdict == "optimal":
            verdict = "feasible"
    chosen = None if verdict == "nothing_found" else _chosen(flow, values)
    return RawAnswer(verdict=verdict, chosen=chosen, bound_usd=bound, method=METHOD)


METHOD = "group-flow MIP (HiGHS)"


def _solve_block(block: Block, limits: Limits, seed: int, seconds: float) -> ProgramAnswer:
    program = block.program
    if len(program.row_lower) == 1 and (program.matrix.data == 1.0).all() and program.integer.all():
        return _cheapest(program.cost, program.row_lower[0], program.row_upper[0])
    return run_highs(
        program,
        time_limit_seconds=seconds,
        relative_gap=limits.gap_ratio * SHARE_OF_GAP,
        absolute_gap_usd=0.0,
        seed=seed,
    )


def _cheapest(cost: npt.NDArray[np.float64], lower: float, upper: float) -> ProgramAnswer:
    """A block of one row ``take = sum x``: the cheapest options, without a solver."""
    take = int(lower)
    if lower != upper or take > len(cost):
        return ProgramAnswer(verdict="infeasible", values=None, bound=float("inf"))
    values = np.zeros(len(cost))
    values[np.argsort(cost, kind="stable")[:take]] = 1.0
    return ProgramAnswer(verdict="optimal", values=values, bound=float(cost @ values))


def _chosen(flow: GroupFlow, values: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    return flow.option[values[: len(flow.option)] > 0.5]

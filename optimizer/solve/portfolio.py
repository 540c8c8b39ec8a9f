"""One entry for models of every size: exact where that is quick, at scale where it is not, both where both pay."""

from __future__ import annotations

import dataclasses
from functools import partial
from typing import Final

import numpy as np
import numpy.typing as npt

from optimizer.model.placement_model import PlacementModel
from optimizer.solve.exact import RawAnswer, Report
from optimizer.solve.lazy_rows import model_cost_micro_usd, solve_with_lazy_rows
from optimizer.solve.limits import Clock, Limits
from optimizer.units import MICRO_USD_PER_USD

SMALL_NODES: Final = 150
MOST_EXACT_COLUMNS: Final = 100_000
COLUMNS_A_FLOW: Final = 12
SHARE_OF_TIME: Final = 0.5


def solve_by_size(
    model: PlacementModel,
    *,
    limits: Limits,
    seed: int,
    clock: Clock,
    row_slack_ratio: float = 0.0,
    row_prices: npt.NDArray[np.float64] | None = None,
    report: Report | None = None,
) -> RawAnswer:
    """Solve a model by the means that its size and its flows call for.

    Without flows, or with few nodes, the exact program is small. Otherwise message passing comes first; what gap it
    leaves goes to the exact program when that fits, in the time that is left.
    """
    began = clock()
    exactly = partial(
        solve_with_lazy_rows, model, seed=seed, clock=clock, row_slack_ratio=row_slack_ratio, report=report
    )
    fits = _columns(model) <= MOST_EXACT_COLUMNS
    if fits and (model.node_count <= SMALL_NODES or not (model.pair_gb > 0).any()):
        return exactly(limits=limits, row_prices=row_prices)
    # Importing compiled kernels takes a second, which small problems need not wait for.
    from optimizer.solve.scalable import solve_at_scale

    share = SHARE_OF_TIME if fits else 1.0
    first = solve_at_scale(
        model,
        limits=Limits(time_limit_seconds=limits.time_limit_seconds * share, gap_ratio=limits.gap_ratio),
        seed=seed,
        clock=clock,
        row_slack_ratio=row_slack_ratio,
        row_prices=row_prices,
        report=report,
        until_stalled=fits,
    )
    left = limits.time_limit_seconds - (clock() - began)
    if not fits or first.verdict in ("optimal", "infeasible") or left <= 0:
        return first
    rest = Limits(time_limit_seconds=left, gap_ratio=limits.gap_ratio)
    second = exactly(limits=rest, row_prices=first.row_prices)
    return _together(model, first, second, limits.gap_ratio)


def _columns(model: PlacementModel) -> int:
    """About how many columns the exact program would have."""
    return int(model.admissible.sum()) + COLUMNS_A_FLOW * int((model.pair_gb > 0).sum())


def _together(model: PlacementModel, first: RawAnswer, second: RawAnswer, gap_ratio: float) -> RawAnswer:
    """The better bound and the cheaper plan of two answers to one model."""
    if second.verdict in ("optimal", "infeasible") or first.chosen is None:
        return dataclasses.replace(second, bound_usd=max(first.bound_usd, second.bound_usd))
    cost = {
        id(answer): model_cost_micro_usd(model, answer.chosen) / MICRO_USD_PER_USD
        for answer in (first, second)
        if answer.chosen is not None
    }
    best = min((answer for answer in (first, second) if id(answer) in cost), key=lambda answer: cost[id(answer)])
    bound_usd = max(first.bound_usd, second.bound_usd)
    close = cost[id(best)] - bound_usd <= gap_ratio * abs(cost[id(best)])
    return RawAnswer(
        verdict="optimal" if close else "feasible",
        chosen=best.chosen,
        bound_usd=bound_usd,
        method=f"{first.method}, then {second.method}",
        row_prices=first.row_prices if first.bound_usd >= second.bound_usd else second.row_prices,
    )

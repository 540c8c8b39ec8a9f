"""One entry for models of every size: exact where that is quick, at scale where it is not, both where both pay."""

from __future__ import annotations

import dataclasses
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final

import numpy as np
import numpy.typing as npt

from optimizer.model.placement_model import PlacementModel
from optimizer.solve.exact import RawAnswer, Report, solve_exactly
from optimizer.solve.lazy_rows import model_cost_micro_usd, solve_with_lazy_rows
from optimizer.solve.limits import Clock, Limits
from optimizer.solve.neighbourhoods import NeighbourhoodSearch
from optimizer.units import MICRO_USD_PER_USD

SMALL_NODES: Final = 150
MOST_EXACT_COLUMNS: Final = 100_000
COLUMNS_A_FLOW: Final = 12
SHARE_OF_TIME: Final = 0.5
ROUNDING_RATIO: Final = 1e-9


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
        until_stalled=True,
    )
    left = limits.time_limit_seconds - (clock() - began)
    if first.verdict in ("optimal", "infeasible") or left <= 0:
        return first
    rest = Limits(time_limit_seconds=left, gap_ratio=limits.gap_ratio)
    narrow = _tightened(_narrowed(model, first), row_slack_ratio)
    return _side_by_side(narrow, first, rest, seed=seed, clock=clock, report=report)


def _narrowed(model: PlacementModel, answer: RawAnswer) -> PlacementModel:
    """The model without options that no plan cheaper than the answer's can have."""
    if answer.chosen is None or answer.option_bound_usd is None:
        return model
    cost_usd = model_cost_micro_usd(model, answer.chosen) / MICRO_USD_PER_USD
    possible = answer.option_bound_usd <= cost_usd + ROUNDING_RATIO * abs(cost_usd)
    possible[answer.chosen] = True
    return dataclasses.replace(model, admissible=model.admissible & possible)


def _side_by_side(
    model: PlacementModel, first: RawAnswer, limits: Limits, *, seed: int, clock: Clock, report: Report | None
) -> RawAnswer:
    """On one thread the exact program proves, if it fits; on the other neighbourhoods of the plan are placed anew."""
    deadline = clock() + limits.time_limit_seconds
    with ThreadPoolExecutor(1) as prover:
        proof = None
        if _columns(model) <= MOST_EXACT_COLUMNS:
            proof = prover.submit(solve_exactly, model, limits=limits, seed=seed, clock=clock)
        answer = first
        if first.chosen is not None and first.option_bound_usd is not None:
            search = NeighbourhoodSearch(model, first.chosen, first.option_bound_usd, seed, clock)
            search.run(
                limits.gap_ratio,
                lambda: clock() < deadline and (proof is None or not proof.done()),
                lambda: deadline - clock(),
                report,
            )
            answer = _together(model, first, search.answer(limits.gap_ratio), limits.gap_ratio)
        return answer if proof is None else _together(model, answer, proof.result(), limits.gap_ratio)


def _columns(model: PlacementModel) -> int:
    """About how many columns the exact program would have."""
    return int(model.admissible.sum()) + COLUMNS_A_FLOW * int((model.pair_gb > 0).sum())


def _tightened(model: PlacementModel, slack_ratio: float) -> PlacementModel:
    """The model with every row's bound lowered by that share of its scale."""
    rows = tuple(dataclasses.replace(row, upper=row.upper - slack_ratio * row.scale) for row in model.rows)
    return dataclasses.replace(model, rows=rows) if slack_ratio else model


def _together(model: PlacementModel, first: RawAnswer, second: RawAnswer, gap_ratio: float) -> RawAnswer:
    """The better bound and the cheaper plan of two answers to one model."""
    bound_usd = max(first.bound_usd, second.bound_usd)
    cost = [
        np.inf if answer.chosen is None else model_cost_micro_usd(model, answer.chosen) / MICRO_USD_PER_USD
        for answer in (first, second)
    ]
    if second.verdict == "infeasible" or not np.isfinite(min(cost)):
        return dataclasses.replace(second, bound_usd=bound_usd)
    best = first if cost[0] <= cost[1] else second
    is_close = min(cost) - bound_usd <= gap_ratio * abs(min(cost))
    return RawAnswer(
        verdict="optimal" if is_close or "optimal" in (first.verdict, second.verdict) else "feasible",
        chosen=best.chosen,
        bound_usd=bound_usd,
        method=f"{first.method}, {second.method}",
        row_prices=first.row_prices
        if second.row_prices is None or first.bound_usd >= second.bound_usd
        else second.row_prices,
    )

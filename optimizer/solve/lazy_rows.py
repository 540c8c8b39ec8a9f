"""Rows only when they matter: first left out, then priced, and stated in full only when that is not enough.

Most quotas and budgets are slack, and without their rows a model falls into parts and reduces much further. Each round
solves the model without rows but with a price on them (Lagrange): with prices ``p >= 0`` ::

    optimum >= min over choices of (cost + sum over rows r of p[r] * (weight[r] - upper[r]))

so every round's bound holds for the whole model. Its answer is repaired by exchanges (``optimizer.solve.repair``),
which also say what relieving a broken row cost: the next round's prices. When neither closes the gap that is allowed,
the whole model is solved in the time that is left.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from optimizer.model.placement_model import ROW_TOLERANCE_RATIO, PlacementModel, Row
from optimizer.solve.exact import RawAnswer, Report, Solver, solve_exactly
from optimizer.solve.highs import Verdict
from optimizer.solve.limits import Clock, Limits
from optimizer.solve.repair import Repair, repair
from optimizer.units import MICRO_USD_PER_USD

PRICED_ROUNDS = 3
SHARE_OF_TIME = 0.6
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def solve_with_lazy_rows(
    model: PlacementModel,
    *,
    limits: Limits,
    seed: int,
    clock: Clock,
    row_prices: Floats | None = None,
    report: Report | None = None,
    solver: Solver = solve_exactly,
) -> RawAnswer:
    """Rounds with prices while they help, then the whole model; the best plan and the best bound of all rounds.

    Without a gap to allow there is one round (no prices), since prices alone rarely close the last part.
    """
    deadline = clock() + limits.time_limit_seconds
    found = _Found(model, limits.gap_ratio)
    prices = np.zeros(len(model.rows)) if row_prices is None or not limits.gap_ratio else row_prices
    for _ in range(PRICED_ROUNDS if limits.gap_ratio and len(model.rows) else 1):
        left = max(deadline - clock(), 0.1) * (SHARE_OF_TIME if len(model.rows) else 1.0)
        answer = solver(
            _priced(model, prices),
            limits=Limits(time_limit_seconds=left, gap_ratio=limits.gap_ratio / 2),
            seed=seed,
            clock=clock,
        )
        if answer.verdict == "infeasible":
            return answer
        mended = found.take(answer, prices)
        if report is not None:
            report(found.cost_usd, found.bound_usd)
        if found.is_close_enough() or (answer.verdict == "optimal" and found.is_exact):
            return found.answer("optimal", answer.method)
        if mended is None or np.array_equal(mended.prices, prices):
            break
        prices = mended.prices
    rest = Limits(time_limit_seconds=max(deadline - clock(), 0.1), gap_ratio=limits.gap_ratio)
    whole = solver(model, limits=rest, seed=seed, clock=clock)
    if whole.verdict == "infeasible":
        return whole
    found.take(whole, np.zeros(len(model.rows)))
    if not found.is_exact and whole.chosen is not None and not found.is_close_enough():
        # Broken by less than the solver's tolerance: handed on as it is, for ``optimizer.solve.cuts`` to cut off.
        return replace(whole, bound_usd=found.bound_usd)
    close = found.is_close_enough() or whole.verdict == "optimal"
    return found.answer("optimal" if close else whole.verdict, whole.method)


class _Found:
    """The best plan and bound so far."""

    def __init__(self, model: PlacementModel, gap_ratio: float) -> None:
        self._model = model
        self._gap_ratio = gap_ratio
        self._chosen: Ints | None = None
        self.cost_usd = float("inf")
        self.bound_usd = float("-inf")
        self._prices = np.zeros(len(model.rows))
        self.is_exact = False

    def take(self, answer: RawAnswer, prices: Floats) -> Repair | None:
        """Keep what a round found; the repaired answer when it broke rows, or what it pays at the margin."""
        upper = np.array([row.upper for row in self._model.rows])
        bound_usd = answer.bound_usd - float(prices @ upper) / MICRO_USD_PER_USD
        if bound_usd > self.bound_usd:
            self.bound_usd, self._prices = bound_usd, prices
        if answer.chosen is None:
            return None
        broken = any(is_broken(row, answer.chosen) for row in self._model.rows)
        self.is_exact = not broken and not prices.any()
        mended = repair(self._model, answer.chosen, prices) if self._gap_ratio else None
        for chosen in (None if broken else answer.chosen, None if mended is None else mended.chosen):
            if (
                chosen is not None
                and (cost := model_cost_micro_usd(self._model, chosen) / MICRO_USD_PER_USD) < self.cost_usd
            ):
                self._chosen, self.cost_usd = chosen, cost
        return mended

    def is_close_enough(self) -> bool:
        """Whether the plan is proved to be within the allowed gap."""
        if self._chosen is None or not self._gap_ratio:
            return False
        return self.cost_usd - self.bound_usd <= self._gap_ratio * abs(self.cost_usd)

    def answer(self, verdict: Verdict, method: str) -> RawAnswer:
        """What there is to say."""
        known: Verdict = "nothing_found"
        if self._chosen is not None:
            known = "optimal" if verdict == "optimal" else "feasible"
        return RawAnswer(
            verdict=known, chosen=self._chosen, bound_usd=self.bound_usd, method=method, row_prices=self._prices
        )


def _priced(model: PlacementModel, prices: Floats) -> PlacementModel:
    """The model without rows, their weights paid for at the given prices (micro-USD per unit of weight)."""
    unary = model.unary_micro_usd.copy()
    for row, price in zip(model.rows, prices.tolist(), strict=True):
        np.add.at(unary, row.option, price * row.coefficient)
    return replace(model, rows=(), unary_micro_usd=unary)


def model_cost_micro_usd(model: PlacementModel, chosen: Ints) -> float:
    """Cost of choices: unary, pairs (each target place served from the cheapest source) and charges."""
    start = np.searchsorted(model.option_node[chosen], np.arange(model.node_count + 1))
    place = model.option_place[chosen]
    price = model.transfer_micro_usd_per_gb
    single = np.full(model.node_count, -1, dtype=np.int64)
    single[model.option_node[chosen]] = place
    copied = (model.node_take[model.pair_from] > 1) | (model.node_take[model.pair_to] > 1)
    pairs = float((model.pair_gb * price[single[model.pair_from], single[model.pair_to]])[~copied].sum())
    for flow in np.flatnonzero(copied & (model.pair_gb > 0)).tolist():
        ends = (int(model.pair_from[flow]), int(model.pair_to[flow]))
        sources, targets = (place[start[end] : start[end + 1]] for end in ends)
        cost = price[np.ix_(sources, targets)]
        if model.pair_limit[flow] >= 0:
            near = model.pair_admissible[model.pair_limit[flow]][np.ix_(sources, targets)]
            cost = np.where(near, cost, np.inf)
        pairs += float(model.pair_gb[flow] * cost.min(axis=0).sum())
    opened = sum(charge.micro_usd for charge in model.charges if np.isin(charge.option, chosen).any())
    return float(model.unary_micro_usd[chosen].sum() + pairs + opened)


def is_broken(row: Row, chosen: Ints) -> bool:
    """Whether the chosen options weigh more than the row allows, beyond rounding."""
    return row.weight(chosen) > row.upper + ROW_TOLERANCE_RATIO * row.scale

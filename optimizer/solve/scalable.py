"""The scalable solver: a bound by message passing with prices, plans by rounding, mending and moves, side by side.

Each round moves the prices of rows along what the rounded choices weigh too much or too little, and passes messages
once to and fro. Every few rounds the choices are mended and improved on one thread while the bound climbs on another.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from optimizer.model.placement_model import PlacementModel
from optimizer.solve.exact import RawAnswer, Report
from optimizer.solve.highs import Verdict
from optimizer.solve.limits import Clock, Limits
from optimizer.solve.relaxation.charge_shares import ChargeShares
from optimizer.solve.relaxation.relaxation import Relaxation
from optimizer.solve.relaxation.row_prices import PriceAscent
from optimizer.solve.search.mend import Search
from optimizer.solve.search.terrain import terrain
from optimizer.units import MICRO_USD_PER_USD

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

METHOD = "message passing with row prices, local search"
WORKERS = 2
FIRST_SWEEPS = 3
FIRST_PLAN = 5
ROUNDS_BETWEEN_PLANS = 12
LAST_SWEEPS = 4
STALLED_PLANS = 6
STALLED_RATIO = 1e-5
STALLED_SHARE = 0.001
"""It has stalled when so many plans in a row closed less than this share of the gap."""


@dataclass(slots=True)
class _Best:
    """The best plan and bound so far, in USD; ``prices`` and ``borne`` gave the bound."""

    chosen: Ints | None
    cost: float
    bound: float
    prices: Floats
    borne: Floats

    def gap_ratio(self) -> float:
        if self.chosen is None or not np.isfinite(self.bound):
            return np.inf
        return (self.cost - self.bound) / abs(self.cost) if self.cost else 0.0


def solve_at_scale(
    model: PlacementModel,
    *,
    limits: Limits,
    seed: int,
    clock: Clock,
    row_prices: Floats | None = None,
    report: Report | None = None,
    until_stalled: bool = False,
    workers: int = WORKERS,
) -> RawAnswer:
    """A plan and a bound for a model of any size; ``report`` hears how it goes.

    ``until_stalled`` gives up early, when several plans in a row have closed next to none of the gap, and then states
    a bound for every option, for who goes on from there. The number of ``workers`` (threads that pass messages) changes
    nothing but the time.
    """
    deadline = clock() + limits.time_limit_seconds
    with ThreadPoolExecutor(workers) as threads, ThreadPoolExecutor(1) as planner:
        run = _Run(model, seed, threads, lambda: clock() < deadline, row_prices)
        return run.go(limits.gap_ratio, planner, report, until_stalled)


class _Run:
    def __init__(
        self,
        model: PlacementModel,
        seed: int,
        workers: ThreadPoolExecutor,
        may_go_on: Callable[[], bool],
        row_prices: Floats | None,
    ) -> None:
        self.may_go_on = may_go_on
        self.relaxation = Relaxation(model, workers)
        costs = self.relaxation.costs
        self.search = Search(costs, terrain(model, self.relaxation.graph, costs.weights, costs.upper), seed)
        start = np.zeros(len(costs.upper)) if row_prices is None else row_prices / MICRO_USD_PER_USD
        self.ascent = PriceAscent(costs, self.search.typical_row_usd, start)
        self.shares = ChargeShares(model, self.relaxation.graph)
        borne = np.zeros(len(self.relaxation.graph.option))
        self.best = _Best(chosen=None, cost=np.inf, bound=-np.inf, prices=start, borne=borne)
        self.relaxation.set_prices(start, borne)

    def go(
        self,
        gap_ratio: float,
        planner: ThreadPoolExecutor,
        report: Report | None,
        until_stalled: bool,
    ) -> RawAnswer:
        """Climb and plan by turns until the gap is closed, time is up or nothing moves."""
        relaxation, best = self.relaxation, self.best
        bound = relaxation.sweep(forward=True)
        for _ in range(FIRST_SWEEPS):
            bound = self._to_and_fro()
        plan: Future[None] | None = None
        history: list[float] = []
        number = 0
        while True:
            if number == FIRST_PLAN or number % ROUNDS_BETWEEN_PLANS == 0:
                if plan is not None:
                    plan.result()
                self._certify(bound)
                if np.isinf(best.bound) and best.bound > 0:
                    return RawAnswer(verdict="infeasible", chosen=None, bound_usd=np.inf, method=METHOD)
                history.append(best.gap_ratio())
                if report is not None:
                    report(best.cost, best.bound)
                stalled = until_stalled and _has_stalled(history)
                if best.gap_ratio() <= gap_ratio or stalled or not self.may_go_on():
                    break
                # Before rows have prices, plans are far off and dear to mend.
                if number or not len(self.ascent.upper):
                    plan = planner.submit(self._plan, relaxation.round(), relaxation.priced, relaxation.prices)
            number += 1
            self._move_prices()
            bound = self._to_and_fro()
        option_bound = None
        if best.gap_ratio() > gap_ratio:
            proved = self._settle()
            option_bound = self._option_bound(proved) if until_stalled else None
        found: Verdict = "optimal" if best.gap_ratio() <= gap_ratio else "feasible"
        return RawAnswer(
            verdict=found if best.chosen is not None else "nothing_found",
            chosen=best.chosen,
            bound_usd=best.bound,
            method=METHOD,
            row_prices=best.prices * MICRO_USD_PER_USD,
            option_bound_usd=option_bound,
        )

    def _to_and_fro(self) -> float:
        self.relaxation.sweep(forward=False)
        return self.relaxation.sweep(forward=True)

    def _move_prices(self) -> None:
        if not len(self.ascent.upper) and not self.shares:
            return
        standing = self.search.standing(self.relaxation.round(), self.relaxation.priced)
        if standing is None:
            return
        borne = self.shares.step(standing.chosen[standing.chosen >= 0]) if self.shares else self.relaxation.borne
        self.relaxation.set_prices(self.ascent.step(standing), borne)

    def _certify(self, bound: float) -> None:
        """Prove the bound when it looks better than the proved one."""
        if bound > self.best.bound:
            proved = self.relaxation.certify()
            if proved > self.best.bound:
                self.best.bound = proved
                self.best.prices, self.best.borne = self.relaxation.prices, self.relaxation.borne

    def _settle(self) -> float:
        """The last sweeps at the best prices, whose messages lag behind while prices move; what they prove."""
        self.relaxation.set_prices(self.best.prices, self.best.borne)
        for _ in range(LAST_SWEEPS):
            self._to_and_fro()
        proved = self.relaxation.certify()
        self.best.bound = max(self.best.bound, proved)
        return proved

    def _option_bound(self, proved: float) -> Floats:
        """What every plan with an option costs at least, USD, ``[option]``, from messages that prove ``proved``."""
        relaxation = self.relaxation
        at_least = np.full(relaxation.graph.options, np.inf)
        at_least[relaxation.graph.option] = np.maximum(proved + relaxation.reduced_costs(), self.best.bound)
        return at_least

    def _plan(self, place_of: Ints, priced: Floats, prices: Floats) -> None:
        """Mend and improve what was rounded; kept when it is a plan and the cheapest so far."""
        search, best = self.search, self.best
        standing = search.standing(place_of, priced)
        if standing is None or not search.mend(standing, prices, self.may_go_on):
            return
        search.improve(standing, self.may_go_on)
        cost = search.cost(standing)
        if cost < best.cost and not search.broken_rows(standing).any():
            chosen = self.relaxation.graph.option[standing.chosen[standing.chosen >= 0]]
            best.cost, best.chosen = cost, np.sort(chosen)


def _has_stalled(history: list[float]) -> bool:
    if len(history) <= STALLED_PLANS or not np.isfinite(history[-1]):
        return len(history) > 3 * STALLED_PLANS
    closed = history[-1 - STALLED_PLANS] - history[-1]
    return closed < max(STALLED_RATIO, STALLED_SHARE * history[-1])

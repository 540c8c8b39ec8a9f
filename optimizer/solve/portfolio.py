"""One entry for models of every size: exact where that is quick, at scale where it is not, both where both pay."""

from __future__ import annotations

import dataclasses
from concurrent.futures import Future, ThreadPoolExecutor, wait
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

Floats = npt.NDArray[np.float64]
SMALL_NODES: Final = 150
MOST_EXACT_COLUMNS: Final = 100_000
COLUMNS_A_FLOW: Final = 12
MOST_SEARCHED_OPTIONS: Final = 1_000_000
"""Beyond that, a neighbourhood is too small a part of the model to be worth the memory that cutting it out takes."""
SHARE_OF_TIME: Final = 0.5
PATIENCE_SECONDS: Final = 2.0
"""How long the exact program of a small model is left alone."""
SHARE_ALONE: Final = 0.15
"""Share of the time that is left in which neighbourhoods are tried before the exact program begins."""


def solve_by_size(
    model: PlacementModel,
    *,
    limits: Limits,
    seed: int,
    clock: Clock,
    row_prices: Floats | None = None,
    report: Report | None = None,
) -> RawAnswer:
    """Solve a model by the means that its size and its flows call for.

    Without flows, or with few nodes, the exact program comes first. Otherwise message passing does; what gap it leaves
    goes to neighbourhoods of its plan and, when that fits, to the exact program beside them.
    """
    task = _Task(model, limits, seed, clock, report)
    if _fits(model) and (model.node_count <= SMALL_NODES or not (model.pair_gb > 0).any()):
        return task.exact_first(row_prices)
    first = task.pass_messages(SHARE_OF_TIME if _fits(model) else 1.0, row_prices)
    if first.verdict in ("optimal", "infeasible") or task.left() <= 0 or not _is_searched(model):
        return first
    return task.close_gap(first)


class _Task:
    """One model to solve before a deadline."""

    def __init__(self, model: PlacementModel, limits: Limits, seed: int, clock: Clock, report: Report | None) -> None:
        self.model = model
        self._limits = limits
        self._seed = seed
        self._clock = clock
        self._report = report
        self._deadline = clock() + limits.time_limit_seconds

    def left(self) -> float:
        """Seconds to the deadline."""
        return self._deadline - self._clock()

    def exact_first(self, row_prices: Floats | None) -> RawAnswer:
        """The exact program; when it takes its time, message passing and neighbourhoods look for a plan beside it."""
        with ThreadPoolExecutor(1) as prover:
            proof = prover.submit(
                solve_with_lazy_rows,
                self.model,
                limits=self._rest(),
                seed=self._seed,
                clock=self._clock,
                row_prices=row_prices,
                report=self._report,
            )
            wait([proof], timeout=min(PATIENCE_SECONDS, self.left()))
            if proof.done() or self.left() < PATIENCE_SECONDS:
                return proof.result()
            answer = self.pass_messages(1.0, None)
            search = self._neighbourhoods(answer)
            if search is not None:
                answer = self._best_of(answer, self._try(search, proof))
            proved = proof.result()
        # What was proved does not depend on how far the others had come.
        return proved if proved.verdict == "optimal" else self._best_of(answer, proved)

    def pass_messages(self, share_of_time: float, row_prices: Floats | None) -> RawAnswer:
        """What message passing comes to until it stalls."""
        # Importing compiled kernels takes a second, which small problems need not wait for.
        from optimizer.solve.scalable import solve_at_scale

        return solve_at_scale(
            self.model,
            limits=self._rest(share_of_time),
            seed=self._seed,
            clock=self._clock,
            row_prices=row_prices,
            report=self._report,
            until_stalled=_is_searched(self.model),
        )

    def close_gap(self, first: RawAnswer) -> RawAnswer:
        """Neighbourhoods of the plan placed anew, for a while alone, then beside the exact program if it fits.

        The exact program cannot be interrupted, so it begins only when the first neighbourhoods did not close the gap.
        """
        prove = partial(solve_exactly, seed=self._seed, clock=self._clock)
        search = self._neighbourhoods(first)
        if search is None:
            return self._best_of(first, prove(self.model, limits=self._rest())) if _fits(self.model) else first
        answer = self._best_of(first, self._try(search, None, SHARE_ALONE))
        if answer.verdict == "optimal":
            return answer
        narrow = search.narrowed()
        if not _fits(narrow):
            return self._best_of(first, self._try(search, None))
        with ThreadPoolExecutor(1) as prover:
            proof = prover.submit(prove, narrow, limits=self._rest())
            answer = self._best_of(first, self._try(search, proof))
            return self._best_of(answer, proof.result())

    def _rest(self, share: float = 1.0) -> Limits:
        return self._limits.within(self.left() * share)

    def _neighbourhoods(self, answer: RawAnswer) -> NeighbourhoodSearch | None:
        """A search around the answer's plan, if it has one."""
        if answer.chosen is None or answer.option_bound_usd is None:
            return None
        return NeighbourhoodSearch(self.model, answer.chosen, answer.option_bound_usd, self._seed, self._clock)

    def _try(self, search: NeighbourhoodSearch, proof: Future[RawAnswer] | None, share: float = 1.0) -> RawAnswer:
        """Search until the share of the time is up or the proof, if there is one, has come."""
        until = self.left() * (1 - share)
        search.run(
            self._limits.gap_ratio,
            lambda: self.left() > until and (proof is None or not proof.done()),
            self.left,
            self._report,
        )
        return search.answer(self._limits.gap_ratio)

    def _best_of(self, first: RawAnswer, second: RawAnswer) -> RawAnswer:
        """The better bound and the cheaper plan of two answers."""
        bound_usd = max(first.bound_usd, second.bound_usd)
        cost = [
            np.inf if answer.chosen is None else model_cost_micro_usd(self.model, answer.chosen) / MICRO_USD_PER_USD
            for answer in (first, second)
        ]
        if second.verdict == "infeasible" or not np.isfinite(min(cost)):
            return dataclasses.replace(second, bound_usd=bound_usd)
        best = first if cost[0] <= cost[1] else second
        is_close = min(cost) - bound_usd <= self._limits.gap_ratio * abs(min(cost))
        keeps_first_prices = second.row_prices is None or first.bound_usd >= second.bound_usd
        return RawAnswer(
            verdict="optimal" if is_close or "optimal" in (first.verdict, second.verdict) else "feasible",
            chosen=best.chosen,
            bound_usd=bound_usd,
            method=first.method if first.method == second.method else f"{first.method}, {second.method}",
            row_prices=first.row_prices if keeps_first_prices else second.row_prices,
            option_bound_usd=first.option_bound_usd,
        )


def _fits(model: PlacementModel) -> bool:
    """Whether the exact program, of about so many columns, is of a size for HiGHS."""
    columns = int(model.admissible.sum()) + COLUMNS_A_FLOW * int((model.pair_gb > 0).sum())
    return columns <= MOST_EXACT_COLUMNS


def _is_searched(model: PlacementModel) -> bool:
    """Whether neighbourhoods of a plan are worth while."""
    return int(model.admissible.sum()) <= MOST_SEARCHED_OPTIONS

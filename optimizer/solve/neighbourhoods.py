"""Large-neighbourhood search: up to hundreds of nodes are placed anew, exactly, while all others stay.

A neighbourhood is a node, nodes near it along flows, and nodes that weigh in the same nearly full rows. Only options
that a better plan may contain are offered, by the bounds that message passing proved for each.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Final

import numpy as np
import numpy.typing as npt

from optimizer.model.placement_model import PlacementModel
from optimizer.problem.ranges import end_to_end
from optimizer.solve.exact import RawAnswer, Report, solve_exactly
from optimizer.solve.lazy_rows import is_broken, model_cost_micro_usd
from optimizer.solve.limits import Clock, Limits
from optimizer.solve.sub_model import Cutter
from optimizer.units import MICRO_USD_PER_USD

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
METHOD: Final = "large neighbourhoods (HiGHS)"
OPTIONS_EACH: Final = 1_000
"""Options offered in a neighbourhood: with few each, several hundred nodes can be placed at once."""
MOST_NEIGHBOURS: Final = 12
SECONDS_EACH: Final = 1.0
SHARES_OF_GAP: Final = (0.005, 0.02, 0.1, 0.3)
"""How much of the gap an option may cost to be offered, by turns: the fewer options, the more nodes can be solved."""
FULL_RATIO: Final = 0.9
ROWS_EACH: Final = 3
GAP_RATIO_EACH: Final = 1e-4
ROUNDING_RATIO: Final = 1e-9
MOST_IDLE: Final = 200
LEAST_SAVING_USD: Final = 1e-6


class NeighbourhoodSearch:
    """Improves a plan of a model; ``option_bound_usd`` ``[option]`` is below the cost of every plan with an option."""

    def __init__(self, model: PlacementModel, chosen: Ints, option_bound_usd: Floats, seed: int, clock: Clock) -> None:
        self._seed, self._clock = seed, clock
        self.model = model
        self.chosen = np.sort(chosen)
        self.cost_usd = model_cost_micro_usd(model, self.chosen) / MICRO_USD_PER_USD
        self._cutter = Cutter(model)
        self._column_weights = self._cutter.weights.tocsc()
        self._random = np.random.default_rng(seed)
        self._option_bound = option_bound_usd
        self._bound = float(option_bound_usd.min(initial=np.inf))
        self._tried = 0

    def run(self, gap_ratio: float, may_go_on: Callable[[], bool], left: Clock, report: Report | None) -> None:
        """Try neighbourhoods until told to stop, the gap is closed or so many in a row that few are left found nothing.

        ``left()`` are the seconds that remain.
        """
        idle = 0
        while idle < MOST_IDLE and may_go_on() and self._gap_usd() > gap_ratio * abs(self.cost_usd):
            idle = 0 if self._try(min(SECONDS_EACH, left())) else idle + 1
            if report is not None and not idle:
                report(self.cost_usd, self._bound)

    def narrowed(self) -> PlacementModel:
        """The model without options that no cheaper plan can have."""
        possible = self._option_bound <= self.cost_usd + ROUNDING_RATIO * abs(self.cost_usd)
        possible[self.chosen] = True
        return dataclasses.replace(self.model, admissible=self.model.admissible & possible)

    def answer(self, gap_ratio: float) -> RawAnswer:
        """The plan as it stands now."""
        close = self._gap_usd() <= gap_ratio * abs(self.cost_usd)
        return RawAnswer(
            verdict="optimal" if close else "feasible", chosen=self.chosen, bound_usd=self._bound, method=METHOD
        )

    def _gap_usd(self) -> float:
        return self.cost_usd - self._bound

    def _try(self, seconds: float) -> bool:
        """Solve one neighbourhood; whether it saved money."""
        share = SHARES_OF_GAP[self._tried % len(SHARES_OF_GAP)]
        self._tried += 1
        offered = self._option_bound <= self._bound + share * self._gap_usd()
        small = self._cutter.cut(self._neighbourhood(offered), self.chosen, offered)
        limits = Limits(gap_ratio=GAP_RATIO_EACH).within(seconds)
        answer = solve_exactly(small.model, limits=limits, seed=self._seed, clock=self._clock)
        if answer.chosen is None or any(is_broken(row, answer.chosen) for row in small.model.rows):
            return False
        before = np.flatnonzero(np.isin(small.option, self.chosen))
        saved = model_cost_micro_usd(small.model, before) - model_cost_micro_usd(small.model, answer.chosen)
        if not saved / MICRO_USD_PER_USD > LEAST_SAVING_USD:
            return False
        kept = np.setdiff1d(self.chosen, small.option[before], assume_unique=True)
        self.chosen = np.sort(np.concatenate([kept, small.option[answer.chosen]]))
        self.cost_usd -= saved / MICRO_USD_PER_USD
        return True

    def _neighbourhood(self, offered: npt.NDArray[np.bool_]) -> Ints:
        """Nodes to place anew, ascending: near ones for half of the options that are offered, then rivals."""
        choices = np.bincount(self.model.option_node[offered], minlength=self.model.node_count)
        most = max(2, int(OPTIONS_EACH / max(choices.mean(), 1.0)))
        nodes = self._near(self._seed_node(), most // 2)
        rivals = self._random.permutation(np.setdiff1d(self._rivals(nodes, offered), nodes))
        return np.sort(np.concatenate([nodes, rivals[: most - len(nodes)]]))

    def _seed_node(self) -> int:
        """A node at random, sooner one whose choice is dear by the bound."""
        dear = np.maximum(self._option_bound[self.chosen] - self._bound, 0.0)
        if self._random.random() < 0.3 or not dear.sum() > 0 or not np.isfinite(dear.sum()):
            return int(self._random.integers(self.model.node_count))
        return int(self.model.option_node[self._random.choice(self.chosen, p=dear / dear.sum())])

    def _near(self, seed: int, most: int) -> Ints:
        """Nodes around one along flows, nearest first, at most so many."""
        found = np.array([seed])
        edge = found
        while len(found) < most and len(edge):
            reached = [
                self._random.permutation(np.setdiff1d(self._cutter.neighbours(np.array([node])), found))[
                    :MOST_NEIGHBOURS
                ]
                for node in edge.tolist()
            ]
            edge = np.setdiff1d(np.concatenate(reached), found)
            edge = self._random.permutation(edge)[: most - len(found)]
            found = np.concatenate([found, edge])
        return found

    def _rivals(self, nodes: Ints, offered: npt.NDArray[np.bool_]) -> Ints:
        """Nodes that are in, or could be in, nearly full rows in which the given nodes could be."""
        model, cutter = self.model, self._cutter
        load = cutter.load(self.chosen)
        full = np.abs(cutter.upper - load) <= (1 - FULL_RATIO) * np.abs(cutter.upper)
        start = model.node_start[nodes]
        mine = end_to_end(start, model.node_start[nodes + 1] - start)
        rows = np.unique(cutter.weights[mine[offered[mine] & model.admissible[mine]]].indices)
        rows = self._random.permutation(rows[full[rows]])[:ROWS_EACH]
        if not len(rows):
            return np.zeros(0, dtype=np.int64)
        weighing = np.unique(self._column_weights[:, rows].indices)
        likely = offered[weighing] | np.isin(weighing, self.chosen)
        return np.unique(model.option_node[weighing[likely]]).astype(np.int64)

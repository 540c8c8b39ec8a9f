"""The relaxation of a model: messages, prices and the bound that they prove."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from optimizer.model.placement_model import PlacementModel
from optimizer.solve.relaxation.cell_costs import CellCosts
from optimizer.solve.relaxation.certificate import certify_edges, certify_nodes
from optimizer.solve.relaxation.label_graph import label_graph
from optimizer.solve.relaxation.messages import sweep
from optimizer.solve.relaxation.network import CHUNKS, DEAD, FORBIDDEN, layout
from optimizer.solve.relaxation.reduced_costs import reduced_costs
from optimizer.solve.relaxation.rounding import round_part

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Part = TypeVar("Part")
LEAST_IN_PARTS = 2_000


class Relaxation:
    """Messages on the graph of a model, under row prices that may change; money in USD."""

    def __init__(self, model: PlacementModel, workers: ThreadPoolExecutor) -> None:
        self.graph = label_graph(model)
        self.costs = CellCosts(model, self.graph)
        laid_out = layout(self.graph)
        self._network, self._chunk_start = laid_out.network, laid_out.chunk_start
        self._ends, self._exact = laid_out.ends, laid_out.exact
        self._workers = workers
        self._message = np.zeros((len(self._ends), 2, self.graph.places), dtype=np.float32)
        rows = int(self._network.couple_row.max(initial=-1)) + 1
        self._couple = np.zeros((rows, len(self._network.couple_one)), dtype=np.float32)
        self._closed = ~self.graph.alive
        self.set_prices(np.zeros(len(self.costs.upper)), np.zeros(len(self.graph.option)))

    def set_prices(self, prices: Floats, borne: Floats) -> None:
        """Charge the rows' weights at the given prices (USD per unit, not negative), and positions what they bear."""
        self.prices, self.borne = prices, borne
        self.priced = self.costs.priced(prices) + borne
        self._cost = self.costs.by_place(self.priced)
        self._cost[self._closed] = float(FORBIDDEN)
        self._single = self._cost.astype(np.float32)

    def sweep(self, *, forward: bool) -> float:
        """One visit of all nodes; the bound in single precision (not a proof). Directions must alternate."""
        inner, nodes = int(self._chunk_start[-1]), self.graph.nodes
        arguments = (self._network, self._single, self._message, self._couple, forward)
        bound = 0.0 if forward else sweep(*arguments, inner, nodes)
        bound += sum(self._by_chunk(lambda begin, end: sweep(*arguments, begin, end)))
        bound += sweep(*arguments, inner, nodes) if forward else 0.0
        self._closed |= self._single >= DEAD
        return bound + self.costs.bound_constant(self.prices)

    def certify(self) -> float:
        """The bound that the messages prove, in double precision; infinite when some node has no place left."""
        cost = np.where(self._closed, float(FORBIDDEN), self._cost)
        network, handed = self._network, (self._message, self._couple)
        exact = (self._exact, self.graph.price_usd)
        nodes = self._by_range(self.graph.nodes, lambda a, b: certify_nodes(network, cost, *handed, a, b))
        edges = self._by_range(
            len(self._ends),
            lambda a, b: certify_edges(network, self._ends, *exact, cost, *handed, a, b),
        )
        bound = sum(nodes) + sum(edges)
        return np.inf if bound >= DEAD else bound + self.costs.bound_constant(self.prices)

    def reduced_costs(self) -> Floats:
        """How much dearer than ``certify()`` every plan with an option is at least, USD, ``[position]``."""
        cost = np.where(self._closed, float(FORBIDDEN), self._cost)
        reduced = np.empty_like(cost)
        arguments = (self._network, self._exact, cost, self._message, self._couple)
        self._by_range(self.graph.nodes, lambda a, b: reduced_costs(*arguments, a, b, reduced))
        return self.costs.reduced_by_position(reduced, self.priced)

    def round(self) -> Ints:
        """Places by graph node and copy, read off the messages right after a forward sweep; -1 beyond what is taken."""
        place_of = np.full((self.graph.nodes, int(self.graph.take.max(initial=1))), -1, dtype=np.int64)
        arguments = (self._network, self._single, self._message, self._couple, False)
        inner, nodes = int(self._chunk_start[-1]), self.graph.nodes
        round_part(*arguments, inner, nodes, place_of)
        self._by_chunk(lambda begin, end: round_part(*arguments, begin, end, place_of))
        return place_of

    def _by_chunk(self, work: Callable[[int, int], Part]) -> list[Part]:
        return self._side_by_side(self._chunk_start.tolist(), work)

    def _by_range(self, count: int, work: Callable[[int, int], Part]) -> list[Part]:
        parts = CHUNKS if count >= LEAST_IN_PARTS else 1
        return self._side_by_side(np.linspace(0, count, parts + 1).astype(np.int64).tolist(), work)

    def _side_by_side(self, bounds: list[int], work: Callable[[int, int], Part]) -> list[Part]:
        """The work on each part, on threads when there are enough nodes for it to pay; always the same parts."""
        apply = map if bounds[-1] < LEAST_IN_PARTS else self._workers.map
        return list(apply(work, bounds[:-1], bounds[1:]))

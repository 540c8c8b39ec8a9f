"""What places cost a node once rows have prices: the cheapest option of each place, priced."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy import sparse

from optimizer.model.placement_model import Indices, PlacementModel
from optimizer.problem.ranges import end_to_end
from optimizer.solve.relaxation.label_graph import LabelGraph
from optimizer.solve.relaxation.network import FORBIDDEN
from optimizer.units import MICRO_USD_PER_USD

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


class CellCosts:
    """Costs in USD by position (index into ``LabelGraph.option``); ``weights`` is ``[position, row]``."""

    def __init__(self, model: PlacementModel, graph: LabelGraph) -> None:
        self.graph = graph
        self.unary = model.unary_micro_usd[graph.option] / MICRO_USD_PER_USD
        self.weights = columns_by_position(graph, [(row.option, row.coefficient) for row in model.rows])
        self.upper = np.array([row.upper for row in model.rows], dtype=np.float64)
        self._cell_at = graph.cell_node * graph.places + graph.cell_place
        self._alone = np.bincount(graph.node_of, minlength=graph.nodes)[graph.cell_node] == 1
        self._cell_size = np.diff(np.append(graph.cell_start, len(graph.option)))
        self._own = np.where(graph.alive, graph.own_micro_usd / MICRO_USD_PER_USD, float(FORBIDDEN))

    def priced(self, prices: Floats) -> Floats:
        """Cost of each position with the rows' weights paid for, ``[position]``."""
        paid: Floats = self.unary + self.weights @ prices if prices.any() else self.unary
        return paid

    def by_place(self, priced: Floats) -> Floats:
        """Cost of each place to each graph node, float64 ``[node, place]``; FORBIDDEN where it is closed."""
        graph = self.graph
        if not len(graph.cell_start):
            return self._own.copy()
        least = np.minimum.reduceat(priced, graph.cell_start)
        cost = self._own.copy()
        cost.reshape(-1)[self._cell_at[self._alone]] += least[self._alone]
        np.add.at(cost.reshape(-1), self._cell_at[~self._alone], least[~self._alone])
        return np.minimum(cost, float(FORBIDDEN), out=cost)

    def reduced_by_position(self, reduced: Floats, priced: Floats) -> Floats:
        """Reduced costs of options ``[position]`` from those of their places ``[node, place]``."""
        graph = self.graph
        if not len(graph.cell_start):
            return np.zeros(0)
        least = np.minimum.reduceat(priced, graph.cell_start)
        of_place = reduced[graph.cell_node, graph.cell_place]
        dearer: Floats = priced + np.repeat(of_place - least, self._cell_size)
        return dearer

    def bound_constant(self, prices: Floats) -> float:
        """What the prices give back: ``-sum price * upper``."""
        return -float(prices @ self.upper) if len(prices) else 0.0

    def cheapest_positions(self, cell: Ints, priced: Floats) -> Ints:
        """The cheapest position of each of the given cells."""
        begin, size = self.graph.cell_start[cell], self._cell_size[cell]
        first = np.cumsum(size) - size
        position = end_to_end(begin, size)
        price = priced[position]
        hit = np.flatnonzero(price == np.repeat(np.minimum.reduceat(price, first), size))
        owner = np.repeat(np.arange(len(cell)), size)[hit]
        cheapest: Ints = position[hit[np.unique(owner, return_index=True)[1]]]
        return cheapest


def columns_by_position(graph: LabelGraph, sets: Sequence[tuple[Indices, Floats]]) -> sparse.csr_matrix:
    """Values of sets of options, each option once a set, as ``[position, set]``.

    Filled set by set, because rows over every option of a large model leave no room for copies of all at once.
    """
    count = np.zeros(len(graph.option), dtype=np.int64)
    for option, value in sets:
        at = graph.position[option]
        count[at[(at >= 0) & (value != 0)]] += 1
    begin = np.append(0, np.cumsum(count))
    indices = np.empty(begin[-1], dtype=np.int32)
    values = np.empty(begin[-1])
    free = begin[:-1].copy()
    for number, (option, value) in enumerate(sets):
        at = graph.position[option]
        kept = (at >= 0) & (value != 0)
        at = at[kept]
        indices[free[at]], values[free[at]] = number, value[kept]
        free[at] += 1
    shape = (len(graph.option), len(sets))
    return sparse.csr_matrix((values, indices, begin.astype(np.int32)), shape=shape)

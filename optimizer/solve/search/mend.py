"""From places to a plan: choices mended until they keep every rule, then made cheaper while moves find a way."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy import sparse

from optimizer.model.placement_model import Indices
from optimizer.problem.ranges import end_to_end
from optimizer.solve.relaxation.cell_costs import CellCosts
from optimizer.solve.search.closing import open_and_close
from optimizer.solve.search.terrain import Terrain
from optimizer.solve.search.walk import NEGLIGIBLE_USD, Penalties, Standing, move_nodes, move_stars, total_usd

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
MOST_NEIGHBOURS = 64
MOST_MENDING_ROUNDS = 25
MOST_IMPROVING_ROUNDS = 4
WORTHWHILE_RATIO = 1e-5
SAMPLE = 10_000
DEAREST = 1e30
"""USD a unit over a row's bound, where the row's own numbers are zero."""
PENALTY_GROWTH, LATE_PENALTY_GROWTH = 1.7, 5.0
PATIENT_ROUNDS = 12
"""After so many rounds penalties grow faster: a row may be over by very little."""


class Search:
    """Moves on the choices of one model; ``random`` orders the visits."""

    def __init__(self, costs: CellCosts, terrain: Terrain, seed: int) -> None:
        self.costs = costs
        self.terrain = terrain
        self.random = np.random.default_rng(seed)
        graph = costs.graph
        self._cell_key = graph.cell_member * graph.places + graph.cell_place
        self._ends = np.stack([graph.edges.one, graph.edges.other], axis=1)
        self._charge_order = np.argsort(terrain.charge, kind="stable")
        self._charge_begin = np.searchsorted(terrain.charge[self._charge_order], np.arange(len(terrain.fee) + 1))
        self._charge_position = np.repeat(np.arange(len(terrain.cost), dtype=np.int32), np.diff(terrain.charge_begin))
        self.owner = np.repeat(np.arange(len(terrain.option_begin) - 1), np.diff(terrain.option_begin))
        self._pair_usd = 10.0 * self._dearest()
        self.typical_row_usd = self._typical_price()

    def standing(self, place_of: Ints, priced: Floats) -> Standing | None:
        """Every node at the given places with the options that are cheapest there under the given prices."""
        graph = self.costs.graph
        places = place_of[graph.node_of]
        members = np.arange(len(places))
        chosen = np.full(places.shape, -1, dtype=np.int64)
        for copy in range(places.shape[1]):
            taking = members[graph.take[graph.node_of] > copy]
            key = taking * graph.places + places[taking, copy]
            cell = np.minimum(np.searchsorted(self._cell_key, key), len(self._cell_key) - 1)
            if (places[taking, copy] < 0).any() or (self._cell_key[cell] != key).any():
                return None
            chosen[taking, copy] = self.costs.cheapest_positions(cell, priced)
        return self.at(place_of, chosen)

    def at(self, place_of: Ints, chosen: Ints) -> Standing:
        """The books of the given choices."""
        terrain = self.terrain
        at = chosen[chosen >= 0]
        load = np.asarray(self.costs.weights[at].sum(axis=0), dtype=np.float64).ravel()
        begin = terrain.charge_begin[at]
        due = terrain.charge[end_to_end(begin, terrain.charge_begin[at + 1] - begin)]
        opened = np.bincount(due, minlength=len(terrain.fee))
        return Standing(place_of=place_of.copy(), chosen=chosen.copy(), load=load, opened=opened)

    def covered(self, charge: int) -> Indices:
        """Positions that a charge covers."""
        entries = self._charge_order[self._charge_begin[charge] : self._charge_begin[charge + 1]]
        return self._charge_position[entries]

    def broken_rows(self, standing: Standing) -> npt.NDArray[np.bool_]:
        """Rows whose weight is over their bound, ``[row]``."""
        broken: npt.NDArray[np.bool_] = standing.load > self.terrain.upper + self.terrain.tolerance
        return broken

    def mend(self, standing: Standing, prices: Floats, may_go_on: Callable[[], bool]) -> bool:
        """Move until no row is over and no pair forbidden; False when rounds or time run out."""
        row_usd = prices + 0.1 * self.typical_row_usd
        for number in range(MOST_MENDING_ROUNDS):
            nodes = self._troubled(standing)
            if not len(nodes):
                return True
            if not may_go_on():
                return False
            penalties = Penalties(row=row_usd, pair=self._pair_usd)
            move_nodes(self.terrain, standing, penalties, self.random.permutation(nodes), NEGLIGIBLE_USD)
            nodes = self._in_forbidden_pairs(standing)
            if len(nodes):
                move_stars(self.terrain, standing, penalties, nodes, MOST_NEIGHBOURS, NEGLIGIBLE_USD)
            growth = PENALTY_GROWTH if number < PATIENT_ROUNDS else LATE_PENALTY_GROWTH
            row_usd = np.where(self.broken_rows(standing), row_usd * growth, row_usd)
        return not len(self._troubled(standing))

    def improve(self, standing: Standing, may_go_on: Callable[[], bool]) -> None:
        """Moves that save money and break nothing, until they save next to nothing."""
        # The least that a row can be over by costs as much as a forbidden pair.
        least_excess = np.maximum(self.terrain.tolerance, self._pair_usd / DEAREST)
        penalties = Penalties(row=self._pair_usd / least_excess, pair=self._pair_usd)
        order = self.random.permutation(self.costs.graph.nodes)
        least = WORTHWHILE_RATIO * abs(self.cost(standing))
        for _ in range(MOST_IMPROVING_ROUNDS):
            if not may_go_on():
                return
            saved = move_nodes(self.terrain, standing, penalties, order, NEGLIGIBLE_USD)
            if saved < least:
                saved += open_and_close(self, standing, penalties, may_go_on)
            if saved < least:
                saved += move_stars(self.terrain, standing, penalties, order, MOST_NEIGHBOURS, NEGLIGIBLE_USD)
            if saved < least:
                return

    def cost(self, standing: Standing) -> float:
        """Cost of the choices in USD; infinite when a forbidden pair is joined."""
        return float(total_usd(self.terrain, standing, self._ends))

    def _troubled(self, standing: Standing) -> Ints:
        """Graph nodes with weight on a broken row, at an end of a forbidden pair, or with copies too close."""
        broken = np.flatnonzero(self.broken_rows(standing))
        nodes = [self._in_forbidden_pairs(standing), self._with_alike_copies(standing)]
        if len(broken):
            member, copy = np.nonzero(standing.chosen >= 0)
            weights = self.costs.weights[standing.chosen[member, copy]][:, broken]
            heavy = weights.toarray().max(axis=1, initial=0.0) > 0
            nodes.append(self.costs.graph.node_of[member[heavy]])
        return np.unique(np.concatenate(nodes))

    def _with_alike_copies(self, standing: Standing) -> Ints:
        """Nodes of which two copies share what they may not."""
        several = np.flatnonzero(self.costs.graph.take > 1)
        place = standing.place_of[several]
        code = self.terrain.distinct[several[:, None], place]
        alike = np.zeros(len(several), dtype=np.bool_)
        for one in range(place.shape[1]):
            for other in range(one):
                alike |= (place[:, one] >= 0) & (place[:, other] >= 0) & (code[:, one] == code[:, other])
        return several[alike]

    def _in_forbidden_pairs(self, standing: Standing) -> Ints:
        edges, terrain, take = self.costs.graph.edges, self.terrain, self.costs.graph.take
        is_limited = ~np.asarray(terrain.allowed.all(axis=(1, 2)))
        limited = np.flatnonzero(is_limited[edges.kind])
        one, other, kind = edges.one[limited], edges.other[limited], edges.kind[limited]
        ones, others = standing.place_of[one], standing.place_of[other]
        joined = terrain.allowed[kind[:, None, None], ones[:, :, None], others[:, None, :]]
        there = (ones >= 0)[:, :, None] & (others >= 0)[:, None, :]
        every = (joined | ~there).all(axis=(1, 2))
        near = ((joined & there).any(axis=1) | (others < 0)).all(axis=1)
        bad = limited[~np.where(edges.every[limited] | ((take[one] == 1) & (take[other] == 1)), every, near)]
        return np.unique(np.concatenate([edges.one[bad], edges.other[bad]]))

    def _dearest(self) -> float:
        terrain = self.terrain
        gb = float(max(terrain.forth_gb.max(initial=0.0), terrain.back_gb.max(initial=0.0)))
        return 1.0 + float(np.abs(terrain.cost).max(initial=0.0)) + gb * float(terrain.price.max(initial=0.0))

    def _typical_price(self) -> Floats:
        """What a unit of each row's weight typically costs: the median of cost over weight, USD, ``[row]``."""
        weights = sparse.csc_matrix(self.costs.weights)
        typical = np.zeros(weights.shape[1])
        for row in np.flatnonzero(np.diff(weights.indptr)).tolist():
            entries = slice(weights.indptr[row], weights.indptr[row + 1], 1 + np.diff(weights.indptr)[row] // SAMPLE)
            ratio = np.abs(self.terrain.cost[weights.indices[entries]]) / np.abs(weights.data[entries])
            typical[row] = np.median(ratio)
        return typical

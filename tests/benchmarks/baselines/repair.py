"""Makes a cheap plan keep the rules, one node at a time, without looking for a cheaper one.

First what binds nodes to each other (same, apart, round trips), then the rows, narrow ones (a quota) before wide ones
(a budget): while a row is too heavy, the exchange with the least extra cost per unit of relief that breaks no row as
narrow or narrower. It may end before every rule holds.
"""

from __future__ import annotations

import time
from typing import Final

import numpy as np
import numpy.typing as npt

from optimizer.model.placement_model import PlacementModel
from tests.benchmarks.baselines.choices import Floats, Ints, first_places, option_micro_usd
from tests.benchmarks.baselines.neighbours import Neighbours
from tests.benchmarks.baselines.row_loads import RowLoads

ROUNDS: Final = 20


def repaired(model: PlacementModel, chosen: Ints, *, sees_flows: bool, seconds: float) -> Ints:
    """The choices after repair, ascending; rules may still be broken when nothing helped or time ran out.

    Exchanges are priced as the baseline sees costs: with flows or without.
    """
    state = _Repair(model, chosen, sees_flows, time.perf_counter() + seconds)
    state.keep_neighbours()
    state.keep_rows()
    return np.sort(state.chosen)


class _Repair:
    """``chosen`` is int64 ``[slot]``: a node with k copies has k slots."""

    def __init__(self, model: PlacementModel, chosen: Ints, sees_flows: bool, deadline: float) -> None:
        self.model, self.chosen, self.sees_flows, self.deadline = model, chosen.copy(), sees_flows, deadline
        self.neighbours = Neighbours(model, self.chosen)
        self.loads = RowLoads(model, self.chosen)

    def _late(self) -> bool:
        return time.perf_counter() > self.deadline

    def _cost(self) -> Floats:
        cost = self.model.unary_micro_usd
        if self.sees_flows:
            cost = option_micro_usd(self.model, first_places(self.model, np.sort(self.chosen)))
        return np.where(self.model.admissible, cost, np.inf)

    def keep_neighbours(self) -> None:
        """Bring same-groups to their cheapest common value; then move what is too near or too far."""
        cost = self._cost()
        for group in self.model.groups:
            if group.same:
                self._bring_together(group.node, group.code, cost)
        for _ in range(ROUNDS):
            if not sum(self._move_closer(slot, cost) for slot in self.neighbours.bound_slots()) or self._late():
                return

    def _options(self, slot: int) -> Ints:
        node = self.model.option_node[self.chosen[slot]]
        return np.arange(self.model.node_start[node], self.model.node_start[node + 1])

    def _bring_together(self, nodes: Ints, code: Ints, cost: Floats) -> None:
        slots = np.flatnonzero(np.isin(self.model.option_node[self.chosen], nodes))
        least = np.full((len(slots), int(code.max()) + 1), np.inf)
        for row, slot in enumerate(slots.tolist()):
            options = self._options(slot)
            np.minimum.at(least[row], code[self.model.option_place[options]], cost[options])
        value = int(least.sum(axis=0).argmin())
        for slot in slots.tolist():
            options = self._options(slot)
            there = options[code[self.model.option_place[options]] == value]
            if len(there) and np.isfinite(cost[there]).any():
                self._take(slot, int(there[cost[there].argmin()]))

    def _move_closer(self, slot: int, cost: Floats) -> bool:
        """Take the option with the fewest conflicts, the cheapest of those, when that is fewer than now."""
        conflicts = self.neighbours.conflicts(slot)
        now = conflicts[self.model.option_place[self.chosen[slot]]]
        if not now:
            return False
        options = self._options(slot)
        options = options[np.isfinite(cost[options])]
        then = conflicts[self.model.option_place[options]]
        if then.min() >= now:
            return False
        self._take(slot, int(options[np.lexsort((cost[options], then))[0]]))
        return True

    def _take(self, slot: int, option: int) -> None:
        self.loads.exchange(int(self.chosen[slot]), option)
        self.chosen[slot] = option

    def keep_rows(self) -> None:
        """Relieve the narrowest rows first, again and again while it helps."""
        for _ in range(ROUNDS):
            broken = self.loads.broken()
            if not len(broken) or self._late():
                return
            cost = self._cost()
            if not sum(self._relieve(row, cost) for row in broken.tolist()):
                return

    def _relieve(self, row: int, cost: Floats) -> int:
        """Exchange options of a row until it holds; the number of exchanges made."""
        weight = self.loads.weights(row)
        slots = np.flatnonzero(weight[self.chosen] > 0)
        made = 0
        for slot in slots[np.argsort(self._least_price(slots, weight, cost), kind="stable")].tolist():
            if not self.loads.is_broken(row) or self._late():
                break
            made += self._exchange(slot, row, weight, cost)
        return made

    def _least_price(self, slots: Ints, weight: Floats, cost: Floats) -> Floats:
        """Least extra cost per unit of relief of each slot, infinite where nothing relieves, ``[slot given]``."""
        node = self.model.option_node[self.chosen[slots]]
        start, count = self.model.node_start[node], np.diff(self.model.node_start)[node]
        of_slot = np.repeat(np.arange(len(slots)), count)
        option = np.arange(count.sum()) + np.repeat(start - np.concatenate([[0], np.cumsum(count)[:-1]]), count)
        current = self.chosen[slots][of_slot]
        price = np.full(len(slots), np.inf)
        np.minimum.at(price, of_slot, _price(cost[option] - cost[current], weight[current] - weight[option]))
        return price

    def _exchange(self, slot: int, row: int, weight: Floats, cost: Floats) -> bool:
        """The best relieving option that fits a slot's neighbours and leaves no narrower row worse, if there is one."""
        options, current = self._options(slot), int(self.chosen[slot])
        price = _price(cost[options] - cost[current], weight[current] - weight[options])
        if self.neighbours.concerns(slot):
            price[self.neighbours.conflicts(slot)[self.model.option_place[options]] > 0] = np.inf
        options, price = options[np.isfinite(price)], price[np.isfinite(price)]
        fits = self.loads.has_room(current, options, row)
        if not fits.any():
            return False
        self._take(slot, int(options[fits][price[fits].argmin()]))
        return True


def _price(extra: Floats, relief: Floats) -> npt.NDArray[np.float64]:
    """Extra cost per unit of relief, infinite where there is no relief."""
    return np.divide(extra, relief, out=np.full(len(extra), np.inf), where=(relief > 0) & np.isfinite(extra))

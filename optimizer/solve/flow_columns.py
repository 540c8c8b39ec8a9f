"""The columns of a flow: which pairs of nodes share a structure, and which ``x`` make up a sum by group or by place."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from optimizer.model.placement_model import PlacementModel
from optimizer.solve.linear_program import Floats, Ints
from optimizer.solve.place_groups import PlaceGroups


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pairs:
    """Flows that share one group structure: ends, GB forward and backward, ``[pair]``."""

    groups: PlaceGroups
    source: Ints
    target: Ints
    forward_gb: Floats
    backward_gb: Floats


class GroupSums:
    """Which columns make up ``sum_{l in group} x[node, l]`` and ``sum of x[node, place]``."""

    def __init__(self, node: Ints, place: Ints, x: Ints, groups: PlaceGroups, nodes: int) -> None:
        self.present = np.zeros((nodes, groups.count), dtype=np.bool_)
        self.present[node, groups.code[place]] = True
        self._by_group = Runs(node * groups.count + groups.code[place], x, nodes * groups.count)
        self._by_place = Runs(node * len(groups.code) + place, x, nodes * len(groups.code))
        self.groups = groups.count
        self._places = len(groups.code)

    def expand(self, node: Ints, group: Ints) -> tuple[Ints, Ints]:
        """For each (node, group) its columns: positions into the arguments, and columns."""
        return self._by_group.of(node * self.groups + group)

    def at_place(self, node: Ints, place: Ints) -> tuple[Ints, Ints]:
        """For each (node, place) its columns: positions into the arguments, and columns."""
        return self._by_place.of(node * self._places + place)


class Runs:
    """Columns sorted by key, found by key in bulk."""

    def __init__(self, key: Ints, column: Ints, keys: int) -> None:
        order = np.argsort(key, kind="stable")
        self._column = column[order]
        self._start = np.searchsorted(key[order], np.arange(keys + 1))

    def of(self, key: Ints) -> tuple[Ints, Ints]:
        """For each key its columns: positions into ``key``, and columns."""
        count = self._start[key + 1] - self._start[key]
        position = np.repeat(np.arange(len(key)), count)
        offset = np.arange(int(count.sum())) - np.repeat(np.cumsum(count) - count, count)
        return position, self._column[np.repeat(self._start[key], count) + offset]


def dearest(price: Floats, present: npt.NDArray[np.bool_]) -> Floats:
    """Dearest price from each group of one end to a group in which the other may be, ``[pair, group]``."""
    return np.asarray(np.where(present[:, None, :], price[None], -np.inf).max(axis=2), dtype=np.float64)


def diagonal_columns(pairs: Pairs, pair: Ints, g: Ints, h: Ints, y: Ints) -> Ints:
    """The column of ``y[g, g]`` of each pair, -1 where there is none, ``[pair, group]``."""
    diagonal = np.full((len(pairs.source), pairs.groups.count), -1, dtype=np.int64)
    same = g == h
    diagonal[pair[same], g[same]] = y[same]
    return diagonal


def merged_pairs(groups: PlaceGroups, model: PlacementModel, flow: Ints, *, both_ways: bool) -> Pairs:
    """Parallel flows added up; with ``both_ways`` opposite ones share a pair."""
    source, target, gb = model.pair_from[flow], model.pair_to[flow], model.pair_gb[flow]
    swapped = (source > target) & both_ways
    low, high = np.where(swapped, target, source), np.where(swapped, source, target)
    ends, number = np.unique(np.stack([low, high]), axis=1, return_inverse=True)
    number = number.reshape(-1)
    forward, backward = (_added(number, amount, ends.shape[1]) for amount in (gb * ~swapped, gb * swapped))
    return Pairs(groups=groups, source=ends[0], target=ends[1], forward_gb=forward, backward_gb=backward)


def _added(number: Ints, amount: Floats, count: int) -> Floats:
    return np.asarray(np.bincount(number, amount, minlength=count), dtype=np.float64)

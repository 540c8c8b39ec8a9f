"""What binds a node's place to those of others: round-trip limits, same- and apart-groups, its own further copies."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import numpy.typing as npt

from optimizer.model.placement_model import Group, PlacementModel
from tests.benchmarks.baselines.choices import Ints


class Neighbours:
    """Reads ``chosen`` (int64 ``[slot]``) as it is at the moment of asking."""

    def __init__(self, model: PlacementModel, chosen: Ints) -> None:
        self._model, self._chosen = model, chosen
        self._flows: dict[int, list[int]] = defaultdict(list)
        for flow in np.flatnonzero(model.pair_limit >= 0).tolist():
            self._flows[int(model.pair_from[flow])].append(flow)
            self._flows[int(model.pair_to[flow])].append(flow)
        self._groups: dict[int, list[Group]] = defaultdict(list)
        for group in model.groups:
            for node in group.node.tolist():
                self._groups[node].append(group)
        self._node = model.option_node[chosen]
        self._slots: dict[int, list[int]] = defaultdict(list)
        for slot, node in enumerate(self._node.tolist()):
            self._slots[node].append(slot)
        bound = np.zeros(model.node_count, dtype=np.bool_)
        bound[[*self._flows, *self._groups, *np.flatnonzero(model.node_take > 1).tolist()]] = True
        self._is_bound = bound[self._node]

    def bound_slots(self) -> list[int]:
        """Slots whose place anything else limits."""
        return np.flatnonzero(self._is_bound).tolist()

    def concerns(self, slot: int) -> bool:
        """Whether anything else limits the place of a slot."""
        return bool(self._is_bound[slot])

    def conflicts(self, slot: int) -> Ints:
        """How many of a slot's bonds each place would break while all others stay, ``[place]``.

        Every copy is asked to be near enough by itself, which is more than the rules ask of a dataset with several.
        """
        node = int(self._node[slot])
        conflicts = np.zeros(len(self._model.transfer_micro_usd_per_gb), dtype=np.int64)
        for flow in self._flows.get(node, ()):
            conflicts += ~self._near(flow, node)
        for group in self._groups.get(node, ()):
            conflicts += ~self._in_group(group, node)
        code = self._model.distinct_codes[self._model.node_distinct[node]]
        others = [other for other in self._slots[node] if other != slot]
        return conflicts + np.isin(code, code[self._places(others)])

    def _places(self, slots: list[int]) -> Ints:
        places: Ints = self._model.option_place[self._chosen[slots]]
        return places

    def _near(self, flow: int, node: int) -> npt.NDArray[np.bool_]:
        """Places from which the other end of a flow is within its limit."""
        source, target = int(self._model.pair_from[flow]), int(self._model.pair_to[flow])
        admissible = self._model.pair_admissible[self._model.pair_limit[flow]]
        if node == target:
            near: npt.NDArray[np.bool_] = admissible[self._places(self._slots[source])].any(axis=0)
            return near
        far_end: npt.NDArray[np.bool_] = admissible[:, self._places(self._slots[target])].all(axis=1)
        return far_end

    def _in_group(self, group: Group, node: int) -> npt.NDArray[np.bool_]:
        others = [slot for other in group.node.tolist() if other != node for slot in self._slots[other]]
        held = np.isin(group.code, group.code[self._places(others)])
        return held if group.same else ~held

"""A placement model as a graph of labels: one label a place, one edge a pair of nodes that send data or keep a rule.

* Nodes that must share their place are one node of the graph.
* Nodes that must share a region, provider or continent are joined to a node of their own whose labels are its values.
* Nodes that may not share an attribute are joined pairwise.
* A node with copies keeps its flows apart, one edge each, because each reader picks its own copy; what the relaxation
  cannot express (flows between two such nodes) is left out of it, which never raises a bound.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from optimizer.model.placement_model import Group, PlacementModel
from optimizer.solve.relaxation.pair_tables import PairTables, pair_tables
from optimizer.units import MICRO_USD_PER_USD

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


class Edges(NamedTuple):
    """Edges of the graph, all ``[edge]``.

    ``one`` and ``other`` are graph nodes; ``forth_gb`` flows from one to other, ``back_gb`` the opposite way; ``kind``
    indexes the classes of ``PairTables`` (even numbers). ``every`` tells a rule about all places of both ends from one
    that a single near copy satisfies.
    """

    one: Ints
    other: Ints
    forth_gb: Floats
    back_gb: Floats
    kind: Ints
    every: Bools


@dataclass(frozen=True, kw_only=True, eq=False)
class LabelGraph:
    """The graph of a model with so many ``options``.

    ``node_of`` int64 ``[model node]``: its node in the graph; ``take`` int64 ``[node]``: labels taken; ``distinct``
    int64 ``[node, place]``: equal where two copies may not both be. ``option`` int64: admissible options by model node
    and place; they form cells (one model node in one place), ``[cell]`` each: ``cell_start`` into ``option``,
    ``cell_member`` (model node), ``cell_node`` (graph node), ``cell_place``. ``alive`` bool ``[node, place]``;
    ``own_micro_usd`` float64 ``[node, place]``: what a node pays for its flows to itself. ``allowed`` bool
    ``[class, place, place]``: which pairs each class of edges may join; ``price_usd`` float64 ``[place, place]``
    per GB, from one to the other.
    """

    options: int
    node_of: Ints
    take: Ints
    distinct: Ints
    option: Ints
    cell_start: Ints
    cell_member: Ints
    cell_node: Ints
    cell_place: Ints
    alive: Bools
    own_micro_usd: Floats
    edges: Edges
    tables: PairTables
    allowed: Bools
    price_usd: Floats

    @cached_property
    def position(self) -> npt.NDArray[np.int32]:
        """Index into ``option`` of each option of the model, -1 for what is not admissible, ``[option]``."""
        position = np.full(self.options, -1, dtype=np.int32)
        position[self.option] = np.arange(len(self.option), dtype=np.int32)
        return position

    @property
    def nodes(self) -> int:
        """Number of nodes."""
        return len(self.take)

    @property
    def places(self) -> int:
        """Number of labels."""
        return int(self.alive.shape[1])


def label_graph(model: PlacementModel) -> LabelGraph:
    """The graph of a placement model."""
    return _Builder(model).build()


class _Builder:
    def __init__(self, model: PlacementModel) -> None:
        self.model = model
        self.places = len(model.transfer_micro_usd_per_gb)
        self.joined = [group for group in model.groups if group.same and self._is_by_place(group)]
        self.hubs = [group for group in model.groups if group.same and not self._is_by_place(group)]
        self.node_of, self.first_hub = self._contract()
        self.admissible: list[Bools] = [np.ones((self.places, self.places), dtype=np.bool_)]
        self._kind: dict[bytes, int] = {self.admissible[0].tobytes(): 0}

    def build(self) -> LabelGraph:
        model, nodes = self.model, self.first_hub + len(self.hubs)
        take = np.ones(nodes, dtype=np.int64)
        np.maximum.at(take, self.node_of, model.node_take)
        distinct_by = np.zeros(nodes, dtype=np.int64)
        distinct_by[self.node_of] = model.node_distinct
        option, cell_start, cell_member, cell_place = self._cells()
        alive = self._alive(nodes, cell_member, cell_place)
        alive[self._torn()] = False
        own = self._own_flows(nodes, alive, take)
        edges = self._edges(take)
        return LabelGraph(
            options=len(model.option_node),
            node_of=self.node_of,
            take=take,
            distinct=np.array(model.distinct_codes)[distinct_by],
            option=option,
            cell_start=cell_start,
            cell_member=cell_member,
            cell_node=self.node_of[cell_member],
            cell_place=cell_place,
            alive=alive,
            own_micro_usd=own,
            edges=edges,
            allowed=np.array([matrix for one in self.admissible for matrix in (one, one.T)]),
            price_usd=model.transfer_micro_usd_per_gb / MICRO_USD_PER_USD,
            tables=pair_tables(model.transfer_micro_usd_per_gb, self.admissible),
        )

    def _is_by_place(self, group: Group) -> bool:
        return len(np.unique(group.code)) == self.places and bool((self.model.node_take[group.node] == 1).all())

    def _contract(self) -> tuple[Ints, int]:
        """Graph node of each model node, and the number of graph nodes without the hubs of same-groups."""
        count = self.model.node_count
        links = [(group.node[:-1], group.node[1:]) for group in self.joined]
        one = np.concatenate([pair[0] for pair in links] or [np.zeros(0, dtype=np.int64)])
        other = np.concatenate([pair[1] for pair in links] or [np.zeros(0, dtype=np.int64)])
        network = sparse.coo_matrix((np.ones(len(one)), (one, other)), shape=(count, count))
        parts, label = connected_components(network, directed=False)
        # Numbered by first member, so that neighbours stay neighbours in memory.
        _, first, number = np.unique(label, return_index=True, return_inverse=True)
        rank = np.empty(len(first), dtype=np.int64)
        rank[np.argsort(first)] = np.arange(len(first))
        return rank[number], int(parts)

    def _cells(self) -> tuple[Ints, Ints, Ints, Ints]:
        """Admissible options by cell, where each cell begins, its model node and its place."""
        model = self.model
        option = np.flatnonzero(model.admissible)
        key = model.option_node[option].astype(np.int64) * self.places + model.option_place[option]
        if (np.diff(key) < 0).any():
            order = np.argsort(key, kind="stable")
            option, key = option[order], key[order]
        start = np.flatnonzero(np.append(True, np.diff(key) > 0)) if len(key) else np.zeros(0, dtype=np.int64)
        return option, start, key[start] // self.places, key[start] % self.places

    def _alive(self, nodes: int, cell_member: Ints, cell_place: Ints) -> Bools:
        """Places where every member of a graph node has an option."""
        members = np.bincount(self.node_of, minlength=nodes)
        present = np.zeros((nodes, self.places), dtype=np.int64)
        np.add.at(present, (self.node_of[cell_member], cell_place), 1)
        alive: Bools = present == np.maximum(members, 1)[:, None]
        for number, group in enumerate(self.hubs):
            alive[self.first_hub + number, np.unique(group.code, return_index=True)[1]] = True
        return alive

    def _torn(self) -> Ints:
        """Graph nodes of which two members must be in one place and may not be."""
        torn = [np.zeros(0, dtype=np.int64)]
        for group in self.model.groups:
            if not group.same:
                node, count = np.unique(self.node_of[group.node], return_counts=True)
                torn.append(node[count > 1])
        return np.concatenate(torn)

    def _own_flows(self, nodes: int, alive: Bools, take: Ints) -> Floats:
        model = self.model
        own = np.zeros((nodes, self.places))
        one, other = self.node_of[model.pair_from], self.node_of[model.pair_to]
        for flow in np.flatnonzero((one == other) & (take[one] == 1)).tolist():
            own[one[flow]] += model.pair_gb[flow] * np.diag(model.transfer_micro_usd_per_gb)
            if model.pair_limit[flow] >= 0:
                alive[one[flow]] &= np.diag(model.pair_admissible[model.pair_limit[flow]])
        return own

    def _edges(self, take: Ints) -> Edges:
        model = self.model
        one, other = self.node_of[model.pair_from], self.node_of[model.pair_to]
        kind = np.array([0, *map(self._class, model.pair_admissible)])[model.pair_limit + 1]
        useful = (one != other) & ((model.pair_gb > 0) | (kind > 0))
        flows = (one[useful], other[useful], model.pair_gb[useful], kind[useful])
        single = (take[flows[0]] == 1) & (take[flows[1]] == 1)
        merged = self._merged(*(column[single] for column in flows))
        rules = self._rule_edges()
        parts = [self._merged_with(merged, rules, take) if len(rules.one) else merged]
        copied = ~single
        if copied.any():
            gb = flows[2][copied]
            parts.append(
                Edges(
                    one=flows[0][copied],
                    other=flows[1][copied],
                    forth_gb=gb,
                    back_gb=np.zeros(len(gb)),
                    kind=flows[3][copied],
                    every=np.zeros(len(gb), dtype=np.bool_),
                )
            )
        return Edges(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))

    def _merged(self, one: Ints, other: Ints, gb: Floats, kind: Ints) -> Edges:
        """One edge a pair of nodes: both directions' GB, and all its limits at once."""
        low, high = np.minimum(one, other), np.maximum(one, other)
        pair, number = np.unique(low * len(self.node_of) * 2 + high, return_inverse=True)
        _, first = np.unique(number, return_index=True)
        forth, back = np.zeros(len(pair)), np.zeros(len(pair))
        np.add.at(forth, number[one == low], gb[one == low])
        np.add.at(back, number[one != low], gb[one != low])
        limit = np.zeros(len(pair), dtype=np.int64)
        for flow in np.flatnonzero(kind).tolist():
            matrix = self.admissible[kind[flow] // 2]
            matrix = matrix if one[flow] == low[flow] else matrix.T
            limit[number[flow]] = self._class(self.admissible[limit[number[flow]] // 2] & matrix)
        return Edges(low[first], high[first], forth, back, limit, np.ones(len(pair), dtype=np.bool_))

    def _merged_with(self, edges: Edges, rules: Edges, take: Ints) -> Edges:
        """Edges of flows and of rules, one a pair of single nodes; rules about copies stay edges of their own."""
        single = (take[rules.one] == 1) & (take[rules.other] == 1)
        index = {pair: number for number, pair in enumerate(zip(edges.one.tolist(), edges.other.tolist(), strict=True))}
        kind, extra = edges.kind.copy(), []
        for number in range(len(rules.one)):
            pair = (int(rules.one[number]), int(rules.other[number]))
            flip = pair[0] > pair[1]
            at = index.get(pair[::-1] if flip else pair) if single[number] else None
            if at is None:
                extra.append(number)
                continue
            matrix = self.admissible[rules.kind[number] // 2]
            kind[at] = self._class(self.admissible[kind[at] // 2] & (matrix.T if flip else matrix))
        joined = edges._replace(kind=kind)
        return Edges(*(np.concatenate([a, b[extra]]) for a, b in zip(joined, rules, strict=True)))

    def _rule_edges(self) -> Edges:
        one: list[int] = []
        other: list[int] = []
        kind: list[int] = []
        for number, group in enumerate(self.hubs):
            same = self._class(group.code[:, None] == group.code[None, :])
            for member in np.unique(self.node_of[group.node]).tolist():
                one.append(member)
                other.append(self.first_hub + number)
                kind.append(same)
        for group in self.model.groups:
            if group.same:
                continue
            different = self._class(group.code[:, None] != group.code[None, :])
            members = self.node_of[group.node]
            first, second = np.triu_indices(len(members), 1)
            one.extend(members[first].tolist())
            other.extend(members[second].tolist())
            kind.extend([different] * len(first))
        zero = np.zeros(len(one))
        return Edges(
            np.array(one, dtype=np.int64),
            np.array(other, dtype=np.int64),
            zero,
            zero,
            np.array(kind, dtype=np.int64),
            np.ones(len(one), dtype=np.bool_),
        )

    def _class(self, admissible: Bools) -> int:
        """Number of a class of pairs, even; the odd number after it is the same with the ends exchanged."""
        key = np.ascontiguousarray(admissible).tobytes()
        if key not in self._kind:
            self._kind[key] = 2 * len(self.admissible)
            self.admissible.append(np.ascontiguousarray(admissible))
        return self._kind[key]

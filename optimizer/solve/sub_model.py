"""A small model cut out of a large one: some nodes free, all others where a plan has them.

Free nodes may take the options that are offered; those that share a flow or a group with them come along with their
chosen options alone; all others count only by what they weigh in rows and by the charges that they pay anyway.
The cost of a small plan differs from the cost of the large one, with the same choices, by a constant.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from optimizer.model.placement_model import Charge, Group, PlacementModel, Row
from optimizer.problem.ranges import end_to_end
from optimizer.solve.incidence import incidence
from optimizer.solve.labels import covered_by, row_weights

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SubModel:
    """``option`` int64 ``[option of the small model]``: the large model's."""

    model: PlacementModel
    option: Ints


class Cutter:
    """Cuts small models out of one large model."""

    def __init__(self, model: PlacementModel) -> None:
        self.model = model
        self.weights = row_weights(model)
        self.cover = covered_by(model, [charge.option for charge in model.charges])
        self.upper = np.array([row.upper for row in model.rows], dtype=np.float64)
        self._flows = incidence(model.pair_from, model.pair_to, model.node_count)
        node = np.concatenate([*(group.node for group in model.groups), np.zeros(0, dtype=np.int64)])
        number = np.repeat(np.arange(len(model.groups)), [len(group.node) for group in model.groups])
        self._in_group = sparse.csr_matrix(
            (np.ones(len(node), dtype=np.bool_), (node, number)), shape=(model.node_count, len(model.groups))
        )

    def flows_of(self, nodes: Ints) -> Ints:
        """Flows that have one of the nodes at an end, ascending."""
        begin = self._flows.begin[nodes]
        return np.unique(self._flows.edge[end_to_end(begin, self._flows.begin[nodes + 1] - begin)])

    def neighbours(self, nodes: Ints) -> Ints:
        """Nodes at either end of the flows of the given nodes, these included."""
        flow = self.flows_of(nodes)
        return np.unique(np.concatenate([nodes, self.model.pair_from[flow], self.model.pair_to[flow]]))

    def load(self, chosen: Ints) -> Floats:
        """What choices weigh in each row."""
        return np.asarray(self.weights[chosen].sum(axis=0), dtype=np.float64).ravel()

    def cut(self, free: Ints, chosen: Ints, offered: Bools) -> SubModel:
        """Only the ``free`` nodes (ascending) choose, among what they have now and is ``offered`` ``[option]``."""
        model = self.model
        groups = np.unique(self._in_group[free].indices)
        companions = [model.groups[number].node for number in groups.tolist()]
        node = np.unique(np.concatenate([self.neighbours(free), *companions]))
        option, owner = self._options(node, free, chosen, offered)
        position = np.full(model.node_count, -1, dtype=np.int64)
        position[node] = np.arange(len(node))
        flow = self.flows_of(free)
        outside = chosen[position[model.option_node[chosen]] < 0]
        small = PlacementModel(
            node_start=np.searchsorted(owner, np.arange(len(node) + 1)),
            node_take=model.node_take[node],
            node_distinct=model.node_distinct[node],
            distinct_codes=model.distinct_codes,
            option_node=owner,
            option_place=model.option_place[option],
            admissible=np.ones(len(option), dtype=np.bool_),
            unary_micro_usd=model.unary_micro_usd[option],
            pair_from=position[model.pair_from[flow]],
            pair_to=position[model.pair_to[flow]],
            pair_gb=model.pair_gb[flow],
            pair_limit=model.pair_limit[flow],
            pair_admissible=model.pair_admissible,
            transfer_micro_usd_per_gb=model.transfer_micro_usd_per_gb,
            rows=self._rows(option, outside),
            charges=self._charges(option, outside),
            groups=tuple(
                Group(name=group.name, node=position[group.node], code=group.code, same=group.same)
                for group in (model.groups[number] for number in groups.tolist())
            ),
        )
        return SubModel(model=small, option=option)

    def _options(self, node: Ints, free: Ints, chosen: Ints, offered: Bools) -> tuple[Ints, Ints]:
        """Options of the small model and the number of their node in it."""
        model = self.model
        is_free = np.isin(node, free)
        start = model.node_start[node]
        option = end_to_end(start, model.node_start[node + 1] - start)
        owner = np.repeat(np.arange(len(node)), model.node_start[node + 1] - start)
        is_chosen = np.zeros(len(model.option_node), dtype=np.bool_)
        is_chosen[chosen] = True
        kept = is_chosen[option] | (is_free[owner] & offered[option] & model.admissible[option])
        return option[kept], owner[kept]

    def _rows(self, option: Ints, outside: Ints) -> tuple[Row, ...]:
        weights = sparse.csc_matrix(self.weights[option])
        load = self.load(outside)
        rows = []
        for number in np.flatnonzero(np.diff(weights.indptr)).tolist():
            entries = slice(weights.indptr[number], weights.indptr[number + 1])
            rows.append(
                Row(
                    name=self.model.rows[number].name,
                    option=weights.indices[entries].astype(np.int64),
                    coefficient=weights.data[entries],
                    upper=float(self.upper[number] - load[number]),
                )
            )
        return tuple(rows)

    def _charges(self, option: Ints, outside: Ints) -> tuple[Charge, ...]:
        """Charges that nobody outside pays anyway."""
        cover = sparse.csc_matrix(self.cover[option])
        is_paid = np.asarray(self.cover[outside].sum(axis=0)).ravel() > 0
        charges = []
        for number in np.flatnonzero((np.diff(cover.indptr) > 0) & ~is_paid).tolist():
            covered = cover.indices[cover.indptr[number] : cover.indptr[number + 1]].astype(np.int64)
            charge = self.model.charges[number]
            charges.append(Charge(name=charge.name, option=covered, micro_usd=charge.micro_usd))
        return tuple(charges)

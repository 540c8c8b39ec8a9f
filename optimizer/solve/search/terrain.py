"""What local search walks on: options, flows, rows and charges in arrays that its kernels read.

Money is in USD. Positions are indices into ``LabelGraph.option``; a graph node's members are the model nodes that it
stands for (several when they must share a place), and a member that takes several options has a slot for each.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import sparse

from optimizer.model.placement_model import ROW_TOLERANCE_RATIO, PlacementModel
from optimizer.solve.incidence import incidence
from optimizer.solve.relaxation.cell_costs import columns_by_position
from optimizer.solve.relaxation.label_graph import LabelGraph
from optimizer.units import MICRO_USD_PER_USD

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Indices = npt.NDArray[np.int32]


class Terrain(NamedTuple):
    """Static facts.

    Graph nodes: ``take``, ``distinct`` ``[node, place]``, ``member_begin`` into ``member`` (model nodes) and
    ``near_begin`` into ``near_*``. Edges: ``forth_gb``, ``back_gb``, ``kind``, ``every``, with ``price`` USD per GB
    ``[place, place]`` and ``allowed`` ``[class, place, place]``. Model nodes: ``option_begin`` into positions.
    Positions: ``place``, ``cost``, ``row_begin`` into ``row`` and ``weight``, ``charge_begin`` into ``charge``. Rows:
    ``upper``, ``tolerance``. Charges: ``fee``.
    """

    take: Ints
    distinct: Ints
    member_begin: Ints
    member: Ints
    near_begin: Ints
    near_edge: Ints
    near_node: Ints
    near_is_one: Bools
    forth_gb: Floats
    back_gb: Floats
    kind: Ints
    every: Bools
    price: Floats
    allowed: Bools
    option_begin: Ints
    place: Ints
    cost: Floats
    row_begin: Indices
    row: Indices
    weight: Floats
    charge_begin: Indices
    charge: Indices
    upper: Floats
    tolerance: Floats
    fee: Floats


def terrain(model: PlacementModel, graph: LabelGraph, weights: sparse.csr_matrix, upper: Floats) -> Terrain:
    """The terrain of a model; ``weights`` is ``[position, row]``, ``upper`` ``[row]``."""
    edges = graph.edges
    near = incidence(edges.one, edges.other, graph.nodes)
    by_member = np.argsort(graph.node_of, kind="stable")
    covered = columns_by_position(graph, [(charge.option, np.ones(len(charge.option))) for charge in model.charges])
    return Terrain(
        take=graph.take,
        distinct=graph.distinct,
        member_begin=np.searchsorted(graph.node_of[by_member], np.arange(graph.nodes + 1)),
        member=by_member,
        near_begin=near.begin,
        near_edge=near.edge,
        near_node=near.other,
        near_is_one=near.is_one,
        forth_gb=edges.forth_gb,
        back_gb=edges.back_gb,
        kind=edges.kind,
        every=edges.every,
        price=model.transfer_micro_usd_per_gb / MICRO_USD_PER_USD,
        allowed=graph.allowed,
        option_begin=np.searchsorted(model.option_node[graph.option], np.arange(model.node_count + 1)),
        place=model.option_place[graph.option].astype(np.int64),
        cost=_own_cost(model, graph),
        row_begin=weights.indptr,
        row=weights.indices,
        weight=weights.data,
        charge_begin=covered.indptr,
        charge=covered.indices,
        upper=upper,
        tolerance=np.array([row.scale for row in model.rows], dtype=np.float64) * ROW_TOLERANCE_RATIO,
        fee=np.array([charge.micro_usd for charge in model.charges], dtype=np.float64) / MICRO_USD_PER_USD,
    )


def _own_cost(model: PlacementModel, graph: LabelGraph) -> Floats:
    """Unary cost by position, with what a graph node pays for its flows to itself on its first member."""
    node = model.option_node[graph.option]
    _, first = np.unique(graph.node_of, return_index=True)
    is_first = np.zeros(model.node_count, dtype=np.bool_)
    is_first[first] = True
    own = graph.own_micro_usd[graph.node_of[node], model.option_place[graph.option]]
    cost: Floats = (model.unary_micro_usd[graph.option] + np.where(is_first[node], own, 0.0)) / MICRO_USD_PER_USD
    return cost

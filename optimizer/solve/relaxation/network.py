"""The graph laid out for the kernels: who is whose neighbour, in which order nodes are visited, in single precision.

Nodes that keep large parts of the graph together (shared datasets) are visited last; without them the graph falls into
components, which are packed into chunks. No edge joins two chunks, so threads may visit chunks side by side and the
result is the same for any number of threads.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from optimizer.solve.incidence import incidence
from optimizer.solve.relaxation.label_graph import LabelGraph
from optimizer.units import MICRO_USD_PER_USD

Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

CHUNKS: Final = 16
LARGEST_CHUNK_RATIO: Final = 1 / 8
MOST_LAST_RATIO: Final = 0.02
MOST_COUPLE_MESSAGES: Final = 40_000_000
FORBIDDEN: Final = np.float32(1e30)
"""Cost of what is forbidden: a label that is charged this is deleted for good, so that no bound rests on it."""

DEAD: Final = np.float32(FORBIDDEN / 2)
"""From here on a cost means forbidden, whatever was added to it or taken off."""


class Tables(NamedTuple):
    """``PairTables`` for the kernels: what is forbidden costs ``FORBIDDEN``."""

    member: Ints
    start: Ints
    groups: Ints
    price: npt.NDArray[np.floating]
    own_price: npt.NDArray[np.floating]
    extra: npt.NDArray[np.floating]
    own_extra: npt.NDArray[np.floating]
    is_plain: Bools


class Network(NamedTuple):
    """Node ``n`` has the neighbours ``begin[n]:begin[n + 1]`` of ``near_*``; ``near_is_one``: n is the edge's one.

    ``price`` ``[place, place]`` and ``extra`` ``[class, place, place]``, float32, say what ``tables`` say by place.
    ``in_couples`` bool ``[node]``: its labels are couples of places (``couple_one``, ``couple_other`` ``[couple]``);
    ``couple_row`` int64 ``[edge]``: the edge's row in what is handed to couples, -1 for edges without such an end.
    """

    order: Ints
    rank: Ints
    begin: Ints
    near_edge: Ints
    near_node: Ints
    near_is_one: Bools
    forth_gb: Singles
    back_gb: Singles
    kind: Ints
    every: Bools
    take: Ints
    distinct: Ints
    tables: Tables
    price: Singles
    extra: Singles
    in_couples: Bools
    couple_row: Ints
    couple_one: Ints
    couple_other: Ints


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Layout:
    """The network of a graph.

    ``chunk_start`` int64 ``[chunk + 1]`` into ``network.order``; what follows the last chunk is visited alone. ``ends``
    int64 ``[edge, 2]``. ``exact`` holds the tables in double precision.
    """

    network: Network
    chunk_start: Ints
    ends: Ints
    exact: Tables


def layout(graph: LabelGraph) -> Layout:
    """Lay a graph out, in USD."""
    edges = graph.edges
    # Data between two nodes with copies stays out of the relaxation.
    kept = ~((graph.take[edges.one] > 1) & (graph.take[edges.other] > 1))
    one, other, kind = edges.one[kept], edges.other[kept], edges.kind[kept]
    forth, back, every = edges.forth_gb[kept], edges.back_gb[kept], edges.every[kept]
    # Where one end has copies, rules about every copy are read from the end that has one.
    flip = every & (graph.take[one] > 1)
    one, other = np.where(flip, other, one), np.where(flip, one, other)
    kind, forth, back = np.where(flip, kind ^ 1, kind), np.where(flip, back, forth), np.where(flip, forth, back)
    first, second = np.triu_indices(graph.places, 1)
    in_couples = graph.take == 2
    coupled = in_couples[one] | in_couples[other]
    if not len(first) or int(coupled.sum()) * len(first) > MOST_COUPLE_MESSAGES:
        in_couples, coupled = np.zeros_like(in_couples), np.zeros_like(coupled)
    order, chunk_start = _visiting_order(graph, one, other)
    rank = np.empty(graph.nodes, dtype=np.int64)
    rank[order] = np.arange(graph.nodes)
    near = incidence(one, other, graph.nodes)
    network = Network(
        order=order,
        rank=rank,
        begin=near.begin,
        near_edge=near.edge,
        near_node=near.other,
        near_is_one=near.is_one,
        forth_gb=forth.astype(np.float32),
        back_gb=back.astype(np.float32),
        kind=kind,
        every=every,
        take=graph.take,
        distinct=graph.distinct,
        tables=_tables(graph, np.float32),
        price=graph.price_usd.astype(np.float32),
        extra=np.where(graph.allowed, np.float32(0), FORBIDDEN),
        in_couples=in_couples,
        couple_row=np.where(coupled, np.cumsum(coupled) - 1, -1),
        couple_one=first,
        couple_other=second,
    )
    ends = np.stack([one, other], axis=1)
    return Layout(network=network, chunk_start=chunk_start, ends=ends, exact=_tables(graph, np.float64))


def _tables(graph: LabelGraph, precision: type[np.floating]) -> Tables:
    tables = graph.tables
    forbidden = precision(FORBIDDEN)
    return Tables(
        member=tables.member,
        start=tables.start,
        groups=tables.groups,
        price=(tables.price / MICRO_USD_PER_USD).astype(precision),
        own_price=(tables.own_price / MICRO_USD_PER_USD).astype(precision),
        extra=np.where(tables.allowed, precision(0), forbidden),
        own_extra=np.where(tables.own_allowed, precision(0), forbidden),
        is_plain=tables.is_plain,
    )


def _visiting_order(graph: LabelGraph, one: Ints, other: Ints) -> tuple[Ints, Ints]:
    """Nodes in the order of a forward sweep, and where the chunks begin in it."""
    degree = np.bincount(np.concatenate([one, other]), minlength=graph.nodes)
    by_degree = np.argsort(-degree, kind="stable")
    last = np.zeros(graph.nodes, dtype=np.bool_)
    count = 1
    label = _components(graph.nodes, one, other, last)
    while _largest(label, last) > graph.nodes * LARGEST_CHUNK_RATIO and count <= graph.nodes * MOST_LAST_RATIO:
        last[by_degree[:count]] = True
        label = _components(graph.nodes, one, other, last)
        count *= 2
    order = np.lexsort((np.arange(graph.nodes), label, last))
    inner = int((~last).sum())
    begins = np.flatnonzero(np.append(True, np.diff(label[order[:inner]]) != 0)) if inner else np.zeros(1, np.int64)
    wanted = np.linspace(0, inner, CHUNKS + 1)[:-1]
    chunk = np.unique(begins[np.minimum(np.searchsorted(begins, wanted), len(begins) - 1)])
    return order, np.append(chunk, inner)


def _components(nodes: int, one: Ints, other: Ints, last: Bools) -> Ints:
    kept = ~(last[one] | last[other])
    network = sparse.coo_matrix((np.ones(int(kept.sum())), (one[kept], other[kept])), shape=(nodes, nodes))
    label: Ints = connected_components(network, directed=False)[1].astype(np.int64)
    return label


def _largest(label: Ints, last: Bools) -> int:
    return int(np.bincount(label[~last]).max(initial=0))

"""Reduced costs: how much dearer than the bound every plan is that puts a node in a given place.

With a node held to place ``l``, its own minimum and those of its edges rise to their minima at ``l``, all others stay,
and the bound rises by at least ::

    held[l] - min held  +  sum over its edges of (least of the edge at l - least of the edge)

which is valid for any messages, and needs one look at every node.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from optimizer.solve.compiled import compiled
from optimizer.solve.relaxation.certificate import place_sums
from optimizer.solve.relaxation.couples import couple_sums
from optimizer.solve.relaxation.edges import from_neighbour
from optimizer.solve.relaxation.network import DEAD, FORBIDDEN, Network, Tables

Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]


@compiled
def reduced_costs(
    network: Network,
    tables: Tables,
    cost: Floats,
    message: Singles,
    couple: Singles,
    begin: int,
    end: int,
    reduced: Floats,
) -> None:
    """Write ``reduced`` ``[node, place]`` of nodes ``begin:end``; ``cost`` and ``tables`` are in double precision.

    Nodes with more copies than couples can express keep zeros where they may be.
    """
    couples = np.empty(len(network.couple_one), np.float64)
    for node in range(begin, end):
        mine = reduced[node]
        if network.in_couples[node]:
            couple_sums(network, cost, couple, node, couples)
            mine[:] = FORBIDDEN
            for number in range(len(couples)):
                one, other = network.couple_one[number], network.couple_other[number]
                mine[one] = min(mine[one], couples[number])
                mine[other] = min(mine[other], couples[number])
        elif network.take[node] > 1:
            mine[:] = np.where(cost[node] < FORBIDDEN, 0.0, float(FORBIDDEN))
            continue
        else:
            place_sums(network, cost, message, node, mine)
        mine -= mine.min()
        if network.take[node] == 1:
            _add_edges(network, tables, cost, message, node, mine)


@compiled
def _add_edges(network: Network, tables: Tables, cost: Floats, message: Singles, node: int, mine: Floats) -> None:
    """Add what the node's edges to other single nodes cost more than their least, by place of the node."""
    places = len(mine)
    theirs = np.empty(places, np.float64)
    out = np.empty(places, np.float64)
    for near in range(network.begin[node], network.begin[node + 1]):
        edge, other, is_one = network.near_edge[near], network.near_node[near], network.near_is_one[near]
        if network.take[other] > 1:
            continue
        forth, back, kind = float(network.forth_gb[edge]), float(network.back_gb[edge]), network.kind[edge]
        if is_one:
            forth, back, kind = back, forth, kind ^ 1
        offered, given = message[edge, 1 if is_one else 0], message[edge, 0 if is_one else 1]
        for place in range(places):
            theirs[place] = -float(offered[place]) if cost[other, place] < FORBIDDEN else FORBIDDEN
        from_neighbour(theirs, forth, back, kind, tables, out)
        least = np.inf
        for place in range(places):
            if mine[place] < DEAD:
                out[place] -= float(given[place])
                least = min(least, out[place])
        for place in range(places):
            if mine[place] < DEAD:
                mine[place] += out[place] - least

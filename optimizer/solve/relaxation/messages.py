"""Message passing: one visit of every node raises the bound of the local polytope, or leaves it.

``message[edge, 0]`` is what the edge has handed to its one end, ``message[edge, 1]`` to its other: cost moved, never
made. A node takes from each neighbour visited before it all that the edge can give, and offers an equal share of what
it then holds to those that come after (Kolmogorov's tree-reweighted scheme, sequential in ``Network.order``).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from optimizer.solve.compiled import compiled
from optimizer.solve.relaxation.copies import visit_copies
from optimizer.solve.relaxation.couples import visit_couples
from optimizer.solve.relaxation.edges import pull
from optimizer.solve.relaxation.network import DEAD, FORBIDDEN, Network

Singles = npt.NDArray[np.float32]


@compiled
def sweep(
    network: Network, cost: Singles, message: Singles, couple: Singles, forward: bool, begin: int, end: int
) -> float:
    """Visit ``order[begin:end]`` (backwards unless ``forward``); returns this part of the bound.

    ``cost`` float32 ``[node, place]`` has FORBIDDEN where a place is not open to a node; places found impossible are
    set to it. ``message`` float32 ``[edge, 2, place]`` and ``couple`` (see ``couples``) change in place.
    """
    scratch = np.empty((4, cost.shape[1]), np.float32)
    bound = 0.0
    for step in range(end - begin):
        node = network.order[begin + step] if forward else network.order[end - 1 - step]
        if network.take[node] == 1:
            bound += _visit(network, cost, message, couple, node, forward, scratch)
        elif network.in_couples[node]:
            bound += visit_couples(network, cost, message, couple, node, forward, scratch)
        else:
            bound += visit_copies(network, cost, message, couple, node, forward, scratch)
    return bound


@compiled
def _visit(
    network: Network, cost: Singles, message: Singles, couple: Singles, node: int, forward: bool, scratch: Singles
) -> float:
    places, rank = cost.shape[1], network.rank[node]
    held, theirs = scratch[0], scratch[1]
    held[:] = cost[node]
    incoming = 0
    first, last = network.begin[node], network.begin[node + 1]
    for near in range(first, last):
        out = message[network.near_edge[near], 0 if network.near_is_one[near] else 1]
        if (network.rank[network.near_node[near]] < rank) == forward:
            incoming += 1
            pull(network, message, couple, node, near, theirs, out)
        for place in range(places):
            held[place] += out[place]
    least = FORBIDDEN
    for place in range(places):
        if held[place] >= DEAD or cost[node, place] >= DEAD:
            cost[node, place] = FORBIDDEN
            held[place] = FORBIDDEN
        elif held[place] < least:
            least = held[place]
    outgoing = last - first - incoming
    if outgoing == 0:
        return float(least)
    share = np.float32(1.0) / np.float32(max(incoming, outgoing))
    for near in range(first, last):
        if (network.rank[network.near_node[near]] < rank) == forward:
            continue
        out = message[network.near_edge[near], 0 if network.near_is_one[near] else 1]
        for place in range(places):
            out[place] = out[place] - share * held[place] if held[place] < DEAD else -FORBIDDEN
    kept: float = least * (1.0 - outgoing * share)
    return kept

"""The proof: what a reparametrisation is worth, in double precision, from the messages as they stand.

For any messages ``m`` and any prices that are not negative, with every minimum over what is open::

    optimum >= sum over nodes of min (cost + sum of m) + sum over edges of min (price - m at one end - m at the other)

so nothing that message passing did in single precision needs to be believed.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from optimizer.solve.compiled import compiled
from optimizer.solve.relaxation.copies import cheapest_copies
from optimizer.solve.relaxation.couple_edges import from_both, from_nearer
from optimizer.solve.relaxation.couples import certify_couples
from optimizer.solve.relaxation.edges import from_neighbour
from optimizer.solve.relaxation.network import DEAD, FORBIDDEN, Network, Tables

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Singles = npt.NDArray[np.float32]


@compiled
def place_sums(network: Network, cost: Floats, message: Singles, node: int, held: Floats) -> None:
    """What each place costs a node, messages included, in double precision, into ``held`` ``[place]``."""
    held[:] = cost[node]
    for near in range(network.begin[node], network.begin[node + 1]):
        given = message[network.near_edge[near], 0 if network.near_is_one[near] else 1]
        for place in range(len(held)):
            if held[place] < FORBIDDEN:
                held[place] += float(given[place])


@compiled
def certify_nodes(network: Network, cost: Floats, message: Singles, couple: Singles, begin: int, end: int) -> float:
    """Sum of what nodes ``begin:end`` pay at least; ``cost`` float64 ``[node, place]``, FORBIDDEN where closed."""
    places = cost.shape[1]
    held = np.empty(places, np.float64)
    reference = np.empty(places, np.float64)
    couples = np.empty(len(network.couple_one), np.float64)
    total = 0.0
    for node in range(begin, end):
        if network.in_couples[node]:
            total += certify_couples(network, cost, couple, node, couples)
            continue
        place_sums(network, cost, message, node, held)
        if network.take[node] > 1:
            total += cheapest_copies(held, network.distinct[node], network.take[node], reference)
        else:
            total += held.min()
    return total


@compiled
def certify_edges(
    network: Network,
    ends: Ints,
    tables: Tables,
    price: Floats,
    cost: Floats,
    message: Singles,
    couple: Singles,
    begin: int,
    end: int,
) -> float:
    """Sum of what edges ``begin:end`` pay at least; ``ends`` int64 ``[edge, 2]``; ``tables`` and ``price`` are
    in double precision."""
    places = cost.shape[1]
    theirs = np.empty(places, np.float64)
    ours = np.empty(places, np.float64)
    out = np.empty(places, np.float64)
    total = 0.0
    for edge in range(begin, end):
        one, other = ends[edge, 0], ends[edge, 1]
        # Seen from the other end, whose copies each pay; the one end has copies only when they serve a reader.
        copies = network.take[other]
        for place in range(places):
            is_open = cost[other, place] < FORBIDDEN
            theirs[place] = -float(message[edge, 1, place]) if is_open else FORBIDDEN
            is_open = cost[one, place] < FORBIDDEN
            ours[place] = -float(message[edge, 0, place]) if is_open else FORBIDDEN
        row = network.couple_row[edge]
        if row >= 0 and not network.in_couples[one]:
            copies = 1
            from_both(network, price, edge, couple[row], out)
        else:
            if row >= 0:
                from_nearer(network, couple[row], ours)
            forth, back = float(network.forth_gb[edge]), float(network.back_gb[edge])
            from_neighbour(theirs, back, forth, network.kind[edge] ^ 1, tables, out)
        least = np.inf
        for place in range(places):
            if ours[place] < DEAD:
                least = min(least, out[place] * copies + ours[place])
        total += least
    return total

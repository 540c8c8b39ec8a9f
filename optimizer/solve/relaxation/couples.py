"""Nodes with two copies, exactly: their labels are couples of places.

A reader is served by the nearer of the two, so what an edge gives to a couple is the less of what it gives to either
place, and the relaxation stays that of the local polytope. ``couple[row, P]`` (``P`` couples) is what the edge with
``Network.couple_row`` ``row`` has handed to its end with copies.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from optimizer.solve.compiled import compiled
from optimizer.solve.relaxation.couple_edges import to_both, to_nearer
from optimizer.solve.relaxation.edges import is_read_from, pull
from optimizer.solve.relaxation.network import DEAD, FORBIDDEN, Network

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Singles = npt.NDArray[np.float32]
Reals = npt.NDArray[np.floating]


@compiled
def couple_costs(network: Network, cost: Reals, node: int, held: Reals) -> None:
    """What each couple of places costs a node by itself, into ``held`` ``[P]``; FORBIDDEN for what may not be."""
    for number in range(len(held)):
        one, other = network.couple_one[number], network.couple_other[number]
        held[number] = cost[node, one] + cost[node, other]
        if (
            cost[node, one] >= DEAD
            or cost[node, other] >= DEAD
            or network.distinct[node, one] == network.distinct[node, other]
        ):
            held[number] = FORBIDDEN


@compiled
def visit_couples(
    network: Network, cost: Singles, message: Singles, couple: Singles, node: int, forward: bool, scratch: Singles
) -> float:
    """Visit a node with two copies; returns its part of the bound."""
    held = np.empty(len(network.couple_one), np.float32)
    couple_costs(network, cost, node, held)
    first, last = network.begin[node], network.begin[node + 1]
    incoming = 0
    for near in range(first, last):
        edge, is_one = network.near_edge[near], network.near_is_one[near]
        given = couple[network.couple_row[edge]]
        if (network.rank[network.near_node[near]] < network.rank[node]) == forward:
            incoming += 1
            if is_read_from(network, edge, is_one):
                pull(network, message, couple, node, near, scratch[1], scratch[2])
                to_nearer(network, scratch[2], given)
            else:
                to_both(network, edge, message[edge, 0], given)
        for number in range(len(held)):
            held[number] = FORBIDDEN if held[number] >= DEAD else held[number] + given[number]
    least = min(held.min(), FORBIDDEN)
    outgoing = last - first - incoming
    if outgoing == 0:
        return float(least)
    share = np.float32(1.0) / np.float32(max(incoming, outgoing))
    for near in range(first, last):
        if (network.rank[network.near_node[near]] < network.rank[node]) == forward:
            continue
        given = couple[network.couple_row[network.near_edge[near]]]
        for number in range(len(held)):
            given[number] = given[number] - share * held[number] if held[number] < DEAD else -FORBIDDEN
    kept: float = least * (1.0 - outgoing * share)
    return kept


@compiled
def couple_sums(network: Network, cost: Floats, couple: Singles, node: int, held: Floats) -> None:
    """What each couple costs a node with two copies, messages included, in double precision, into ``held`` ``[P]``."""
    couple_costs(network, cost, node, held)
    for near in range(network.begin[node], network.begin[node + 1]):
        given = couple[network.couple_row[network.near_edge[near]]]
        for number in range(len(held)):
            if held[number] < DEAD:
                is_possible = abs(given[number]) < DEAD
                held[number] = held[number] + float(given[number]) if is_possible else FORBIDDEN


@compiled
def certify_couples(network: Network, cost: Floats, couple: Singles, node: int, held: Floats) -> float:
    """The least that a node with two copies pays, in double precision; ``held`` ``[P]`` is scratch."""
    couple_sums(network, cost, couple, node, held)
    return float(held.min())


@compiled
def best_couple(network: Network, cost: Singles, couple: Singles, node: int, chosen: Ints) -> None:
    """The couple that the messages favour, into ``chosen`` ``[2]``; unchanged when none is possible."""
    held = np.empty(len(network.couple_one), np.float32)
    couple_costs(network, cost, node, held)
    for near in range(network.begin[node], network.begin[node + 1]):
        given = couple[network.couple_row[network.near_edge[near]]]
        for number in range(len(held)):
            held[number] = FORBIDDEN if held[number] >= DEAD else held[number] + given[number]
    best = held.argmin()
    if held[best] < DEAD:
        chosen[0], chosen[1] = network.couple_one[best], network.couple_other[best]

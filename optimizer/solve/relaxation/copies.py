"""Nodes that take several places: what their copies cost together, and how they deal with who reads from them.

A reader is served by one copy. In the relaxation a copy's place may therefore earn from each reader no more than what
serving from there saves that reader against a base; the message from a reader is that reward, never positive. The base
is part of the bound whatever is chosen. It is set where it is worth most: as high as it can be while at most one of the
copies that would then be chosen earns from this reader. By the same token the node may offer its readers only what its
unchosen places cost more, which keeps their messages from becoming positive.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from optimizer.solve.compiled import compiled
from optimizer.solve.relaxation.edges import is_read_from, pull
from optimizer.solve.relaxation.network import DEAD, FORBIDDEN, Network

Ints = npt.NDArray[np.int64]
Singles = npt.NDArray[np.float32]
Reals = npt.NDArray[np.floating]

_HALVINGS: Final = 20


@compiled
def cheapest_copies(held: Reals, distinct: Ints, take: int, reference: Reals) -> float:
    """Cost of the ``take`` cheapest places of different ``distinct`` codes; FORBIDDEN when there are too few.

    ``reference[l]`` becomes what place l would have to cost to be worth taking: the price of the copy it would replace.
    """
    total = 0.0
    marginal = FORBIDDEN
    taken = np.empty(take, np.int64)
    for copy in range(take):
        best = -1
        for place in range(len(held)):
            if held[place] >= DEAD or (best >= 0 and held[place] >= held[best]):
                continue
            free = True
            for earlier in range(copy):
                free = free and distinct[taken[earlier]] != distinct[place]
            if free:
                best = place
        if best < 0:
            return float(FORBIDDEN)
        taken[copy] = best
        marginal = held[best]
        total += float(held[best])
    for place in range(len(held)):
        reference[place] = marginal
        for copy in range(take):
            if distinct[taken[copy]] == distinct[place]:
                reference[place] = held[taken[copy]]
    return total


@compiled
def _earning_copies(held: Singles, raw: Singles, base: float, distinct: Ints, take: int) -> int:
    """How many of the cheapest copies earn from a reader that pays ``raw[l]`` for being served from place l."""
    taken = np.empty(take, np.int64)
    earning = 0
    for copy in range(take):
        best = -1
        cheapest = FORBIDDEN
        for place in range(len(held)):
            price = held[place] + min(raw[place] - np.float32(base), np.float32(0.0))
            if held[place] >= DEAD or price >= cheapest:
                continue
            free = True
            for earlier in range(copy):
                free = free and distinct[taken[earlier]] != distinct[place]
            if free:
                best, cheapest = place, price
        if best < 0:
            break
        taken[copy] = best
        earning += 1 if raw[best] < base else 0
    return earning


@compiled
def _worthiest_base(held: Singles, raw: Singles, distinct: Ints, take: int) -> float:
    """The highest base at which at most one of the cheapest copies earns from the reader."""
    low = FORBIDDEN
    high = -FORBIDDEN
    for place in range(len(raw)):
        if held[place] < DEAD and raw[place] < DEAD:
            low, high = min(low, raw[place]), max(high, raw[place])
    if high < low:
        return float(FORBIDDEN)
    below, above = float(low), float(high)
    if _earning_copies(held, raw, above, distinct, take) <= 1:
        return above
    for _ in range(_HALVINGS):
        middle = (below + above) / 2
        if _earning_copies(held, raw, middle, distinct, take) <= 1:
            below = middle
        else:
            above = middle
    return below


@compiled
def visit_copies(
    network: Network, cost: Singles, message: Singles, couple: Singles, node: int, forward: bool, scratch: Singles
) -> float:
    """Visit a node with copies: take from neighbours before it, offer to those after; its part of the bound."""
    places, take, distinct = cost.shape[1], network.take[node], network.distinct[node]
    held, theirs, raw, reference = scratch[0], scratch[1], scratch[2], scratch[3]
    held[:] = cost[node]
    incoming = 0
    bound = 0.0
    first, last = network.begin[node], network.begin[node + 1]
    for near in range(first, last):
        out = message[network.near_edge[near], 0 if network.near_is_one[near] else 1]
        for place in range(places):
            held[place] = FORBIDDEN if held[place] >= DEAD else held[place] + out[place]
    for near in range(first, last):
        if (network.rank[network.near_node[near]] < network.rank[node]) != forward:
            continue
        incoming += 1
        is_one = network.near_is_one[near]
        out = message[network.near_edge[near], 0 if is_one else 1]
        for place in range(places):
            held[place] = FORBIDDEN if held[place] >= DEAD else held[place] - out[place]
        pull(network, message, couple, node, near, theirs, raw)
        if is_read_from(network, network.near_edge[near], is_one):
            base = _worthiest_base(held, raw, distinct, take)
            bound += base
            for place in range(places):
                raw[place] = min(raw[place] - np.float32(base), np.float32(0.0))
        for place in range(places):
            out[place] = raw[place]
            held[place] = FORBIDDEN if held[place] >= DEAD else held[place] + raw[place]
    for place in range(places):
        if held[place] >= DEAD:
            cost[node, place] = FORBIDDEN
            held[place] = FORBIDDEN
    bound += cheapest_copies(held, distinct, take, reference)
    if last - first > incoming:
        _offer(network, message, node, forward, max(incoming, last - first - incoming), held, reference)
    return bound


@compiled
def _offer(
    network: Network, message: Singles, node: int, forward: bool, parts: int, held: Singles, reference: Singles
) -> None:
    """Offer each later neighbour one of ``parts`` of what every place costs more than it would have to."""
    share = np.float32(1.0) / np.float32(parts)
    for near in range(network.begin[node], network.begin[node + 1]):
        if (network.rank[network.near_node[near]] < network.rank[node]) == forward:
            continue
        out = message[network.near_edge[near], 0 if network.near_is_one[near] else 1]
        for place in range(len(held)):
            if held[place] >= DEAD:
                out[place] = -FORBIDDEN
            elif held[place] > reference[place]:
                out[place] -= share * (held[place] - reference[place])

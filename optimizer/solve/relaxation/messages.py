"""Message passing: one visit of every node raises the bound of the local polytope, or leaves it.

``message[edge, 0]`` is what the edge has handed to its one end, ``message[edge, 1]`` to its other: cost moved, never
made. A node takes from each neighbour visited before it all that the edge can give, and offers an equal share of what
it then holds to those that come after (Kolmogorov's tree-reweighted scheme, sequential in ``Network.order``).

A node with copies offers its readers only what its unchosen places cost more, and accepts from a reader only as much as
one copy can serve: its messages from readers are never positive, which is what makes the bound hold for copies.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from optimizer.solve.compiled import compiled
from optimizer.solve.relaxation.network import FORBIDDEN, Network, Tables

Ints = npt.NDArray[np.int64]
Singles = npt.NDArray[np.float32]
Reals = npt.NDArray[np.floating]

_DEAD: Final = np.float32(FORBIDDEN / 2)
_ZERO: Final = np.float32(0)


@compiled
def from_neighbour(cost: Reals, forth: float, back: float, kind: int, tables: Tables, out: Reals) -> None:
    """``out[l] = min over k of cost[k] + price of the pair (k, l)``, the edge seen from the neighbour's end.

    ``forth`` flows from k to l, ``back`` the other way; ``kind`` names the class with rows k and columns l.
    """
    groups = tables.groups[kind]
    member, start = tables.member[kind], tables.start[kind]
    price, extra = tables.price[kind], tables.extra[kind]
    least = np.empty(groups, cost.dtype)
    second = np.empty(groups, cost.dtype)
    where = np.empty(groups, np.int64)
    arriving = np.empty(groups, cost.dtype)
    plain = tables.is_plain[kind]
    for g in range(groups):
        a, b, at = FORBIDDEN, FORBIDDEN, -1
        for i in range(start[g], start[g + 1]):
            c = cost[member[i]]
            if c < a:
                b, a, at = a, c, member[i]
            elif c < b:
                b = c
        least[g], second[g], where[g] = a, b, at
        arriving[g] = FORBIDDEN
    for g in range(groups):
        if least[g] >= _DEAD:
            continue
        for h in range(groups):
            c = least[g] + forth * price[g, h] + back * price[h, g] + extra[g, h]
            if c < arriving[h] and (plain or g != h):
                arriving[h] = c
    for g in range(groups):
        inside = (forth + back) * price[g, g] + extra[g, g]
        for i in range(start[g], start[g + 1]):
            place = member[i]
            c = cost[place] + (forth + back) * tables.own_price[place] + tables.own_extra[kind, place]
            if arriving[g] < c:
                c = arriving[g]
            if not plain:
                other = (second[g] if place == where[g] else least[g]) + inside
                if other < c:
                    c = other
            out[place] = c if c < FORBIDDEN else FORBIDDEN


@compiled
def reward_only(distinct: Ints, out: Singles) -> float:
    """Turn what a reader would pay by place into rewards (none positive) that at most one copy can earn.

    The base is what the reader pays when no copy is where it likes best nor anywhere that excludes that place.
    Returns the base.
    """
    best = 0
    for place in range(len(out)):
        if out[place] < out[best]:
            best = place
    base = FORBIDDEN
    for place in range(len(out)):
        if distinct[place] != distinct[best] and out[place] < base:
            base = out[place]
    if base >= _DEAD:
        base = out[best]
    for place in range(len(out)):
        out[place] = min(out[place] - base, _ZERO)
    return float(base)


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
            if held[place] >= _DEAD or (best >= 0 and held[place] >= held[best]):
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
def sweep(network: Network, cost: Singles, message: Singles, forward: bool, begin: int, end: int) -> float:
    """Visit ``order[begin:end]`` (backwards unless ``forward``); returns this part of the bound.

    ``cost`` float32 ``[node, place]`` has FORBIDDEN where a place is not open to a node; places found impossible are
    set to it. ``message`` float32 ``[edge, 2, place]`` changes in place.
    """
    places = cost.shape[1]
    held = np.empty(places, np.float32)
    theirs = np.empty(places, np.float32)
    reference = np.empty(places, np.float32)
    bound = 0.0
    for step in range(end - begin):
        node = network.order[begin + step] if forward else network.order[end - 1 - step]
        take, rank = network.take[node], network.rank[node]
        held[:] = cost[node]
        incoming = 0
        outgoing = 0
        for near in range(network.begin[node], network.begin[node + 1]):
            edge, other, is_one = network.near_edge[near], network.near_node[near], network.near_is_one[near]
            mine, yours = (0, 1) if is_one else (1, 0)
            out = message[edge, mine]
            if (network.rank[other] < rank) == forward:
                incoming += 1
                forth, back = network.forth_gb[edge], network.back_gb[edge]
                kind = network.kind[edge]
                if is_one:
                    forth, back, kind = back, forth, kind ^ 1
                copies = np.float32(network.take[other])
                share = np.float32(1.0) / np.float32(take)
                reads = is_one and take > 1 and not network.every[edge]
                if reads:
                    share = np.float32(1.0)
                if not is_one and copies > 1 and not network.every[edge]:
                    copies = np.float32(1.0)
                for place in range(places):
                    c = message[edge, yours, place]
                    theirs[place] = -c * share if c > -_DEAD else FORBIDDEN
                from_neighbour(theirs, forth, back, kind, network.tables, out)
                if reads:
                    bound += reward_only(network.distinct[node], out)
                elif copies > 1:
                    for place in range(places):
                        out[place] = min(out[place] * copies, FORBIDDEN)
            else:
                outgoing += 1
            for place in range(places):
                held[place] += out[place]
        if take > 1:
            bound += _offer_copies(network, cost, message, node, held, reference, forward, incoming, outgoing)
            continue
        least = FORBIDDEN
        for place in range(places):
            if held[place] >= _DEAD or cost[node, place] >= _DEAD:
                cost[node, place] = FORBIDDEN
                held[place] = FORBIDDEN
            elif held[place] < least:
                least = held[place]
        if outgoing == 0:
            bound += float(least)
            continue
        share = np.float32(1.0) / np.float32(max(incoming, outgoing))
        bound += float(least) * (1.0 - outgoing * float(share))
        for near in range(network.begin[node], network.begin[node + 1]):
            if (network.rank[network.near_node[near]] < rank) == forward:
                continue
            out = message[network.near_edge[near], 0 if network.near_is_one[near] else 1]
            for place in range(places):
                out[place] = out[place] - share * held[place] if held[place] < _DEAD else -FORBIDDEN
    return bound


@compiled
def _offer_copies(
    network: Network,
    cost: Singles,
    message: Singles,
    node: int,
    held: Singles,
    reference: Singles,
    forward: bool,
    incoming: int,
    outgoing: int,
) -> float:
    """The visit of a node with copies, once it holds what its neighbours gave; returns its part of the bound."""
    places = len(held)
    for place in range(places):
        if held[place] >= _DEAD or cost[node, place] >= _DEAD:
            cost[node, place] = FORBIDDEN
            held[place] = FORBIDDEN
    total = cheapest_copies(held, network.distinct[node], network.take[node], reference)
    if outgoing == 0:
        return total
    share = np.float32(1.0) / np.float32(max(incoming, outgoing))
    for near in range(network.begin[node], network.begin[node + 1]):
        if (network.rank[network.near_node[near]] < network.rank[node]) == forward:
            continue
        out = message[network.near_edge[near], 0 if network.near_is_one[near] else 1]
        for place in range(places):
            if held[place] >= _DEAD:
                out[place] = -FORBIDDEN
            elif held[place] > reference[place]:
                out[place] -= share * (held[place] - reference[place])
    return total

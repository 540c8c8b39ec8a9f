"""What an edge can give to one of its ends, given what its other end has offered to it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from optimizer.solve.compiled import compiled
from optimizer.solve.relaxation.couple_edges import from_both, from_nearer
from optimizer.solve.relaxation.network import DEAD, FORBIDDEN, Network, Tables

Singles = npt.NDArray[np.float32]
Reals = npt.NDArray[np.floating]


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
        if least[g] >= DEAD:
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
def is_read_from(network: Network, edge: int, is_one: bool) -> bool:
    """Whether the edge's near end has copies of which one serves the far end."""
    return bool(is_one and not network.every[edge])


@compiled
def pull(
    network: Network, message: Singles, couple: Singles, node: int, near: int, theirs: Singles, out: Singles
) -> None:
    """All that an edge can give to ``node`` by place, into ``out``; ``theirs`` is scratch.

    A node with copies is given its share for each copy, unless it only serves a reader; an end with copies that must
    all be reached is counted as often as it has copies.
    """
    edge, other, is_one = network.near_edge[near], network.near_node[near], network.near_is_one[near]
    forth, back, kind = network.forth_gb[edge], network.back_gb[edge], network.kind[edge]
    if is_one:
        forth, back, kind = back, forth, kind ^ 1
    each = np.float32(1.0)
    if network.take[node] > 1 and not is_read_from(network, edge, is_one):
        each = each / np.float32(network.take[node])
    if network.take[other] == 2 and network.couple_row[edge] >= 0:
        given = couple[network.couple_row[edge]]
        if not is_read_from(network, edge, not is_one):
            from_both(network, network.price, edge, given, out)
            return
        from_nearer(network, given, theirs)
    else:
        for place in range(len(out)):
            offered = message[edge, 1 if is_one else 0, place]
            theirs[place] = -offered * each if offered > -DEAD else FORBIDDEN
    from_neighbour(theirs, forth, back, kind, network.tables, out)
    if network.take[other] > 1 and not is_read_from(network, edge, not is_one):
        for place in range(len(out)):
            out[place] = min(out[place] * np.float32(network.take[other]), FORBIDDEN)

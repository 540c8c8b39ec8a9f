"""Places from messages: each node takes its best place given those chosen before it and what the rest still says."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from optimizer.solve.compiled import compiled
from optimizer.solve.relaxation.couples import best_couple
from optimizer.solve.relaxation.network import FORBIDDEN, Network

Ints = npt.NDArray[np.int64]
Singles = npt.NDArray[np.float32]


@compiled
def round_part(
    network: Network,
    cost: Singles,
    message: Singles,
    couple: Singles,
    forward: bool,
    begin: int,
    end: int,
    place_of: Ints,
) -> None:
    """Choose places for ``order[begin:end]``, right after a sweep the other way; writes ``place_of`` [node, copy]."""
    places = cost.shape[1]
    held = np.empty(places, np.float32)
    for step in range(end - begin):
        node = network.order[begin + step] if forward else network.order[end - 1 - step]
        if network.in_couples[node]:
            best_couple(network, cost, couple, node, place_of[node])
            continue
        held[:] = cost[node]
        for near in range(network.begin[node], network.begin[node + 1]):
            edge, other, is_one = network.near_edge[near], network.near_node[near], network.near_is_one[near]
            if (network.rank[other] < network.rank[node]) != forward or network.take[node] > 1:
                for place in range(places):
                    held[place] += message[edge, 0 if is_one else 1, place]
                continue
            forth, back, kind = network.forth_gb[edge], network.back_gb[edge], network.kind[edge]
            if not is_one:
                forth, back, kind = back, forth, kind ^ 1
            if network.take[other] > 1 and not network.every[edge] and not is_one:
                _read_nearest(held, back, network.price, network.extra[kind], place_of[other])
                continue
            for copy in range(network.take[other]):
                there = place_of[other, copy]
                for place in range(places):
                    paid = forth * network.price[place, there] + back * network.price[there, place]
                    held[place] += paid + network.extra[kind, place, there]
        if network.take[node] == 1:
            place_of[node, 0] = held.argmin()
            continue
        _choose_copies(held, network.distinct[node], network.take[node], place_of[node])


@compiled
def _read_nearest(held: Singles, gb: float, price: Singles, penalty: Singles, sources: Ints) -> None:
    for place in range(len(held)):
        least = FORBIDDEN
        for source in sources:
            if source >= 0:
                least = min(least, gb * price[source, place] + penalty[place, source])
        held[place] += least


@compiled
def _choose_copies(held: Singles, distinct: Ints, take: int, chosen: Ints) -> None:
    """The ``take`` cheapest places of different codes."""
    for copy in range(take):
        best = -1
        for place in range(len(held)):
            free = best < 0 or held[place] < held[best]
            for earlier in range(copy):
                free = free and distinct[chosen[earlier]] != distinct[place]
            if free:
                best = place
        if best < 0:
            return
        chosen[copy] = best

"""The moves: one node to another place or option, or a node together with all its neighbours.

A move is judged by what changes: options' own costs, flows to where the neighbours are, charges opened or closed, and a
penalty for each unit by which a row is exceeded and for each pair of places that may not be joined. Penalties make the
same moves serve for mending (while something is broken) and for saving money (once nothing is).
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from optimizer.solve.compiled import compiled
from optimizer.solve.search.terrain import Terrain

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


NEGLIGIBLE_USD: Final = 1e-7
"""Savings below this are rounding."""


class Standing(NamedTuple):
    """The choices at hand, changed in place.

    ``place_of`` int64 ``[graph node, copy]`` and ``chosen`` int64 ``[model node, copy]`` (positions), -1 beyond what a
    node takes; ``load`` float64 ``[row]``; ``opened`` int64 ``[charge]``: how many chosen options it covers.
    """

    place_of: npt.NDArray[np.int64]
    chosen: npt.NDArray[np.int64]
    load: npt.NDArray[np.float64]
    opened: npt.NDArray[np.int64]


class Penalties(NamedTuple):
    """USD a unit over the bound of each row, ``[row]``, and USD for a pair of places that may not be joined."""

    row: npt.NDArray[np.float64]
    pair: float


@compiled
def book(terrain: Terrain, standing: Standing, position: int, sign: int) -> None:
    """Add an option's weights and charges to the books (sign 1) or take them off (-1)."""
    for entry in range(terrain.row_begin[position], terrain.row_begin[position + 1]):
        standing.load[terrain.row[entry]] += sign * terrain.weight[entry]
    for entry in range(terrain.charge_begin[position], terrain.charge_begin[position + 1]):
        standing.opened[terrain.charge[entry]] += sign


@compiled
def _excess(load: float, upper: float, tolerance: float) -> float:
    return load - upper if load > upper + tolerance else 0.0


@compiled
def price_of(terrain: Terrain, standing: Standing, penalties: Penalties, position: int) -> float:
    """What adding an option would cost: its own cost, charges that it opens, penalties."""
    total = float(terrain.cost[position])
    for entry in range(terrain.row_begin[position], terrain.row_begin[position + 1]):
        row = terrain.row[entry]
        load, upper, tolerance = standing.load[row], terrain.upper[row], terrain.tolerance[row]
        after = _excess(load + terrain.weight[entry], upper, tolerance)
        total += penalties.row[row] * (after - _excess(load, upper, tolerance))
    for entry in range(terrain.charge_begin[position], terrain.charge_begin[position + 1]):
        if standing.opened[terrain.charge[entry]] == 0:
            total += terrain.fee[terrain.charge[entry]]
    return total


@compiled
def flow_costs(
    terrain: Terrain, standing: Standing, pair_usd: float, node: int, copy: int, without: int, held: Floats
) -> None:
    """``held[l]``: flows and forbidden pairs of a node's copy in place l, one neighbour left out."""
    mine = standing.place_of[node]
    held[:] = 0.0
    for near in range(terrain.near_begin[node], terrain.near_begin[node + 1]):
        if terrain.near_node[near] != without:
            _add_flow(terrain, standing, pair_usd, near, mine, copy, held)
    for number in range(len(mine)):
        if number != copy and mine[number] >= 0:
            for place in range(len(held)):
                if terrain.distinct[node, place] == terrain.distinct[node, mine[number]]:
                    held[place] += pair_usd


@compiled
def _add_flow(
    terrain: Terrain, standing: Standing, pair_usd: float, near: int, mine: Ints, copy: int, held: Floats
) -> None:
    """Add to ``held[l]`` what the flow to one neighbour costs, or a forbidden pair with it; ``mine`` are our places."""
    edge, is_one = terrain.near_edge[near], terrain.near_is_one[near]
    theirs = standing.place_of[terrain.near_node[near]]
    allowed = terrain.allowed[terrain.kind[edge]]
    forth, back = terrain.forth_gb[edge], terrain.back_gb[edge]
    if not is_one:
        forth, back, allowed = back, forth, allowed.T
    if terrain.every[edge]:
        for there in theirs:
            if there < 0:
                continue
            for place in range(len(held)):
                held[place] += forth * terrain.price[place, there] + back * terrain.price[there, place]
                held[place] += 0.0 if allowed[place, there] else pair_usd
    elif is_one:
        for there in theirs:
            if there < 0:
                continue
            best = pair_usd
            for number in range(len(mine)):
                if number != copy and mine[number] >= 0 and allowed[mine[number], there]:
                    best = min(best, forth * terrain.price[mine[number], there])
            for place in range(len(held)):
                serve = forth * terrain.price[place, there] if allowed[place, there] else pair_usd
                held[place] += min(best, serve)
    else:
        for place in range(len(held)):
            best = pair_usd
            for there in theirs:
                if there >= 0 and allowed[place, there]:
                    best = min(best, back * terrain.price[there, place])
            held[place] += best


@compiled
def _add_options(terrain: Terrain, standing: Standing, penalties: Penalties, node: int, held: Floats) -> None:
    """Add to ``held[l]`` the cheapest options of all members in place l; infinite where a member has none."""
    best = np.empty(len(held), np.float64)
    for at in range(terrain.member_begin[node], terrain.member_begin[node + 1]):
        member = terrain.member[at]
        best[:] = np.inf
        for position in range(terrain.option_begin[member], terrain.option_begin[member + 1]):
            place = terrain.place[position]
            best[place] = min(best[place], price_of(terrain, standing, penalties, position))
        for place in range(len(held)):
            held[place] += best[place]


@compiled
def _settle(terrain: Terrain, standing: Standing, penalties: Penalties, node: int, copy: int, place: int) -> float:
    """Give every member its cheapest option in a place, one after the other; returns what they cost together."""
    total = 0.0
    for at in range(terrain.member_begin[node], terrain.member_begin[node + 1]):
        member = terrain.member[at]
        best, cheapest = -1, np.inf
        for position in range(terrain.option_begin[member], terrain.option_begin[member + 1]):
            if terrain.place[position] == place:
                price = price_of(terrain, standing, penalties, position)
                if price < cheapest:
                    best, cheapest = position, price
        book(terrain, standing, best, 1)
        standing.chosen[member, copy] = best
        total += cheapest
    standing.place_of[node, copy] = place
    return total


@compiled
def _lift(terrain: Terrain, standing: Standing, node: int, copy: int, kept: Ints) -> None:
    """Take a node's copy off the books, its options noted in ``kept``."""
    for at in range(terrain.member_begin[node + 1] - terrain.member_begin[node]):
        kept[at] = standing.chosen[terrain.member[terrain.member_begin[node] + at], copy]
        book(terrain, standing, kept[at], -1)


@compiled
def _put_back(terrain: Terrain, standing: Standing, node: int, copy: int, kept: Ints, place: int) -> None:
    for at in range(terrain.member_begin[node + 1] - terrain.member_begin[node]):
        standing.chosen[terrain.member[terrain.member_begin[node] + at], copy] = kept[at]
        book(terrain, standing, kept[at], 1)
    standing.place_of[node, copy] = place


@compiled
def _unbook(terrain: Terrain, standing: Standing, node: int, copy: int) -> None:
    for at in range(terrain.member_begin[node], terrain.member_begin[node + 1]):
        book(terrain, standing, standing.chosen[terrain.member[at], copy], -1)


@compiled
def move_nodes(terrain: Terrain, standing: Standing, penalties: Penalties, nodes: Ints, negligible: float) -> float:
    """Visit nodes in the given order and move each copy where it is cheapest; returns USD saved, penalties included."""
    places = terrain.price.shape[0]
    held = np.empty(places, np.float64)
    total = np.empty(places, np.float64)
    kept = np.empty((1, max(1, np.diff(terrain.member_begin).max())), np.int64)
    star = np.empty(1, np.int64)
    saved = 0.0
    for node in nodes:
        for copy in range(terrain.take[node]):
            here = standing.place_of[node, copy]
            flow_costs(terrain, standing, penalties.pair, node, copy, -1, held)
            _lift(terrain, standing, node, copy, kept[0])
            star[0] = node
            before = held[here] + _price_back(terrain, standing, penalties, star, kept)
            total[:] = held
            _add_options(terrain, standing, penalties, node, total)
            there = int(total.argmin())
            if total[there] < before - negligible:
                after = held[there] + _settle(terrain, standing, penalties, node, copy, there)
                if after < before - negligible:
                    saved += before - after
                    continue
                _unbook(terrain, standing, node, copy)
            _put_back(terrain, standing, node, copy, kept[0], here)
    return saved


@compiled
def move_stars(
    terrain: Terrain, standing: Standing, penalties: Penalties, nodes: Ints, most_neighbours: int, negligible: float
) -> float:
    """Move nodes together with their neighbours: for each place of the centre the best that each neighbour can do.

    Neighbours with more than ``most_neighbours`` of their own stay where they are. Passed over are nodes with more,
    with copies or with a neighbour that has them, and nodes whose neighbours are each other's; returns USD saved,
    penalties included.
    """
    total = np.empty(terrain.price.shape[0], np.float64)
    held = np.empty_like(total)
    answer = np.empty((most_neighbours, len(total)), np.int64)
    kept = np.empty((most_neighbours + 1, max(1, np.diff(terrain.member_begin).max())), np.int64)
    was = np.empty(most_neighbours + 1, np.int64)
    leaf = np.empty(most_neighbours, np.int64)
    mark = np.full(len(terrain.take), -1, np.int64)
    saved = 0.0
    for centre in nodes:
        count = _leaves(terrain, centre, most_neighbours, mark, leaf)
        if count == 0:
            continue
        star = np.append(terrain.near_node[leaf[:count]], centre)
        before = _star_flows(terrain, standing, penalties.pair, star, held)
        for number in range(count + 1):
            was[number] = standing.place_of[star[number], 0]
            _lift(terrain, standing, star[number], 0, kept[number])
        before += _price_back(terrain, standing, penalties, star, kept)
        after = _best_star(terrain, standing, penalties, star, leaf, held, total, answer)
        if after < before - negligible:
            saved += before - after
            continue
        if after < np.inf:
            for node in star:
                _unbook(terrain, standing, node, 0)
        for number in range(count + 1):
            _put_back(terrain, standing, star[number], 0, kept[number], was[number])
    return saved


@compiled
def _best_star(
    terrain: Terrain,
    standing: Standing,
    penalties: Penalties,
    star: Ints,
    leaf: Ints,
    held: Floats,
    total: Floats,
    answer: Ints,
) -> float:
    """Settle a lifted star, its centre last, where it seems best; what it then costs, infinite if it has no place."""
    centre, count = star[-1], len(star) - 1
    total[:] = 0.0
    at = 0
    for near in range(terrain.near_begin[centre], terrain.near_begin[centre + 1]):
        if at < count and near == leaf[at]:
            at += 1
        else:
            _add_flow(terrain, standing, penalties.pair, near, standing.place_of[centre], 0, total)
    _add_options(terrain, standing, penalties, centre, total)
    for number in range(count):
        edge, is_one = terrain.near_edge[leaf[number]], terrain.near_is_one[leaf[number]]
        flow_costs(terrain, standing, penalties.pair, star[number], 0, centre, held)
        _add_options(terrain, standing, penalties, star[number], held)
        _best_answers(terrain, penalties.pair, edge, is_one, held, total, answer[number])
    there = int(total.argmin())
    if total[there] == np.inf:
        return np.inf
    after = _settle(terrain, standing, penalties, centre, 0, there)
    for number in range(count):
        after += _settle(terrain, standing, penalties, star[number], 0, answer[number, there])
    return after + _star_flows(terrain, standing, penalties.pair, star, held)


@compiled
def _leaves(terrain: Terrain, centre: int, most: int, mark: Ints, leaf: Ints) -> int:
    """Number of neighbours that may move with a centre, their positions in ``near_*`` into ``leaf``; 0: no simple star.

    Simple: no copies anywhere, no neighbour twice, none next to another; ``mark`` int64 ``[node]`` is scratch.
    """
    first, last = terrain.near_begin[centre], terrain.near_begin[centre + 1]
    if terrain.take[centre] > 1 or last - first > most:
        return 0
    count = 0
    for near in range(first, last):
        neighbour = terrain.near_node[near]
        if terrain.take[neighbour] > 1 or mark[neighbour] == centre or neighbour == centre:
            return 0
        if terrain.near_begin[neighbour + 1] - terrain.near_begin[neighbour] <= most:
            mark[neighbour] = centre
            leaf[count] = near
            count += 1
    for number in range(count):
        neighbour = terrain.near_node[leaf[number]]
        for beyond in terrain.near_node[terrain.near_begin[neighbour] : terrain.near_begin[neighbour + 1]]:
            if mark[beyond] == centre:
                return 0
    return count


@compiled
def _star_flows(terrain: Terrain, standing: Standing, pair_usd: float, star: Ints, held: Floats) -> float:
    """Flows and forbidden pairs of a star, whose centre stands last."""
    centre = star[-1]
    flow_costs(terrain, standing, pair_usd, centre, 0, -1, held)
    total = float(held[standing.place_of[centre, 0]])
    for neighbour in star[:-1]:
        flow_costs(terrain, standing, pair_usd, neighbour, 0, centre, held)
        total += held[standing.place_of[neighbour, 0]]
    return total


@compiled
def _price_back(terrain: Terrain, standing: Standing, penalties: Penalties, star: Ints, kept: Ints) -> float:
    """What lifted nodes cost on the books, one after the other; the books are left as they were."""
    total = 0.0
    for sign in (1, -1):
        for number in range(len(star)):
            for at in range(terrain.member_begin[star[number] + 1] - terrain.member_begin[star[number]]):
                if sign == 1:
                    total += price_of(terrain, standing, penalties, kept[number, at])
                book(terrain, standing, kept[number, at], sign)
    return total


@compiled
def _best_answers(
    terrain: Terrain, pair_usd: float, edge: int, centre_is_one: bool, held: Floats, total: Floats, answer: Ints
) -> None:
    """For each place of the centre the neighbour's best place, added to ``total``."""
    forth, back = terrain.forth_gb[edge], terrain.back_gb[edge]
    allowed = terrain.allowed[terrain.kind[edge]]
    for place in range(len(total)):
        best, cheapest = 0, np.inf
        for there in range(len(held)):
            if held[there] == np.inf:
                continue
            if centre_is_one:
                price = forth * terrain.price[place, there] + back * terrain.price[there, place]
                price += held[there] + (0.0 if allowed[place, there] else pair_usd)
            else:
                price = forth * terrain.price[there, place] + back * terrain.price[place, there]
                price += held[there] + (0.0 if allowed[there, place] else pair_usd)
            if price < cheapest:
                best, cheapest = there, price
        answer[place] = best
        total[place] += cheapest


@compiled
def total_usd(terrain: Terrain, standing: Standing, ends: Ints) -> float:
    """Cost of the choices, from scratch; ``ends`` int64 ``[edge, 2]``. Infinite when a forbidden pair is joined."""
    total = 0.0
    for chosen in standing.chosen.ravel():
        if chosen >= 0:
            total += terrain.cost[chosen]
    for charge in range(len(terrain.fee)):
        if standing.opened[charge] > 0:
            total += terrain.fee[charge]
    for edge in range(len(ends)):
        ones, others = standing.place_of[ends[edge, 0]], standing.place_of[ends[edge, 1]]
        allowed = terrain.allowed[terrain.kind[edge]]
        for there in others:
            if there < 0:
                continue
            best = np.inf
            for here in ones:
                if here < 0:
                    continue
                if not allowed[here, there]:
                    if terrain.every[edge]:
                        return np.inf
                    continue
                price = terrain.forth_gb[edge] * terrain.price[here, there]
                price += terrain.back_gb[edge] * terrain.price[there, here]
                best = min(best, price)
            total += best
    return total

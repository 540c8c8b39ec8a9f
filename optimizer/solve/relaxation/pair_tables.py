"""What a pair of places costs along an edge, and whether it is allowed, in tables over groups of places.

Places whose rows and columns agree, apart from the places themselves, form a group (see ``place_groups``); a minimum
over ``places x places`` then takes ``places + groups x groups`` steps. Every class of edges (no limit; within 60 ms;
never the same provider ...) has its own groups. Odd classes are the even ones before them with the ends exchanged.
"""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from optimizer.solve.place_groups import agree_elsewhere, group_codes

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


class PairTables(NamedTuple):
    """``L`` places, ``C`` classes of edges, ``G`` the most groups of a class.

    ``member`` int64 ``[C, L]``: places by group; ``start`` int64 ``[C, G + 1]``: where each group begins there;
    ``groups`` int64 ``[C]``; ``price`` float64 ``[C, G, G]`` per GB between groups and ``own_price`` ``[L]`` within a
    place; ``allowed`` bool ``[C, G, G]`` and ``own_allowed`` ``[C, L]``; ``is_plain`` bool ``[C]``: nothing is
    forbidden and no place is dearer to itself than to its group.
    """

    member: Ints
    start: Ints
    groups: Ints
    price: Floats
    own_price: Floats
    allowed: Bools
    own_allowed: Bools
    is_plain: Bools


def pair_tables(price: Floats, admissible: list[Bools]) -> PairTables:
    """Tables of a transfer price and of classes of admissible pairs, all ``[from place, to place]``."""
    both = [matrix for one in admissible for matrix in (one, one.T)]
    grouped = [group_codes(len(price), partial(agree_elsewhere, price, one)) for one in both]
    most = max(int(code.max()) + 1 for code in grouped)
    places = len(price)
    tables = PairTables(
        member=np.array([np.argsort(code, kind="stable") for code in grouped]),
        start=np.array([np.searchsorted(np.sort(code), np.arange(most + 1)) for code in grouped]),
        groups=np.array([int(code.max()) + 1 for code in grouped]),
        price=np.zeros((len(both), most, most)),
        own_price=np.diag(price).copy(),
        allowed=np.zeros((len(both), most, most), dtype=np.bool_),
        own_allowed=np.array([np.diag(one) for one in both]).reshape(len(both), places),
        is_plain=np.zeros(len(both), dtype=np.bool_),
    )
    for number, (code, one) in enumerate(zip(grouped, both, strict=True)):
        _, first = np.unique(code, return_index=True)
        last = places - 1 - np.unique(code[::-1], return_index=True)[1]
        # A group's price to itself is read between two of its places; a place alone has only its own price.
        rows, columns = np.broadcast_arrays(first[:, None], np.where(np.eye(len(first)), last, first))
        tables.price[number, : len(first), : len(first)] = price[rows, columns]
        tables.allowed[number, : len(first), : len(first)] = one[rows, columns]
        inside = tables.price[number][code, code]
        tables.is_plain[number] = bool(one.all() and (tables.own_price <= inside).all())
    return tables

"""Places that a flow cannot tell apart, found from the transfer matrix, never assumed.

Two places belong to one group when their rows and columns of the transfer matrix, and of the admissible pairs of the
flow's limit, agree outside the entries of the places themselves. What is left is the saving of being in the very
same place. A place whose own entry is dearer than its neighbours', or admissible where they are not, stands alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PlaceGroups:
    """``code`` int64 ``[place]``; ``price`` float64 and ``admissible`` bool ``[group, group]``.

    ``saving`` float64 ``[place]``: what being in the same place saves per GB against the group's own price.
    """

    code: npt.NDArray[np.int64]
    price: npt.NDArray[np.float64]
    admissible: npt.NDArray[np.bool_]
    saving: npt.NDArray[np.float64]

    @property
    def count(self) -> int:
        """Number of groups."""
        return len(self.price)


def discover_groups(price: npt.NDArray[np.float64], admissible: npt.NDArray[np.bool_]) -> PlaceGroups:
    """Groups of places under a transfer price and an admissibility matrix, both ``[from place, to place]``."""
    code = group_codes(len(price), lambda one, other: _alike(price, admissible, one, other))
    first = np.unique(code, return_index=True)[1]
    group_price = price[np.ix_(first, first)].copy()
    for number in range(len(first)):
        group = np.flatnonzero(code == number)
        if len(group) > 1:
            group_price[number, number] = price[group[0], group[1]]
    saving = group_price[code, code] - np.diag(price)
    return PlaceGroups(code=code, price=group_price, admissible=admissible[np.ix_(first, first)], saving=saving)


def group_codes(places: int, alike: Callable[[int, int], bool]) -> npt.NDArray[np.int64]:
    """Group of each place, ``[place]``: that of the first place that it is like, numbered as they appear."""
    first: list[int] = []
    code = np.empty(places, dtype=np.int64)
    for place in range(places):
        home = next((number for number, one in enumerate(first) if alike(one, place)), len(first))
        if home == len(first):
            first.append(place)
        code[place] = home
    return code


def agree_elsewhere(price: npt.NDArray[np.float64], admissible: npt.NDArray[np.bool_], one: int, other: int) -> bool:
    """Whether two places have the same rows and columns, apart from the entries of the places themselves."""
    rest = np.ones(len(price), dtype=np.bool_)
    rest[[one, other]] = False
    return all(
        matrix[one, other] == matrix[other, one]
        and np.array_equal(matrix[one, rest], matrix[other, rest])
        and np.array_equal(matrix[rest, one], matrix[rest, other])
        for matrix in (price, admissible)
    )


def _alike(price: npt.NDArray[np.float64], admissible: npt.NDArray[np.bool_], one: int, other: int) -> bool:
    if not agree_elsewhere(price, admissible, one, other):
        return False
    near = price[one, other]
    can = admissible[one, other]
    return bool(
        max(price[one, one], price[other, other]) <= near and admissible[one, one] == can == admissible[other, other]
    )

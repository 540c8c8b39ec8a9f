"""Places that a flow cannot tell apart, found from the transfer matrix, never assumed.

Two places belong to one group when their rows and columns of the transfer matrix, and of the admissible pairs of the
flow's limit, agree outside the entries of the places themselves. What is left is the saving of being in the very
same place. A place whose own entry is dearer than its neighbours', or admissible where they are not, stands alone.
"""

from __future__ import annotations

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
    places = len(price)
    members: list[list[int]] = []
    for place in range(places):
        home = next((group for group in members if _alike(price, admissible, group[0], place)), None)
        if home is None:
            members.append([place])
        else:
            home.append(place)
    code = np.empty(places, dtype=np.int64)
    for number, group in enumerate(members):
        code[group] = number
    first = np.array([group[0] for group in members], dtype=np.int64)
    group_price = price[np.ix_(first, first)].copy()
    for number, group in enumerate(members):
        if len(group) > 1:
            group_price[number, number] = price[group[0], group[1]]
    saving = group_price[code, code] - np.diag(price)
    return PlaceGroups(code=code, price=group_price, admissible=admissible[np.ix_(first, first)], saving=saving)


def _alike(price: npt.NDArray[np.float64], admissible: npt.NDArray[np.bool_], one: int, other: int) -> bool:
    rest = np.ones(len(price), dtype=np.bool_)
    rest[[one, other]] = False
    for matrix in (price, admissible):
        if not (matrix[one, rest] == matrix[other, rest]).all() or not (matrix[rest, one] == matrix[rest, other]).all():
            return False
        if matrix[one, other] != matrix[other, one]:
            return False
    near = price[one, other]
    can = admissible[one, other]
    return bool(
        max(price[one, one], price[other, other]) <= near and admissible[one, one] == can == admissible[other, other]
    )

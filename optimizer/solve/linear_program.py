"""A mixed-integer linear program in arrays, collected in bulk."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LinearProgram:
    """Minimise ``cost . z`` with ``row_lower <= matrix z <= row_upper``, ``0 <= z <= upper``; ``integer`` ones whole.

    ``matrix`` is CSR ``[row, column]``; ``cost`` is in USD.
    """

    cost: Floats
    upper: Floats
    integer: npt.NDArray[np.bool_]
    matrix: sparse.csr_matrix
    row_lower: Floats
    row_upper: Floats


class LinearProgramBuilder:
    """Adds columns and rows by the array."""

    def __init__(self) -> None:
        self._cost: list[Floats] = []
        self._upper: list[Floats] = []
        self._integer: list[npt.NDArray[np.bool_]] = []
        self._columns = 0
        self._rows = 0
        self._added_cost: list[tuple[Ints, Floats]] = []
        self._entries: list[tuple[Ints, Ints, Floats]] = []
        self._lower_bounds: list[Floats] = []
        self._upper_bounds: list[Floats] = []

    def columns(self, cost: Floats, *, upper: float | Floats = 1.0, integer: bool = False) -> Ints:
        """New columns, one a cost; returns their indices."""
        added = len(cost)
        self._cost.append(np.asarray(cost, dtype=np.float64))
        self._upper.append(np.broadcast_to(np.asarray(upper, dtype=np.float64), added))
        self._integer.append(np.full(added, integer))
        self._columns += added
        return np.arange(self._columns - added, self._columns, dtype=np.int64)

    def add_cost(self, column: Ints, cost: Floats) -> None:
        """More cost for columns that are there already; a column may stand several times."""
        self._added_cost.append((column, cost))

    def rows(
        self, row: Ints, column: Ints, value: Floats | float, lower: Floats | float, upper: Floats | float
    ) -> None:
        """New rows ``0 .. max(row)`` (local numbers), given as entries; bounds for all or one a row."""
        if not len(row):
            return
        added = int(row.max()) + 1
        self._entries.append((row + self._rows, column, np.broadcast_to(np.asarray(value, np.float64), len(row))))
        self._lower_bounds.append(np.broadcast_to(np.asarray(lower, np.float64), added))
        self._upper_bounds.append(np.broadcast_to(np.asarray(upper, np.float64), added))
        self._rows += added

    def build(self) -> LinearProgram:
        """The program; entries of one cell add up."""
        row, column, value = (np.concatenate(part) for part in zip(*self._entries, strict=True))
        matrix = sparse.csr_matrix((value, (row, column)), shape=(self._rows, self._columns))
        matrix.sum_duplicates()
        cost_usd = np.concatenate(self._cost)
        for columns, added in self._added_cost:
            np.add.at(cost_usd, columns, added)
        return LinearProgram(
            cost=cost_usd,
            upper=np.concatenate(self._upper),
            integer=np.concatenate(self._integer),
            matrix=matrix,
            row_lower=np.concatenate(self._lower_bounds),
            row_upper=np.concatenate(self._upper_bounds),
        )

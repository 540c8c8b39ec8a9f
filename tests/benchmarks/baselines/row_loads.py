"""How heavy each row of a model is under the choices of the moment."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from optimizer.model.placement_model import ROW_TOLERANCE_RATIO, PlacementModel, Row
from tests.benchmarks.baselines.choices import Floats, Ints

SHORT_FRACTION: Final = 1024


class RowLoads:
    """``_row`` int64 and ``_weight`` float64 ``[option, entry]`` list the rows of an option; the last row is a dummy of
    unlimited capacity, which fills the lists up.
    """

    def __init__(self, model: PlacementModel, chosen: Ints) -> None:
        self._rows = model.rows
        self._options = len(model.option_node)
        option = np.concatenate([np.zeros(0, dtype=np.int64), *(row.option for row in model.rows)])
        weight = np.concatenate([np.zeros(0), *(row.coefficient for row in model.rows)])
        row = np.repeat(np.arange(len(model.rows)), [len(each.option) for each in model.rows])
        order = np.argsort(option, kind="stable")
        option, weight, row = option[order], weight[order], row[order]
        entry = np.arange(len(option)) - np.searchsorted(option, option)
        shape = (self._options, int(entry.max(initial=0)) + 1)
        self._row = np.full(shape, len(model.rows), dtype=np.int64)
        self._weight = np.zeros(shape)
        self._row[option, entry], self._weight[option, entry] = row, weight
        self._upper = np.append([_safe_upper(each) for each in model.rows], np.inf)
        self._width = np.append([len(each.option) for each in model.rows], 0)
        self._load = np.bincount(self._row[chosen].ravel(), self._weight[chosen].ravel(), len(model.rows) + 1)

    def weights(self, row: int) -> Floats:
        """Weight of every option in a row, ``[option]``."""
        weight = np.zeros(self._options)
        np.add.at(weight, self._rows[row].option, self._rows[row].coefficient)
        return weight

    def broken(self) -> Ints:
        """Rows over their bound, those of the fewest options first."""
        rows = np.flatnonzero(self._load > self._upper)
        return rows[np.argsort(self._width[rows], kind="stable")]

    def is_broken(self, row: int) -> bool:
        """Whether a row is over its bound."""
        return bool(self._load[row] > self._upper[row])

    def exchange(self, old: int, new: int) -> None:
        """Choose ``new`` in place of ``old``."""
        np.subtract.at(self._load, self._row[old], self._weight[old])
        np.add.at(self._load, self._row[new], self._weight[new])

    def has_room(self, old: int, options: Ints, relieved: int) -> npt.NDArray[np.bool_]:
        """Options that could replace ``old`` so that no row goes over its bound, or further over it.

        Rows of more options than the ``relieved`` one are not looked at: their turn comes later.
        """
        without = self._load.copy()
        np.subtract.at(without, self._row[old], self._weight[old])
        most = np.where(self._width > self._width[relieved], np.inf, np.maximum(self._upper, self._load))
        row = self._row[options]
        fits: npt.NDArray[np.bool_] = (without[row] + self._weight[options] <= most[row]).all(axis=1)
        return fits


def _safe_upper(row: Row) -> float:
    """The bound, a little lower where weights are no short binary fractions and their sums are not exact."""
    exact = (row.coefficient * SHORT_FRACTION % 1 == 0).all()
    return row.upper if exact else row.upper - ROW_TOLERANCE_RATIO * row.scale

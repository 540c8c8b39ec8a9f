"""Prices of rows: moved along what the choices of the relaxed problem weigh too much or too little."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from optimizer.solve.relaxation.cell_costs import CellCosts
from optimizer.solve.search.walk import Standing

Floats = npt.NDArray[np.float64]

FIRST_STEP_RATIO: Final = 0.25
"""First step as a share of what a unit of the row's weight typically costs."""
DECAY: Final = 0.03
MEMORY: Final = 0.7
FASTER, SLOWER, FASTEST = 1.15, 0.6, 50.0
"""A row's pace grows while it stays on one side of its bound and falls when it changes sides (RPROP)."""
BALANCED_RATIO: Final = 0.3
"""Size of a row whose bound is zero (a share of the total), as a part of what its choices weigh."""


class PriceAscent:
    """Subgradient steps with momentum; each row has a pace of its own, relative to its size and its typical price."""

    def __init__(self, costs: CellCosts, typical_row_usd: Floats, start: Floats) -> None:
        self.upper = costs.upper
        self._weights = costs.weights
        self._step = FIRST_STEP_RATIO * typical_row_usd
        self._prices = start
        self._pace = np.ones(len(start))
        self._excess = np.zeros(len(start))
        self._direction = np.zeros(len(start))
        self._steps = 0

    def step(self, standing: Standing) -> Floats:
        """The next prices, USD per unit of weight, ``[row]``."""
        turnover = self._turnover(standing)
        size = np.where(np.abs(self.upper) < 1e-9 * turnover, BALANCED_RATIO * turnover, np.abs(self.upper))
        excess = np.divide(standing.load - self.upper, size, out=np.zeros(len(size)), where=size > 0).clip(-1, 1)
        side = np.where((self._prices > 0) | (excess > 0), np.sign(excess * self._excess), 0.0)
        self._pace *= np.select([side > 0, side < 0], [FASTER, SLOWER], 1.0)
        self._pace = np.minimum(self._pace, FASTEST)
        self._excess = excess
        self._direction = MEMORY * self._direction + (1 - MEMORY) * excess
        step = self._step * self._pace / (1 + DECAY * self._steps)
        self._prices = np.maximum(0.0, self._prices + step * self._direction)
        self._steps += 1
        return self._prices

    def _turnover(self, standing: Standing) -> Floats:
        """Sum of the absolute weights of the choices, ``[row]``."""
        chosen = self._weights[standing.chosen[standing.chosen >= 0]]
        turnover: Floats = np.zeros(len(self.upper))
        np.add.at(turnover, chosen.indices, np.abs(chosen.data))
        return turnover

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
DECAY: Final = 0.12
MEMORY: Final = 0.7
BALANCED_RATIO: Final = 0.3
"""Size of a row whose bound is zero (a share of the total), as a part of what its choices weigh."""


class PriceAscent:
    """Subgradient steps with momentum; a row's step is relative to its own size and to its own typical price."""

    def __init__(self, costs: CellCosts, typical_row_usd: Floats, start: Floats) -> None:
        self.upper = costs.upper
        self._weights = costs.weights
        self._step = FIRST_STEP_RATIO * typical_row_usd
        self._prices = start
        self._direction = np.zeros(len(start))
        self._steps = 0

    def step(self, standing: Standing) -> Floats:
        """The next prices, USD per unit of weight, ``[row]``."""
        turnover = self._turnover(standing)
        size = np.where(np.abs(self.upper) < 1e-9 * turnover, BALANCED_RATIO * turnover, np.abs(self.upper))
        excess = np.divide(standing.load - self.upper, size, out=np.zeros(len(size)), where=size > 0)
        self._direction = MEMORY * self._direction + (1 - MEMORY) * np.clip(excess, -1, 1)
        self._prices = np.maximum(0.0, self._prices + self._step * self._direction / (1 + DECAY * self._steps))
        self._steps += 1
        return self._prices

    def _turnover(self, standing: Standing) -> Floats:
        """Sum of the absolute weights of the choices, ``[row]``."""
        chosen = self._weights[standing.chosen[standing.chosen >= 0]]
        turnover: Floats = np.zeros(len(self.upper))
        np.add.at(turnover, chosen.indices, np.abs(chosen.data))
        return turnover

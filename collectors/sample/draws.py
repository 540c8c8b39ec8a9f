"""Deterministic draws: stratified, so that totals hardly depend on the seed while every single thing does."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import NormalDist
from typing import Final, TypeVar

import numpy as np
import numpy.typing as npt

Choice = TypeVar("Choice")
_NORMAL: Final = NormalDist()


class Draws:
    """A seeded source of choices. The same calls in the same order give the same answers."""

    def __init__(self, seed: int) -> None:
        self._random = np.random.default_rng(seed)

    def between(self, low: float, high: float) -> float:
        """A number from a uniform distribution."""
        return float(self._random.uniform(low, high))

    def whole(self, low: int, high: int) -> int:
        """A whole number from ``low`` to ``high``, both possible."""
        return int(self._random.integers(low, high + 1))

    def one(self, choices: Sequence[Choice]) -> Choice:
        """One of several, equally likely."""
        return choices[int(self._random.integers(len(choices)))]

    def shares(self, count: int, sigma: float) -> npt.NDArray[np.float64]:
        """Float64 ``[count]`` that sum to 1: lognormal quantiles (few large, many small), shuffled.

        Quantiles instead of draws: with a few hundred things one lucky draw would decide the total.
        """
        if count == 0:
            return np.zeros(0)
        quantiles = np.array([_NORMAL.inv_cdf((index + 0.5) / count) for index in range(count)])
        weights = np.exp(sigma * quantiles)
        return self._random.permutation(weights / weights.sum())

    def spread(self, ratios: dict[Choice, float], count: int) -> list[Choice]:
        """``count`` choices in the given ratios, shuffled; each occurs as often as its ratio says, rounded up or down.

        Systematic sampling (W. G. Madow, 1949): equidistant points with one random start over the ratios laid end to
        end, so that neighbours in ``ratios`` stand in for each other when ``count`` is small.
        """
        names = list(ratios)
        ends = np.cumsum([ratios[name] for name in names])
        points = (np.arange(count) + self._random.uniform()) * (ends[-1] / count) if count else np.zeros(0)
        laid_out = np.minimum(np.searchsorted(ends, points, side="right"), len(names) - 1)
        return [names[index] for index in self._random.permutation(laid_out)]

    def chosen(self, count: int, ratio: float) -> list[bool]:
        """``count`` flags of which ``ratio`` are true, rounded up or down, shuffled."""
        return self.spread({True: ratio, False: 1.0 - ratio}, count)

    def hexadecimal(self) -> str:
        """Sixteen hexadecimal digits."""
        return bytes(self._random.integers(0, 256, 8, dtype=np.uint8)).hex()

    def several(self, choices: Sequence[Choice], weights: Sequence[float], count: int) -> list[Choice]:
        """At most ``count`` different ones, the heavier the likelier; only those of positive weight."""
        chances = np.asarray(weights, dtype=np.float64)
        number = min(count, int((chances > 0).sum()))
        if number == 0:
            return []
        picked = self._random.choice(len(choices), size=number, replace=False, p=chances / chances.sum())
        return [choices[int(index)] for index in picked]

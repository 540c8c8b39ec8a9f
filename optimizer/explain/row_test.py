"""Tests single changes of a plan against a rule that is nothing but rows, by the change of a sum."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from optimizer.model.builder import ModelBuilder
from optimizer.plan import Plan
from optimizer.problem.problem import Problem
from optimizer.rules.rule import Rule

_CLEAR_RATIO: Final = 1e-6
"""A sum this far from its bound, relative to the amounts in it, is on its side of the bound whatever floats do."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RowTest:
    """The rows that a rule contributes to the model, ``sum of coefficient[row, chosen option] <= upper[row]``.

    ``total`` is the plan's sum, float64 ``[row]``; ``scale`` bounds the amounts that can be in it.
    """

    coefficient: npt.NDArray[np.float64]
    upper: npt.NDArray[np.float64]
    total: npt.NDArray[np.float64]
    scale: npt.NDArray[np.float64]

    @classmethod
    def of(cls, problem: Problem, plan: Plan, rule: Rule) -> RowTest | None:
        """The test of a rule around a plan; None for a rule that contributes anything but rows."""
        builder = ModelBuilder(problem)
        rule.contribute(problem, builder)
        model = builder.build()
        if model.groups or (model.pair_limit >= 0).any() or not model.rows:
            return None
        coefficient = np.zeros((len(model.rows), len(problem.option_ids)))
        for at, row in enumerate(model.rows):
            np.add.at(coefficient[at], row.option, row.coefficient)
        chosen = coefficient[:, plan.chosen]
        upper = np.array([row.upper for row in model.rows])
        return cls(
            coefficient=coefficient,
            upper=upper,
            total=chosen.sum(axis=1),
            scale=np.abs(chosen).sum(axis=1) + np.abs(coefficient).max(axis=1, initial=0.0) + np.abs(upper),
        )

    def breaks(self, *, leaving: int, taking: int) -> bool | None:
        """Whether a plan that takes one option instead of another breaks the rule; None when it is too close to say."""
        over = self.total - self.coefficient[:, leaving] + self.coefficient[:, taking] - self.upper
        if (over > _CLEAR_RATIO * self.scale).any():
            return True
        return False if (over < -_CLEAR_RATIO * self.scale).all() else None

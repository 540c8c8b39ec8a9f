"""What being present in a place costs, seen from one node: who would be there alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from optimizer.plan import Plan
from optimizer.problem.problem import Problem
from optimizer.rules.open_cost import OpenCost


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PresenceCosts:
    """Open-cost rules as columns: ``area`` bool ``[rule, place]``, monthly micro-USD and how many options of the plan
    lie in the area, both int64 ``[rule]``; ``rule`` indexes ``problem.rules``.
    """

    area: npt.NDArray[np.bool_]
    monthly_micro_usd: npt.NDArray[np.int64]
    inside: npt.NDArray[np.int64]
    rule: npt.NDArray[np.int64]

    @classmethod
    def of(cls, problem: Problem, plan: Plan) -> PresenceCosts:
        """The open-cost rules of a problem and how a plan meets them."""
        charges = [(row, rule) for row, rule in enumerate(problem.rules) if isinstance(rule, OpenCost)]
        area = np.zeros((len(charges), len(problem.places)), dtype=np.bool_)
        area[np.arange(len(charges)), [problem.place_index[charge.place] for _, charge in charges]] = True
        return cls(
            area=area,
            monthly_micro_usd=np.array([charge.monthly_micro_usd for _, charge in charges], dtype=np.int64),
            inside=area[:, problem.option_place[plan.chosen]].sum(axis=1, dtype=np.int64),
            rule=np.array([row for row, _ in charges], dtype=np.int64),
        )

    def alone_in(self, *, own: npt.NDArray[np.int32], at: npt.NDArray[np.int32]) -> npt.NDArray[np.float64]:
        """Presence cost that a node now at the places ``own`` would cause at each of the places ``at``, ``[place]``."""
        others = self.inside - self.area[:, own].sum(axis=1)
        empty_without_it = np.where(others == 0, self.monthly_micro_usd, 0)
        caused: npt.NDArray[np.float64] = (empty_without_it[:, None] * self.area[:, at]).sum(axis=0, dtype=np.float64)
        return caused

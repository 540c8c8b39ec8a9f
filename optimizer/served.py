"""Who serves whom along flows: which chosen places of a flow's source can feed each chosen place of its target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from optimizer.plan import Plan
from optimizer.problem.problem import Problem
from optimizer.problem.ranges import end_to_end

Scalar = TypeVar("Scalar", bound=np.generic)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Served:
    """Flows with both ends placed, a row for every chosen place of the target and a pair for every source of a row.

    Row ``r`` (``[row]``) belongs to ``flow[r]`` and has the pairs from ``first_pair[r]`` up to those of the next row;
    pair ``p`` (``[pair]``) goes from place ``source[p]`` to place ``target[p]`` and belongs to ``row[p]``.
    """

    flow: npt.NDArray[np.int64]
    first_pair: npt.NDArray[np.int64]
    row: npt.NDArray[np.int64]
    source: npt.NDArray[np.int32]
    target: npt.NDArray[np.int32]

    @classmethod
    def of(cls, problem: Problem, plan: Plan, flows: npt.NDArray[np.int64]) -> Served:
        """What serves what under a plan along the given flows."""
        first_source, sources = plan.range_of(problem, problem.flow_from[flows])
        first_target, targets = plan.range_of(problem, problem.flow_to[flows])
        targets = np.where(sources > 0, targets, 0)
        flow_of_row = np.repeat(np.arange(len(flows)), targets)
        sources_of_row = sources[flow_of_row]
        row = np.repeat(np.arange(len(flow_of_row)), sources_of_row)
        place = problem.option_place[plan.chosen]
        return cls(
            flow=flows[flow_of_row],
            first_pair=np.cumsum(sources_of_row) - sources_of_row,
            row=row,
            source=place[end_to_end(first_source[flow_of_row], sources_of_row)],
            target=place[end_to_end(first_target, targets)][row],
        )

    def least(self, values: npt.NDArray[Scalar]) -> npt.NDArray[Scalar]:
        """The least value among the pairs of each row, ``[row]``."""
        return np.minimum.reduceat(values, self.first_pair) if len(self.flow) else values

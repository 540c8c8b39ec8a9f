"""Uses by resource and place, so that hundreds of capacity rules together read the uses once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from optimizer.problem.problem import Problem


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class UseIndex:
    """``order[start[c]:start[c + 1]]`` are the uses of cell ``c = resource code * number of places + place code``."""

    order: npt.NDArray[np.int32]
    start: npt.NDArray[np.int64]

    @classmethod
    def of(cls, problem: Problem) -> UseIndex:
        """The index of a problem's uses."""
        cells = len(problem.resources) * len(problem.places)
        # The narrowest type: numpy sorts 8 and 16 bits by counting.
        cell = np.empty(len(problem.use_option), dtype=np.min_scalar_type(cells))
        cell[:] = problem.use_resource * len(problem.places) + problem.option_place[problem.use_option]
        return cls(
            order=np.argsort(cell, kind="stable").astype(np.int32),
            start=np.concatenate([[0], np.cumsum(np.bincount(cell, minlength=cells))]),
        )

    def uses(self, problem: Problem, resource: str, place_ids: Iterable[str]) -> npt.NDArray[np.int32]:
        """Uses of a resource by options in the places (none named: in any), ascending."""
        if resource not in problem.resources:
            return np.zeros(0, dtype=np.int32)
        places = sorted({problem.place_index[place_id] for place_id in place_ids}) or range(len(problem.places))
        first = problem.resources.index(resource) * len(problem.places)
        runs = [self.order[self.start[first + place] : self.start[first + place + 1]] for place in places]
        return runs[0] if len(runs) == 1 else np.sort(np.concatenate(runs))

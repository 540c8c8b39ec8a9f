"""Rows only when they matter: solve without them, look which the answer breaks, add those, solve again.

Leaving rows out can only lower the optimum, so every round's bound holds for the whole model; an answer that keeps
every row left out is an answer of the whole model. Most quotas and budgets are slack, and without their rows the
model falls into parts and reduces much further.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from optimizer.model.placement_model import PlacementModel, Row
from optimizer.solve.exact import RawAnswer, Solver, solve_exactly
from optimizer.solve.limits import Clock, Limits

ROUNDS_BEFORE_ALL = 3
ROW_TOLERANCE = 1e-9


def solve_with_lazy_rows(
    model: PlacementModel,
    *,
    limits: Limits,
    seed: int,
    clock: Clock,
    row_slack_ratio: float = 0.0,
    on_bound: Callable[[float], None] | None = None,
    solver: Solver = solve_exactly,
) -> RawAnswer:
    """Solve in rounds; each gets at most half of the time that is left, the one with every row all of it."""
    deadline = clock() + limits.time_limit_seconds
    active: set[int] = set()
    best_bound = float("-inf")
    attempt = 0
    while True:
        whole = attempt == ROUNDS_BEFORE_ALL or len(active) == len(model.rows)
        attempt += 1
        rows = model.rows if whole else tuple(model.rows[at] for at in sorted(active))
        left = max(deadline - clock(), 0.0)
        answer = solver(
            replace(model, rows=rows),
            limits=Limits(time_limit_seconds=max(left if whole else left / 2, 0.1), gap_ratio=limits.gap_ratio),
            seed=seed,
            clock=clock,
            row_slack_ratio=row_slack_ratio,
            on_bound=on_bound,
        )
        best_bound = max(best_bound, answer.bound_usd)
        answer = replace(answer, bound_usd=best_bound)
        if whole or answer.verdict == "infeasible":
            return answer
        if answer.chosen is not None:
            broken = {at for at, row in enumerate(model.rows) if is_broken(row, answer.chosen)}
            if not broken:
                return answer
            active |= broken
        else:
            active = set(range(len(model.rows)))


def is_broken(row: Row, chosen: npt.NDArray[np.int64]) -> bool:
    """Whether the chosen options weigh more than the row allows, beyond rounding."""
    weight = float(row.coefficient[np.isin(row.option, chosen)].sum())
    return weight > row.upper + ROW_TOLERANCE * max(1.0, abs(row.upper))

"""What a baseline is and what it finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from optimizer.plan import Plan
from optimizer.problem.problem import Problem


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Found:
    """A plan, or None and why there is none; a bound if one is proved.

    ``optimizer.verify`` says whether the plan keeps the rules.
    """

    plan: Plan | None
    lower_bound_usd: float | None = None
    reason: str = "nothing found"


class Baseline(Protocol):
    """Another way to place an estate."""

    def __call__(self, problem: Problem, *, seconds: float) -> Found:
        """A plan within about the seconds given."""

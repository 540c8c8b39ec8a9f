"""When a solve may stop, and what it says on the way."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

LEAST_SECONDS: Final = 0.05
Clock = Callable[[], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Stop when the proved gap is at most ``gap_ratio`` or after ``time_limit_seconds``."""

    time_limit_seconds: float = 60.0
    gap_ratio: float = 0.0

    def __post_init__(self) -> None:
        if not self.time_limit_seconds > 0:
            raise ValueError(f"time_limit_seconds is {self.time_limit_seconds}; expected more than 0")
        if not 0 <= self.gap_ratio < 1:
            raise ValueError(f"gap_ratio is {self.gap_ratio}; expected 0 or more and less than 1")

    def within(self, seconds: float) -> Limits:
        """The same with another time limit, of ``LEAST_SECONDS`` at least."""
        return dataclasses.replace(self, time_limit_seconds=max(seconds, LEAST_SECONDS))


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a solve has come."""

    stage: str
    seconds: float
    best_micro_usd: Decimal | None = None
    lower_bound_micro_usd: Decimal | None = None


ProgressCallback = Callable[[Progress], None]

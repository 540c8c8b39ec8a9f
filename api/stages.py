"""Timing and counting of the stages of the line."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import perf_counter

from api.runs.result import StageReport


@dataclass(slots=True)
class StageCounts:
    """What a stage says of itself while it runs."""

    count_in: int = 0
    count_out: int = 0
    count_dropped: int = 0
    input_fingerprint: str = ""


@dataclass(slots=True)
class Line:
    """The reports so far; every finished stage is told to ``on_stage``."""

    on_stage: Callable[[StageReport], None]
    reports: list[StageReport] = field(default_factory=list)

    @contextmanager
    def stage(self, name: str) -> Iterator[StageCounts]:
        """Time a stage; its report is made when it ends without an error."""
        counts = StageCounts()
        began = perf_counter()
        yield counts
        report = StageReport(
            name=name,
            seconds=perf_counter() - began,
            count_in=counts.count_in,
            count_out=counts.count_out,
            count_dropped=counts.count_dropped,
            input_fingerprint=counts.input_fingerprint,
        )
        self.reports.append(report)
        self.on_stage(report)

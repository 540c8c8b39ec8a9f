"""Pipelines that worker processes import by name."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

from api.runs.result import RunRequest, RunResult, StageReport
from tests.api.answers import recommendation, solved, stages

OnStage = Callable[[StageReport], None]


def advise_one(request: RunRequest, *, on_stage: OnStage) -> RunResult:
    """Advises one move."""
    for report in stages():
        on_stage(report)
    return solved(recommendation(saving_usd=100 + request.seed))


def crash_then_advise(request: RunRequest, *, on_stage: OnStage) -> RunResult:
    """The first attempt is killed in the middle, as by a fault of native code; the second advises."""
    if _is_first_time(request.data_directory / "crashed"):
        on_stage(stages()[0])
        os.kill(os.getpid(), signal.SIGKILL)
    return advise_one(request, on_stage=on_stage)


def always_crash(request: RunRequest, *, on_stage: OnStage) -> RunResult:
    """Every attempt is killed."""
    os.kill(os.getpid(), signal.SIGKILL)
    return advise_one(request, on_stage=on_stage)


def stall_then_advise(request: RunRequest, *, on_stage: OnStage) -> RunResult:
    """The first attempt goes on for a minute after its first stage; later ones advise at once."""
    if _is_first_time(request.data_directory / "stalled"):
        on_stage(stages()[0])
        time.sleep(60)
    return advise_one(request, on_stage=on_stage)


def stall(request: RunRequest, *, on_stage: OnStage) -> RunResult:
    """Goes on for a minute after its first stage."""
    on_stage(stages()[0])
    time.sleep(60)
    return advise_one(request, on_stage=on_stage)


def _is_first_time(marker: Path) -> bool:
    try:
        marker.touch(exist_ok=False)
    except FileExistsError:
        return False
    return True

"""A run in this very process, for the command line: same request, same line, same rows as a run of the service."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta

from api.clock import Clock
from api.database.engine import Database
from api.errors import AttemptLost
from api.jobs.queue import finish, record_stage
from api.runs.repository import create_run, persist_result
from api.runs.result import Pipeline, RunRequest, RunResult, StageReport
from api.runs.service import new_run_id
from api.runs.tables import RunRow
from api.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class InlineOrder:
    """What the command line asks for."""

    estate: str
    as_of_on: date
    policy_toml: str | None
    time_limit_seconds: float
    gap_ratio: float
    seed: int


def run_inline(
    order: InlineOrder,
    *,
    database: Database,
    settings: Settings,
    pipeline: Pipeline,
    clock: Clock,
    on_stage: Callable[[StageReport], None],
) -> tuple[str, RunResult]:
    """Do a run now and store it; its id and what it found. A failure is stored with the run and raised."""
    run_id, attempt = _begin(order, database, settings, clock)

    def record(report: StageReport) -> None:
        with database.writing() as session:
            record_stage(session, run_id=run_id, attempt=attempt, report=report, now=clock())
        on_stage(report)

    request = RunRequest(
        run_id=run_id,
        estate=order.estate,
        data_directory=settings.data_directory,
        as_of_on=order.as_of_on,
        policy_toml=order.policy_toml,
        time_limit_seconds=order.time_limit_seconds,
        gap_ratio=order.gap_ratio,
        seed=order.seed,
    )
    try:
        result = pipeline(request, on_stage=record)
        persist_result(database, run_id=run_id, attempt=attempt, result=result, now=clock())
    except BaseException as error:
        failure = {"kind": type(error).__name__, "detail": str(error)}
        with suppress(AttemptLost), database.writing() as session:
            finish(session, run_id=run_id, attempt=attempt, status="failed", now=clock(), failure=failure)
        raise
    return run_id, result


def _begin(order: InlineOrder, database: Database, settings: Settings, clock: Clock) -> tuple[str, int]:
    """Store the run as already running, under a lease as long as a run may take, so that no worker picks it up."""
    now = clock()
    run = RunRow(
        id=new_run_id(),
        estate=order.estate,
        status="running",
        requested_at=now,
        requested_by="command line",
        as_of_on=order.as_of_on,
        policy_toml=order.policy_toml,
        time_limit_seconds=order.time_limit_seconds,
        gap_ratio=order.gap_ratio,
        seed=order.seed,
        attempt=1,
        lease_owner=f"command line {os.getpid()}",
        lease_until=now + timedelta(seconds=settings.max_run_seconds),
        started_at=now,
    )
    run_id, attempt = run.id, run.attempt
    with database.writing() as session:
        create_run(session, run)
    return run_id, attempt

"""One attempt at a run, in a process of its own: a crash of native code or a kill ends this process and no other."""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Callable
from typing import Any, Final

from api.clock import Clock, utc_now
from api.database.engine import Database
from api.errors import AttemptLost
from api.jobs.parent import when_parent_ends
from api.jobs.queue import finish, hand_back, record_stage
from api.runs.repository import load_run, persist_result
from api.runs.result import Pipeline, RunRequest, StageReport
from api.runs.tables import RunRow
from api.settings import Settings
from collectors.errors import Transient

_LOG: Final = logging.getLogger(__name__)

Collect = Callable[[RunRequest], StageReport | None]


def run_attempt(settings: Settings, run_id: str, attempt: int, pipeline: Pipeline, collect: Collect | None) -> None:
    """What the process does. ``collect`` refreshes the store before a nightly run; None where nothing is connected."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches us too; our worker decides what becomes of us
    when_parent_ends(lambda: os._exit(1))  # a killed worker leaves nobody computing
    database = Database(settings.resolved_database_url)
    try:
        do_attempt(
            database, settings, run_id=run_id, attempt=attempt, pipeline=pipeline, collect=collect, clock=utc_now
        )
    finally:
        database.close()


def do_attempt(
    database: Database, settings: Settings, *, run_id: str, attempt: int, pipeline: Pipeline, collect: Collect | None,
    clock: Clock,
) -> None:  # fmt: skip
    """Run the line and store what it found; a failure is stored too, with its kind and its message.

    A ``Transient`` failure puts the run back in the queue as often as the settings allow.
    """

    def on_stage(report: StageReport) -> None:
        with database.writing() as session:
            record_stage(session, run_id=run_id, attempt=attempt, report=report, now=clock())

    try:
        with database.reading() as session:
            run = load_run(session, run_id)
            request, is_nightly = _request(run, settings), run.schedule is not None
        if is_nightly and collect is not None:
            collected = collect(request)
            if collected is not None:
                on_stage(collected)
        result = pipeline(request, on_stage=on_stage)
        persist_result(database, run_id=run_id, attempt=attempt, result=result, now=clock())
    except AttemptLost as lost:
        _LOG.warning("%s", lost)
    except Exception as error:  # the edge of a job: whatever happened is stored with the run, where people look
        _LOG.exception("run %s failed", run_id)
        _store_failure(database, settings, run_id=run_id, attempt=attempt, error=error, clock=clock)


def _request(run: RunRow, settings: Settings) -> RunRequest:
    return RunRequest(
        run_id=run.id,
        estate=run.estate,
        data_directory=settings.data_directory,
        as_of_on=run.as_of_on,
        policy_toml=run.policy_toml,
        time_limit_seconds=run.time_limit_seconds,
        gap_ratio=run.gap_ratio,
        seed=run.seed,
    )


def _store_failure(
    database: Database, settings: Settings, *, run_id: str, attempt: int, error: Exception, clock: Clock
) -> None:
    failure: dict[str, Any] = {"kind": type(error).__name__, "detail": str(error)}
    try:
        with database.writing() as session:
            if isinstance(error, Transient):
                hand_back(
                    session, run_id=run_id, attempt=attempt, now=clock(), failure=failure,
                    max_lost=settings.max_lost_attempts,
                )  # fmt: skip
            else:
                finish(session, run_id=run_id, attempt=attempt, status="failed", now=clock(), failure=failure)
    except AttemptLost as lost:
        _LOG.warning("%s", lost)

"""Bodies of the long-running processes: a worker, a scheduler. They end on SIGTERM and SIGINT, in order."""

from __future__ import annotations

import signal
import threading

from api.clock import utc_now
from api.database.engine import Database
from api.database.migrate import upgrade_database
from api.jobs.attempt import Collect
from api.jobs.nights import nightly_schedule
from api.jobs.parent import when_parent_ends
from api.jobs.scheduler import schedule_until
from api.jobs.worker import Worker
from api.runs.result import Pipeline
from api.settings import Settings


def run_worker_process(settings: Settings, pipeline: Pipeline, collect: Collect | None) -> None:
    """A worker that also ends, in order, when the process that started it is gone."""
    stop = _stop_on_signals()
    when_parent_ends(stop.set)
    _work(settings, pipeline, collect, stop)


def run_scheduler_alone(settings: Settings) -> None:
    """A scheduler of its own."""
    stop = _stop_on_signals()
    database = Database(settings.resolved_database_url)
    upgrade_database(database)
    try:
        schedule_until(database, settings, schedule=nightly_schedule(settings), clock=utc_now, stop=stop)
    finally:
        database.close()


def _work(settings: Settings, pipeline: Pipeline, collect: Collect | None, stop: threading.Event) -> None:
    database = Database(settings.resolved_database_url)
    upgrade_database(database)
    try:
        Worker(database, settings, pipeline=pipeline, collect=collect, clock=utc_now).run_until(stop)
    finally:
        database.close()


def _stop_on_signals() -> threading.Event:
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    return stop

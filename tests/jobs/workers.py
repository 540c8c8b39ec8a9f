"""Real worker processes, started and killed by tests."""

from __future__ import annotations

import multiprocessing
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from multiprocessing.context import SpawnProcess

from sqlmodel import select

from api.clock import utc_now
from api.jobs.processes import run_worker_process
from api.jobs.worker import Worker
from api.runs.result import Pipeline
from api.runs.tables import RunRow, RunStageRow
from tests.api.service import Service


@contextmanager
def worker(service: Service, pipeline: Pipeline) -> Iterator[SpawnProcess]:
    """A worker process; killed at the end when it still lives."""
    process = multiprocessing.get_context("spawn").Process(
        target=run_worker_process, args=(service.settings, pipeline, None)
    )
    process.start()
    try:
        yield process
    finally:
        process.kill()
        process.join()
        process.close()


@contextmanager
def worker_thread(service: Service, pipeline: Pipeline) -> Iterator[None]:
    """A worker in this process; each run still has a process of its own."""
    stop = threading.Event()
    made = Worker(service.database, service.settings, pipeline=pipeline, collect=None, clock=utc_now)
    thread = threading.Thread(target=made.run_until, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def queue_run(service: Service, run_id: str = "r1", *, seed: int = 0) -> str:
    """Put a run in the queue, asked for now."""
    now = datetime.now(UTC)
    row = RunRow(
        id=run_id, estate="default", status="queued", requested_at=now, requested_by="test", as_of_on=now.date(),
        time_limit_seconds=1.0, gap_ratio=0.0, seed=seed,
    )  # fmt: skip
    with service.database.writing() as session:
        session.add(row)
    return run_id


def run_now(service: Service, run_id: str = "r1") -> RunRow:
    with service.database.reading() as session:
        row = session.get(RunRow, run_id)
    assert row is not None
    return row


def stage_count(service: Service, run_id: str = "r1") -> int:
    with service.database.reading() as session:
        return len(session.exec(select(RunStageRow).where(RunStageRow.run_id == run_id)).all())


def eventually(holds: Callable[[], bool], *, what: str, within_seconds: float = 30.0) -> None:
    deadline = time.monotonic() + within_seconds
    while not holds():
        assert time.monotonic() < deadline, f"within {within_seconds:g} s, this never held: {what}"
        time.sleep(0.05)

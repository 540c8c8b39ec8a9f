"""A worker: takes runs from the queue one at a time and watches over the process that does each."""

from __future__ import annotations

import logging
import multiprocessing
import os
import socket
import threading
import uuid
from datetime import datetime, timedelta
from multiprocessing.context import SpawnProcess
from typing import Final, Literal

from sqlalchemy import update

from api.clock import Clock
from api.database.engine import Database, insert_unless_present, table_of
from api.errors import AttemptLost
from api.jobs.attempt import Collect, run_attempt
from api.jobs.queue import claim_next, extend_lease, finish, hand_back, take_back_expired
from api.jobs.tables import WorkerRow
from api.recommendations.lifecycle import wake_deferred
from api.runs.result import Pipeline
from api.settings import Settings

_LOG: Final = logging.getLogger(__name__)
_WORKER: Final = table_of(WorkerRow)
LEASE_PARTS: Final = 4  # a lease is renewed this often before it runs out

Verdict = Literal["done", "crashed", "cancelled", "lost", "stopping", "overdue"]


class Worker:
    """One worker over one database; ``run_until`` loops, ``step`` does one thing. Time and stopping are arguments."""

    def __init__(
        self, database: Database, settings: Settings, *, pipeline: Pipeline, collect: Collect | None, clock: Clock
    ) -> None:
        self.id = f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:6]}"
        self._database = database
        self._settings = settings
        self._pipeline = pipeline
        self._collect = collect
        self._clock = clock
        self._lease = timedelta(seconds=settings.lease_seconds)
        self._beat_seconds = settings.lease_seconds / LEASE_PARTS
        self._started_at = clock()
        self._next_beat = self._started_at

    def run_until(self, stop: threading.Event) -> None:
        """Work until told to stop; a run in progress then goes back to the queue."""
        while not stop.is_set():
            if not self.step(stop):
                stop.wait(self._settings.poll_seconds)

    def step(self, stop: threading.Event) -> bool:
        """Keep house, then take one run if one waits; whether there was one."""
        now = self._clock()
        with self._database.writing() as session:
            take_back_expired(session, now=now, max_lost=self._settings.max_lost_attempts)
            wake_deferred(session, now=now)
        self._beat(now)
        with self._database.writing() as session:
            claimed = claim_next(session, worker_id=self.id, now=now, lease=self._lease)
        if claimed is None:
            return False
        self._do(*claimed, stop=stop)
        return True

    def _do(self, run_id: str, attempt: int, *, stop: threading.Event) -> None:
        process = multiprocessing.get_context("spawn").Process(
            target=run_attempt,
            args=(self._settings, run_id, attempt, self._pipeline, self._collect),
            daemon=True,
            name=f"run-{run_id}",
        )
        process.start()
        verdict = self._watch(process, run_id, attempt, stop)
        if process.is_alive():
            process.kill()
            process.join()
        self._conclude(verdict, run_id, attempt, exit_code=process.exitcode)
        process.close()

    def _watch(self, process: SpawnProcess, run_id: str, attempt: int, stop: threading.Event) -> Verdict:
        deadline = self._clock() + timedelta(seconds=self._settings.max_run_seconds)
        next_beat = self._clock()
        while process.is_alive():
            if stop.is_set():
                return "stopping"
            now = self._clock()
            if now >= deadline:
                return "overdue"
            if now >= next_beat:
                next_beat = now + timedelta(seconds=self._beat_seconds)
                self._beat(now)
                try:
                    with self._database.writing() as session:
                        cancel = extend_lease(session, run_id=run_id, attempt=attempt, until=now + self._lease)
                except AttemptLost:
                    process.join(self._beat_seconds)  # it may have just published and be on its way out
                    return "lost" if process.is_alive() else "done"
                if cancel:
                    return "cancelled"
            process.join(min(self._beat_seconds, self._settings.poll_seconds))
        if process.exitcode == 0:
            return "done"
        return "stopping" if stop.is_set() else "crashed"

    def _conclude(self, verdict: Verdict, run_id: str, attempt: int, *, exit_code: int | None) -> None:
        """Write down how the attempt ended, unless the process did that itself."""
        if verdict in ("done", "lost"):
            return
        now = self._clock()
        try:
            with self._database.writing() as session:
                if verdict == "cancelled":
                    finish(session, run_id=run_id, attempt=attempt, status="cancelled", now=now)
                elif verdict == "overdue":
                    detail = f"the run took longer than {self._settings.max_run_seconds:g} seconds and was ended"
                    failure = {"kind": "RunOverdue", "detail": detail}
                    finish(session, run_id=run_id, attempt=attempt, status="failed", now=now, failure=failure)
                else:
                    detail = f"the process of the run ended with exit code {exit_code}"
                    failure = {"kind": "ProcessCrashed", "detail": detail}
                    hand_back(
                        session, run_id=run_id, attempt=attempt, now=now, max_lost=self._settings.max_lost_attempts,
                        failure=failure if verdict == "crashed" else None,
                    )  # fmt: skip
        except AttemptLost as lost:
            _LOG.info("%s", lost)

    def _beat(self, now: datetime) -> None:
        """Say that this worker is alive, not more often than a lease is renewed."""
        if now < self._next_beat:
            return
        self._next_beat = now + timedelta(seconds=self._beat_seconds)
        row = {"id": self.id, "host": socket.gethostname(), "process_id": os.getpid(), "started_at": self._started_at}
        with self._database.writing() as session:
            if not insert_unless_present(session, WorkerRow, {**row, "seen_at": now}):
                session.connection().execute(update(_WORKER).where(_WORKER.c.id == self.id).values(seen_at=now))

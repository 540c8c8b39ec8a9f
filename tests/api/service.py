"""A service over an empty data directory, and runs that are queued and done in this process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from api.app import create_app
from api.database.engine import Database
from api.database.migrate import upgrade_database
from api.jobs.attempt import do_attempt
from api.jobs.queue import claim_next
from api.runs.result import RunRequest, RunResult, StageReport
from api.settings import Settings
from tests.api.http_client import TestClient

LEASE = timedelta(seconds=30)
START = datetime(2026, 4, 1, 12, 0, tzinfo=UTC)


@dataclass
class ManualClock:
    """A clock that a test moves."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **parts: float) -> None:
        self.now += timedelta(**parts)


@dataclass
class Service:
    """The application with its database and clock."""

    folder: Path
    clock: ManualClock = field(default_factory=ManualClock)
    overrides: dict[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.settings = Settings(
            data_directory=self.folder, allowed_hosts=("testserver", "127.0.0.1"), **self.overrides  # type: ignore[arg-type]
        )  # fmt: skip
        self.database = Database(self.settings.resolved_database_url)
        upgrade_database(self.database)
        self.app = create_app(self.settings, clock=self.clock)

    def client(self) -> TestClient:
        return TestClient(self.app, raise_server_exceptions=False)

    def do_next(self, result: RunResult | Exception | Callable[[], RunResult]) -> str:
        """Take the oldest waiting run and let a pipeline answer it with ``result``; the run's id."""
        with self.database.writing() as session:
            claimed = claim_next(session, worker_id="test", now=self.clock(), lease=LEASE)
        assert claimed is not None, "no run is waiting"
        self.do(*claimed, result=result)
        return claimed[0]

    def do(self, run_id: str, attempt: int, *, result: RunResult | Exception | Callable[[], RunResult]) -> None:
        def pipeline(_request: RunRequest, *, on_stage: Callable[[StageReport], None]) -> RunResult:
            if isinstance(result, Exception):
                raise result
            found = result() if callable(result) else result
            for report in found.stage_reports:
                on_stage(report)
            return found

        do_attempt(
            self.database, self.settings, run_id=run_id, attempt=attempt, pipeline=pipeline, collect=None,
            clock=self.clock,
        )  # fmt: skip

    def order(self, client: TestClient, **body: object) -> str:
        """Order a run; its id."""
        answer = client.post("/v1/runs", json={"estate": "default", **body})
        assert answer.status_code == 202, answer.text
        return str(answer.json()["id"])

    def publish(self, client: TestClient, result: RunResult) -> str:
        """Order a run and answer it; its id."""
        self.clock.forward(seconds=1)
        self.order(client)
        return self.do_next(result)


def as_of(day: int) -> date:
    return date(2026, 3, day)

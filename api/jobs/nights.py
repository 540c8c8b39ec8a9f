"""Nights: which logical dates a nightly schedule has, when each is due, and the claim that makes each run once.

A run belongs to a logical date, not to the moment a clock fired: on the day clocks go back a wall time comes twice and
on the day they go forward it does not come at all, yet each date has exactly one due instant.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from api.database.engine import Database, insert_unless_present
from api.runs.tables import RunRow
from api.settings import Settings

NIGHTLY: Final = "nightly"


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """Every day at ``at`` in ``zone``."""

    name: str
    at: time
    zone: ZoneInfo

    def due_at(self, logical_on: date) -> datetime:
        """When the run of a date is due, in UTC.

        A wall time that comes twice means its first coming; one that is skipped means the instant that its offset
        before the change gives, right after the gap.
        """
        return datetime.combine(logical_on, self.at, tzinfo=self.zone).astimezone(UTC)

    def newest_due(self, now: datetime) -> date:
        """The newest date whose run is due at ``now``."""
        candidate = now.astimezone(self.zone).date() + timedelta(days=1)
        while self.due_at(candidate) > now:
            candidate -= timedelta(days=1)
        return candidate


def nightly_schedule(settings: Settings) -> Schedule:
    """The nightly schedule that the settings state."""
    return Schedule(name=NIGHTLY, at=settings.nightly_at, zone=settings.zone)


def enqueue_due_night(
    database: Database, settings: Settings, *, schedule: Schedule, estate: str, now: datetime
) -> str | None:
    """Queue the run of the newest due date unless somebody has: the id of the run, None when it was there already.

    The unique key (schedule, logical date) decides, whatever the number of schedulers and however often each asks.
    Nights missed before that one are not made up: the store holds today's facts only, so they would give the same
    answer again.
    """
    logical_on = schedule.newest_due(now)
    run = RunRow(
        id=uuid.uuid4().hex,
        estate=estate,
        status="queued",
        requested_at=now,
        requested_by=f"schedule:{schedule.name}",
        schedule=schedule.name,
        logical_on=logical_on,
        as_of_on=logical_on,
        time_limit_seconds=settings.default_time_limit_seconds,
        gap_ratio=0.0,
        seed=0,
    )
    with database.writing() as session:
        claimed = insert_unless_present(session, RunRow, run.model_dump())
    return run.id if claimed else None

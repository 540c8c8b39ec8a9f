"""Scheduler processes for tests: each tries to queue every night of a list."""

from __future__ import annotations

from datetime import datetime, time
from zoneinfo import ZoneInfo

from api.database.engine import Database
from api.jobs.nights import Schedule, enqueue_due_night
from api.settings import Settings

SCHEDULE = Schedule(name="nightly", at=time(2, 0), zone=ZoneInfo("UTC"))


def claim_every_night(settings: Settings, moments: list[datetime]) -> None:
    """Ask for the run that is due at each moment, as a scheduler does when its clock fires."""
    database = Database(settings.resolved_database_url)
    for moment in moments:
        enqueue_due_night(database, settings, schedule=SCHEDULE, estate="default", now=moment)
    database.close()

"""The scheduler: a clock that queues the nightly run. It solves nothing; workers do.

APScheduler only wakes us up. Its own job store is not shared and nothing depends on it: the claim row of
``api.jobs.nights`` keeps a night from running twice, and a pass at the start and every quarter of an hour catches up
with a night that fell into a pause.
"""

from __future__ import annotations

import logging
import threading
from typing import Any, Final

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from api.clock import Clock
from api.database.engine import Database
from api.estates.names import DEFAULT_ESTATE
from api.jobs.nights import Schedule, enqueue_due_night
from api.settings import Settings

_LOG: Final = logging.getLogger(__name__)
CATCH_UP_MINUTES: Final = 15


def build_scheduler(database: Database, settings: Settings, *, schedule: Schedule, clock: Clock) -> BackgroundScheduler:
    """A scheduler with the nightly job and the catch-up pass, not started."""

    def queue_night() -> None:
        run_id = enqueue_due_night(database, settings, schedule=schedule, estate=DEFAULT_ESTATE, now=clock())
        if run_id is not None:
            _LOG.info("queued nightly run %s", run_id)

    scheduler = BackgroundScheduler(timezone=schedule.zone)
    shared: dict[str, Any] = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
    nightly = CronTrigger(
        hour=schedule.at.hour, minute=schedule.at.minute, second=schedule.at.second, timezone=schedule.zone
    )
    scheduler.add_job(queue_night, nightly, id=schedule.name, **shared)
    catch_up = IntervalTrigger(minutes=CATCH_UP_MINUTES, timezone=schedule.zone)
    scheduler.add_job(queue_night, catch_up, id=f"{schedule.name}-catch-up", next_run_time=clock(), **shared)
    return scheduler


def schedule_until(
    database: Database, settings: Settings, *, schedule: Schedule, clock: Clock, stop: threading.Event
) -> None:
    """Queue nights until told to stop."""
    scheduler = build_scheduler(database, settings, schedule=schedule, clock=clock)
    scheduler.start()
    try:
        stop.wait()
    finally:
        scheduler.shutdown(wait=True)

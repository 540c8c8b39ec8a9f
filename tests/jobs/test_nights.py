"""The nightly run: once a night, whatever the clocks and the number of schedulers."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time as real_time
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from apscheduler.triggers.cron import CronTrigger
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import select

from api.clock import utc_now
from api.jobs.nights import Schedule, enqueue_due_night, nightly_schedule
from api.jobs.scheduler import build_scheduler
from api.runs.tables import RunRow
from api.settings import Settings
from tests.api.service import Service
from tests.jobs.claimants import SCHEDULE, claim_every_night
from tests.jobs.workers import eventually

NEW_YORK = ZoneInfo("America/New_York")
ZONES = ["UTC", "America/New_York", "Europe/Zurich", "Australia/Lord_Howe", "Asia/Kolkata", "America/Sao_Paulo",
         "Pacific/Apia", "Africa/Casablanca"]  # fmt: skip


def nights(service: Service) -> Counter[date | None]:
    with service.database.reading() as session:
        return Counter(run.logical_on for run in session.exec(select(RunRow)))


def enqueue(service: Service, schedule: Schedule, now: datetime) -> str | None:
    return enqueue_due_night(service.database, service.settings, schedule=schedule, estate="default", now=now)


def test_a_night_is_queued_once_however_often_it_is_asked_for(service: Service) -> None:
    now = datetime(2026, 4, 2, 2, 0, tzinfo=UTC)
    first = enqueue(service, SCHEDULE, now)
    assert first is not None
    assert [enqueue(service, SCHEDULE, now + timedelta(minutes=15 * each)) for each in range(90)] == [None] * 90
    with service.database.reading() as session:
        run = session.get(RunRow, first)
    assert run is not None
    assert (run.logical_on, run.as_of_on, run.status) == (date(2026, 4, 2), date(2026, 4, 2), "queued")


def test_after_a_pause_only_the_newest_missed_night_is_made_up(service: Service) -> None:
    enqueue(service, SCHEDULE, datetime(2026, 4, 1, 2, 0, tzinfo=UTC))
    enqueue(service, SCHEDULE, datetime(2026, 4, 9, 17, 3, tzinfo=UTC))
    assert nights(service) == {date(2026, 4, 1): 1, date(2026, 4, 9): 1}


@pytest.mark.parametrize(
    ("at", "first_utc", "last_utc", "fires"),
    [
        pytest.param(time(1, 30), datetime(2026, 10, 31, 6), datetime(2026, 11, 2, 7), 4, id="clocks go back"),
        pytest.param(time(2, 30), datetime(2027, 3, 13, 8), datetime(2027, 3, 15, 7), 3, id="clocks go forward"),
    ],
)  # fmt: skip
def test_every_date_has_one_run_when_clocks_change(
    service: Service, at: time, first_utc: datetime, last_utc: datetime, fires: int
) -> None:
    """APScheduler fires twice at 01:30 on 1 November 2026 in New York, and on 14 March 2027 02:30 does not exist."""
    schedule = Schedule(name="nightly", at=at, zone=NEW_YORK)
    first, last = first_utc.replace(tzinfo=UTC) - timedelta(hours=2), last_utc.replace(tzinfo=UTC)
    trigger = CronTrigger(hour=at.hour, minute=at.minute, timezone=NEW_YORK)
    fired: list[datetime] = []
    moment = trigger.get_next_fire_time(None, first)
    while moment is not None and moment <= last and len(fired) < 10:
        fired.append(moment)
        later = (moment.astimezone(UTC) + timedelta(seconds=1)).astimezone(NEW_YORK)
        moment = trigger.get_next_fire_time(moment, later)
    assert len(fired) == fires, "the clock's behaviour that this guards against"
    for each in fired:
        enqueue(service, schedule, each.astimezone(UTC))
    found = nights(service)
    assert set(found.values()) == {1}
    assert len(found) == 3


@given(
    zone=st.sampled_from(ZONES),
    at=st.times(),
    now=st.datetimes(min_value=datetime(2010, 1, 1), max_value=datetime(2035, 1, 1), timezones=st.just(UTC)),
)  # fmt: skip
def test_the_newest_due_date_is_due_and_the_next_is_not(zone: str, at: time, now: datetime) -> None:
    schedule = Schedule(name="nightly", at=at, zone=ZoneInfo(zone))
    found = schedule.newest_due(now)
    assert schedule.due_at(found) <= now < schedule.due_at(found + timedelta(days=1))


def test_the_settings_state_the_schedule() -> None:
    settings = Settings(nightly_at=time(4, 15), nightly_timezone="Europe/Zurich")
    schedule = nightly_schedule(settings)
    assert schedule.due_at(date(2026, 7, 1)) == datetime(2026, 7, 1, 2, 15, tzinfo=UTC)


@pytest.mark.slow
def test_four_scheduler_processes_queue_every_night_once_also_when_one_is_killed(service: Service) -> None:
    start = datetime(2026, 1, 1, 2, 0, tzinfo=UTC)
    moments = [start + timedelta(days=day) for day in range(200)]
    context = multiprocessing.get_context("spawn")
    processes = [
        context.Process(target=claim_every_night, args=(service.settings, moments)) for _ in range(4)
    ]  # fmt: skip
    for process in processes:
        process.start()
    eventually(lambda: len(nights(service)) >= 20, what="twenty nights were queued")
    assert processes[0].pid is not None
    os.kill(processes[0].pid, signal.SIGKILL)
    for process in processes:
        process.join(120)
    assert [process.exitcode for process in processes[1:]] == [0, 0, 0]
    assert nights(service) == {moment.date(): 1 for moment in moments}


@pytest.mark.slow
def test_four_running_schedulers_queue_the_night_once_when_their_clocks_fire(service: Service) -> None:
    fire_at = (utc_now() + timedelta(seconds=2.5)).replace(microsecond=0)
    schedule = Schedule(name="nightly", at=fire_at.time(), zone=ZoneInfo("UTC"))
    schedulers = [
        build_scheduler(service.database, service.settings, schedule=schedule, clock=utc_now) for _ in range(4)
    ]  # fmt: skip
    for scheduler in schedulers:
        scheduler.start()
    try:
        eventually(lambda: len(nights(service)) == 2, what="the catch-up pass and the night itself")
        real_time.sleep(0.5)  # the other schedulers' turns
    finally:
        for scheduler in schedulers:
            scheduler.shutdown()
    assert nights(service) == {fire_at.date() - timedelta(days=1): 1, fire_at.date(): 1}

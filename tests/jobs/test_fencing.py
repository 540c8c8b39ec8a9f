"""The fencing token: a stalled attempt changes nothing once its run was taken over. Time is moved by hand."""

from __future__ import annotations

from datetime import timedelta

import pytest

from api.errors import AttemptLost
from api.jobs.queue import claim_next, extend_lease, finish, hand_back, record_stage, request_cancel, take_back_expired
from api.recommendations.tables import RecommendationRow
from api.runs.repository import persist_result
from api.settings import Settings
from collectors.errors import Transient
from tests.api.answers import recommendation, solved, stages
from tests.api.service import LEASE, Service
from tests.jobs.workers import queue_run, run_now


class ThrottledError(Exception, Transient):
    """A failure that may pass."""


def claim(service: Service, worker_id: str) -> tuple[str, int]:
    with service.database.writing() as session:
        claimed = claim_next(session, worker_id=worker_id, now=service.clock(), lease=LEASE)
    assert claimed is not None
    return claimed


def take_back(service: Service) -> int:
    with service.database.writing() as session:
        return take_back_expired(session, now=service.clock(), max_lost=3)


@pytest.fixture
def taken_over(service: Service) -> tuple[int, int]:
    """Attempt numbers of a stalled worker and of the one that took its run over."""
    queue_run(service)
    _, stale = claim(service, "slow")
    service.clock.forward(seconds=31)
    assert take_back(service) == 1
    _, fresh = claim(service, "quick")
    return stale, fresh


def test_a_stalled_attempt_cannot_publish_after_the_takeover(service: Service, taken_over: tuple[int, int]) -> None:
    stale, fresh = taken_over
    old, new = solved(recommendation("old")), solved(recommendation("new"))
    with pytest.raises(AttemptLost):
        persist_result(service.database, run_id="r1", attempt=stale, result=old, now=service.clock())
    persist_result(service.database, run_id="r1", attempt=fresh, result=new, now=service.clock())
    with pytest.raises(AttemptLost):
        persist_result(service.database, run_id="r1", attempt=stale, result=old, now=service.clock())
    with service.database.reading() as session:
        assert session.get(RecommendationRow, recommendation("old").id) is None
        assert session.get(RecommendationRow, recommendation("new").id) is not None


def test_a_stalled_attempt_can_change_nothing_else_either(service: Service, taken_over: tuple[int, int]) -> None:
    stale, _ = taken_over
    before = run_now(service).model_dump()
    now = service.clock()
    for change in (
        lambda session: extend_lease(session, run_id="r1", attempt=stale, until=now + LEASE),
        lambda session: record_stage(session, run_id="r1", attempt=stale, report=stages()[0], now=now),
        lambda session: finish(session, run_id="r1", attempt=stale, status="failed", now=now),
        lambda session: hand_back(session, run_id="r1", attempt=stale, now=now, failure=None, max_lost=3),
    ):
        with pytest.raises(AttemptLost), service.database.writing() as session:
            change(session)
    assert run_now(service).model_dump() == before


def test_a_lease_that_is_renewed_is_not_taken_back(service: Service) -> None:
    queue_run(service)
    run_id, attempt = claim(service, "w")
    for _ in range(5):
        service.clock.forward(seconds=20)
        with service.database.writing() as session:
            extend_lease(session, run_id=run_id, attempt=attempt, until=service.clock() + LEASE)
        assert take_back(service) == 0
    assert run_now(service).status == "running"


def test_the_third_lost_worker_fails_the_run(service: Service) -> None:
    queue_run(service)
    for _ in range(3):
        claim(service, "w")
        service.clock.forward(seconds=31)
        take_back(service)
    run = run_now(service)
    assert (run.status, run.lost_attempts) == ("failed", 3)
    assert run.failure is not None
    assert run.failure["kind"] == "WorkerLost"


def test_a_run_to_be_cancelled_is_cancelled_when_its_worker_is_lost(service: Service) -> None:
    queue_run(service)
    claim(service, "w")
    with service.database.writing() as session:
        request_cancel(session, run_id="r1", now=service.clock())
    service.clock.forward(seconds=31)
    take_back(service)
    assert run_now(service).status == "cancelled"


def test_a_passing_failure_is_tried_again_and_a_lasting_one_is_not(service: Service) -> None:
    queue_run(service)
    for expected in ("queued", "queued", "failed"):
        run_id, attempt = claim(service, "w")
        service.do(run_id, attempt, result=ThrottledError("slow down"))
        assert run_now(service).status == expected
    queue_run(service, "r2")
    run_id, attempt = claim(service, "w")
    service.do(run_id, attempt, result=ValueError("no bills"))
    assert run_now(service, "r2").status == "failed"


def test_waiting_runs_are_taken_in_the_order_they_were_asked_for(service: Service) -> None:
    for name in ("c", "a", "b"):
        queue_run(service, name)
    assert [claim(service, "w")[0] for _ in range(3)] == ["c", "a", "b"]
    with service.database.writing() as session:
        assert claim_next(session, worker_id="w", now=service.clock(), lease=LEASE) is None


def test_settings_leave_time_for_a_renewal_before_a_lease_ends() -> None:
    settings = Settings()
    assert settings.poll_seconds < settings.lease_seconds / 4
    assert timedelta(seconds=settings.lease_seconds) == LEASE

"""Worker processes: crashes, kills and stalls; every run is published once or fails with a reason."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from sqlmodel import func, select

from api.jobs.queue import request_cancel
from api.recommendations.tables import AdviceRow, RecommendationRow
from api.runs.tables import LedgerLineRow
from tests.api.answers import recommendation
from tests.api.pipelines import advise_one, always_crash, crash_then_advise, stall, stall_then_advise
from tests.api.service import Service
from tests.jobs.workers import eventually, queue_run, run_now, stage_count, worker, worker_thread


def rows_of_answers(service: Service) -> tuple[int, int, int]:
    with service.database.reading() as session:
        counts = [
            session.exec(select(func.count()).select_from(model)).one()
            for model in (AdviceRow, RecommendationRow, LedgerLineRow)
        ]
    return counts[0], counts[1], counts[2]


def test_a_worker_process_does_a_waiting_run(service: Service) -> None:
    queue_run(service, seed=7)
    with worker_thread(service, advise_one):
        eventually(lambda: run_now(service).status == "succeeded", what="the run succeeded")
    run = run_now(service)
    assert (run.attempt, run.lease_owner, run.lease_until) == (1, None, None)
    assert stage_count(service) == 4
    with service.database.reading() as session:
        advised = session.get(RecommendationRow, recommendation().id)
    assert advised is not None
    assert advised.saving_monthly_micro_usd == 107_000_000


def test_a_crash_of_the_runs_process_is_tried_again_and_published_once(service: Service) -> None:
    queue_run(service)
    with worker_thread(service, crash_then_advise):
        eventually(lambda: run_now(service).status == "succeeded", what="the second attempt succeeded")
    run = run_now(service)
    assert (run.attempt, run.lost_attempts, run.failure) == (2, 1, None)
    assert rows_of_answers(service) == (1, 1, 2)


def test_a_run_that_always_crashes_fails_with_the_reason_after_the_attempts_allowed(tmp_path: Path) -> None:
    service = Service(tmp_path, overrides={"lease_seconds": 1.0, "poll_seconds": 0.05, "max_lost_attempts": 2})
    queue_run(service)
    with worker_thread(service, always_crash):
        eventually(lambda: run_now(service).status == "failed", what="the run failed")
    run = run_now(service)
    assert (run.attempt, run.lost_attempts) == (2, 2)
    assert run.failure == {"kind": "ProcessCrashed", "detail": "the process of the run ended with exit code -9"}
    assert rows_of_answers(service) == (0, 0, 0)
    service.database.close()


@pytest.mark.slow
def test_a_killed_worker_is_replaced_after_its_lease_and_the_run_is_published_once(service: Service) -> None:
    queue_run(service)
    with worker(service, stall_then_advise) as first:
        eventually(lambda: stage_count(service) == 1, what="the first attempt got going")
        assert first.pid is not None
        os.kill(first.pid, signal.SIGKILL)
        first.join()
        assert run_now(service).status == "running", "nobody has noticed yet"
        assert rows_of_answers(service) == (0, 0, 0), "nothing half-written"
        with worker(service, stall_then_advise):
            eventually(lambda: run_now(service).status == "succeeded", what="another worker took over")
    run = run_now(service)
    assert (run.attempt, run.lost_attempts) == (2, 1)
    assert rows_of_answers(service) == (1, 1, 2)


def test_a_running_run_can_be_cancelled(service: Service) -> None:
    queue_run(service)
    with worker_thread(service, stall):
        eventually(lambda: stage_count(service) == 1, what="the run got going")
        with service.database.writing() as session:
            assert request_cancel(session, run_id="r1", now=service.clock())
        eventually(lambda: run_now(service).status == "cancelled", what="the worker stopped the run")
    assert rows_of_answers(service) == (0, 0, 0)


def test_a_worker_that_is_told_to_stop_hands_its_run_back(service: Service) -> None:
    queue_run(service)
    with worker(service, stall) as process:
        eventually(lambda: stage_count(service) == 1, what="the run got going")
        process.terminate()
        process.join(20)
        assert process.exitcode == 0
    run = run_now(service)
    assert (run.status, run.lost_attempts, run.lease_owner) == ("queued", 0, None)

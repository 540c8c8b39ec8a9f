"""Publishing is all or nothing, also for a process that is killed in the middle of it."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import time
from datetime import timedelta

import pytest
from sqlmodel import Session, func, select

from api.database.engine import Database
from api.jobs.queue import claim_next, take_back_expired
from api.recommendations.tables import AdviceRow, RecommendationRow
from api.runs.repository import persist_result
from api.runs.result import RunResult
from api.runs.tables import LedgerLineRow
from tests.api.answers import recommendation, solved
from tests.api.service import LEASE, Service
from tests.jobs.workers import queue_run, run_now

COUNT = 3000
KILLS = 12


def publish(url: str, attempt: int, result: RunResult, service: Service) -> None:
    database = Database(url)
    persist_result(database, run_id="r1", attempt=attempt, result=result, now=service.clock())
    database.close()


def visible(session: Session) -> tuple[int, int]:
    """Current recommendations, and those of them whose advice is stored."""
    current = session.exec(select(func.count()).select_from(RecommendationRow)).one()
    backed = session.exec(
        select(func.count())
        .select_from(RecommendationRow)
        .join(
            AdviceRow,
            (AdviceRow.answer_id == RecommendationRow.answer_id)  # type: ignore[arg-type]
            & (AdviceRow.recommendation_id == RecommendationRow.id),
        )
    ).one()
    return current, backed


@pytest.mark.slow
def test_a_publication_killed_at_any_moment_is_whole_or_invisible(service: Service) -> None:
    result = solved(*(recommendation(f"n{number}", saving_usd=number) for number in range(COUNT)))
    queue_run(service)
    context = multiprocessing.get_context("fork")
    url = service.settings.resolved_database_url
    service.database.close()
    randomness = random.Random(4)
    killed = 0
    for turn in range(KILLS + 1):
        with service.database.writing() as session:
            take_back_expired(session, now=service.clock(), max_lost=KILLS + 2)
            claimed = claim_next(session, worker_id="w", now=service.clock(), lease=LEASE)
        assert claimed is not None
        service.database.close()
        process = context.Process(target=publish, args=(url, claimed[1], result, service))
        process.start()
        if turn < KILLS:
            time.sleep(randomness.uniform(0.0, 0.25))
            os.kill(process.pid or 0, signal.SIGKILL)
        process.join()
        killed += process.exitcode == -signal.SIGKILL
        with service.database.reading() as session:
            current, backed = visible(session)
        status = run_now(service).status
        assert (status, current, backed) in (("running", 0, 0), ("succeeded", COUNT, COUNT))
        if status == "succeeded":
            break
        service.clock.forward(seconds=LEASE.total_seconds() + 1)
    assert run_now(service).status == "succeeded"
    assert killed >= 3, "the kills came too late to try anything"


def test_only_rows_of_the_published_answer_remain(service: Service) -> None:
    queue_run(service)
    result = solved(*(recommendation(f"n{number}") for number in range(10)))
    with service.database.writing() as session:
        claimed = claim_next(session, worker_id="w", now=service.clock(), lease=LEASE)
    assert claimed is not None
    persist_result(service.database, run_id="r1", attempt=claimed[1], result=result, now=service.clock())
    with service.database.reading() as session:
        answers = set(session.exec(select(AdviceRow.answer_id))) | set(session.exec(select(LedgerLineRow.answer_id)))
    assert answers == {run_now(service).answer_id}


@pytest.mark.slow
def test_readers_see_the_old_or_the_new_advice_and_never_a_mixture(service: Service) -> None:
    first = solved(*(recommendation(f"n{number}", saving_usd=1) for number in range(COUNT)))
    second = solved(*(recommendation(f"n{number}", saving_usd=2) for number in range(COUNT)))
    for name, result in (("r1", first), ("r2", second)):
        queue_run(service, name)
        with service.database.writing() as session:
            claimed = claim_next(session, worker_id="w", now=service.clock(), lease=timedelta(minutes=5))
        assert claimed == (name, 1)
        if name == "r1":
            persist_result(service.database, run_id=name, attempt=1, result=result, now=service.clock())
    context = multiprocessing.get_context("fork")
    service.database.close()
    process = context.Process(target=_publish_second, args=(service, second))
    process.start()
    seen: set[tuple[int, int]] = set()
    while process.is_alive():
        with service.database.reading() as session:
            rows = session.exec(
                select(
                    func.min(RecommendationRow.saving_monthly_micro_usd),
                    func.max(RecommendationRow.saving_monthly_micro_usd),
                )
            ).one()
        seen.add((rows[0], rows[1]))
    process.join()
    assert process.exitcode == 0
    assert seen <= {(1_000_000, 1_000_000), (2_000_000, 2_000_000)}
    with service.database.reading() as session:
        assert set(session.exec(select(RecommendationRow.revision))) == {2}


def _publish_second(service: Service, result: RunResult) -> None:
    database = Database(service.settings.resolved_database_url)
    persist_result(database, run_id="r2", attempt=1, result=result, now=service.clock())
    database.close()

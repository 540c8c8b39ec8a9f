"""Ordering, listing and cancelling runs."""

from __future__ import annotations

import hashlib
import uuid
from datetime import date

from sqlmodel import Session

from api.dependencies import Services
from api.errors import AnswerNotAvailable, InvalidRequest, KeyReused, RunFinished, UnknownEstate
from api.estates.names import DEFAULT_ESTATE
from api.http.cursor import Cursor, decode_cursor, encode_cursor, list_fingerprint
from api.jobs.queue import request_cancel
from api.runs.bodies import run_body
from api.runs.policy_text import check_policy
from api.runs.repository import create_run, find_key, list_runs, load_run
from api.runs.schemas import RunBody, RunOrder, RunPage
from api.runs.tables import IdempotencyKeyRow, RunRow, RunStatus


def new_run_id() -> str:
    """A fresh run id."""
    return uuid.uuid4().hex


def order_run(services: Services, order: RunOrder, *, key: str | None) -> tuple[RunRow, bool]:
    """Queue a run, or find the one that the same key ordered before; whether it was found.

    Run and key are stored in one transaction, so a repeated request gives the same run whatever was lost between.

    Raises:
        UnknownEstate: there is no such estate.
        InvalidRequest: the time limit is above the service's, or the policy has a mistake.
        KeyReused: the key came before with another order.
    """
    _check(services, order)
    digest = hashlib.sha256(order.model_dump_json().encode()).hexdigest()
    with services.database.writing() as session:
        known = find_key(session, key) if key is not None else None
        if known is not None:
            if known.body_sha256 != digest:
                raise KeyReused("this Idempotency-Key ordered another run; use a new key for a new order")
            return load_run(session, known.run_id), True
        now = services.clock()
        run = _row(services, order, run_id=new_run_id(), as_of_on=now.date())
        create_run(session, run)
        if key is not None:
            session.add(IdempotencyKeyRow(key=key, body_sha256=digest, run_id=run.id, received_at=now))
        return run, False


def _check(services: Services, order: RunOrder) -> None:
    if order.estate != DEFAULT_ESTATE:
        raise UnknownEstate(f"there is no estate {order.estate!r}; GET /v1/estates lists them")
    longest = services.settings.max_time_limit_seconds
    if order.time_limit_seconds is not None and order.time_limit_seconds > longest:
        fault = {"location": "body.time_limit_seconds", "detail": f"this service allows at most {longest:g} seconds"}
        raise InvalidRequest(f"{fault['location']}: {fault['detail']}", errors=[fault])
    if order.policy is not None:
        check_policy(order.policy)


def _row(services: Services, order: RunOrder, *, run_id: str, as_of_on: date) -> RunRow:
    return RunRow(
        id=run_id,
        estate=order.estate,
        status="queued",
        requested_at=services.clock(),
        requested_by="api",
        as_of_on=as_of_on,
        policy_toml=order.policy,
        time_limit_seconds=order.time_limit_seconds or services.settings.default_time_limit_seconds,
        gap_ratio=order.gap_ratio,
        seed=order.seed,
        publishes=order.publishes,
    )


def page_of_runs(session: Session, *, status: RunStatus | None, limit: int, cursor: str | None) -> RunPage:
    """A page of runs, newest first.

    Raises:
        InvalidCursor: the cursor belongs to another list.
    """
    fingerprint = list_fingerprint("runs", status)
    after = decode_cursor(cursor, fingerprint=fingerprint, kind=str) if cursor else None
    rows = list_runs(session, status=status, limit=limit + 1, after=after)
    word = None
    if len(rows) > limit:
        last = rows[limit - 1]
        cut = Cursor(sort_value=last.requested_at.isoformat(), id=last.id)
        word = encode_cursor(cut, fingerprint=fingerprint)
    return RunPage(items=[run_body(row) for row in rows[:limit]], next_cursor=word)


def cancel_run(services: Services, run_id: str) -> RunBody:
    """Cancel a waiting run, or ask the worker of a running one to stop.

    Raises:
        UnknownRun: there is no such run.
        RunFinished: it is finished already.
    """
    with services.database.writing() as session:
        run = load_run(session, run_id)
        if not request_cancel(session, run_id=run_id, now=services.clock()):
            raise RunFinished(f"run {run_id} is {run.status}; a finished run stays as it is", run_status=run.status)
        session.refresh(run)
        return run_body(run)


def answer_id_of(session: Session, run_id: str, *, needs_plan: bool) -> str:
    """The answer of a finished run; ``needs_plan`` asks for one that found a plan.

    Raises:
        UnknownRun: there is no such run.
        AnswerNotAvailable: it is not finished, failed, or ended without a plan.
    """
    run = load_run(session, run_id)
    if run.answer_id is None or (needs_plan and run.status != "succeeded"):
        wanted = "plan" if needs_plan else "answer"
        raise AnswerNotAvailable(f"run {run_id} is {run.status}: it has no {wanted}", run_status=run.status)
    return run.answer_id

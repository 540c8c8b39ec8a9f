"""The queue of runs: claim, lease, progress, hand back, fail, cancel.

Every change of a running run names the attempt it belongs to (the fencing token): a worker that was stalled until its
lease ran out changes nothing when it wakes up. Functions take an open writing session and the time.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, literal, select, update
from sqlmodel import Session

from api.database.engine import insert_rows, table_of
from api.errors import AttemptLost
from api.runs.result import StageReport
from api.runs.tables import RunRow, RunStageRow

_RUN = table_of(RunRow)
_STAGE = table_of(RunStageRow)


def claim_next(session: Session, *, worker_id: str, now: datetime, lease: timedelta) -> tuple[str, int] | None:
    """Take the run that has waited longest: its id and the attempt that is now ours; None when nothing waits."""
    oldest = (
        select(_RUN.c.id).where(_RUN.c.status == "queued").order_by(_RUN.c.requested_at, _RUN.c.id).limit(1)
        .scalar_subquery()
    )  # fmt: skip
    statement = (
        update(_RUN)
        .where(_RUN.c.id == oldest, _RUN.c.status == "queued")
        .values(
            status="running",
            attempt=_RUN.c.attempt + 1,
            version=_RUN.c.version + 1,
            lease_owner=worker_id,
            lease_until=now + lease,
            started_at=func.coalesce(_RUN.c.started_at, literal(now, _RUN.c.started_at.type)),
        )
        .returning(_RUN.c.id, _RUN.c.attempt)
    )
    row = session.connection().execute(statement).one_or_none()
    return None if row is None else (row.id, row.attempt)


def extend_lease(session: Session, *, run_id: str, attempt: int, until: datetime) -> bool:
    """Say that the attempt is alive; whether somebody asked to cancel the run meanwhile.

    Raises:
        AttemptLost: the attempt is no longer the current one.
    """
    statement = _current(run_id, attempt).values(lease_until=until).returning(_RUN.c.cancel_requested)
    row = session.connection().execute(statement).one_or_none()
    if row is None:
        raise AttemptLost(run_id=run_id, attempt=attempt)
    return bool(row.cancel_requested)


def record_stage(session: Session, *, run_id: str, attempt: int, report: StageReport, now: datetime) -> None:
    """Add a finished stage to the attempt.

    Raises:
        AttemptLost: the attempt is no longer the current one.
    """
    _change(session, run_id, attempt, version=_RUN.c.version + 1)
    mine = (_STAGE.c.run_id == run_id) & (_STAGE.c.attempt == attempt)
    ordinal = session.connection().execute(select(func.count()).select_from(_STAGE).where(mine)).scalar_one()
    row = {"run_id": run_id, "attempt": attempt, "ordinal": ordinal, "finished_at": now, **asdict(report)}
    insert_rows(session, RunStageRow, [row])


def finish(session: Session, *, run_id: str, attempt: int, status: str, now: datetime, **columns: Any) -> None:
    """End the run: the one flip that makes an answer visible.

    Raises:
        AttemptLost: the attempt is no longer the current one.
    """
    _change(
        session, run_id, attempt, status=status, finished_at=now, lease_owner=None, lease_until=None,
        version=_RUN.c.version + 1, **columns,
    )  # fmt: skip


def hand_back(
    session: Session, *, run_id: str, attempt: int, now: datetime, failure: dict[str, Any] | None, max_lost: int
) -> None:
    """Put the run back in the queue; with a ``failure`` it counts as lost, and the last one allowed ends the run.

    Raises:
        AttemptLost: the attempt is no longer the current one.
    """
    if failure is None:
        _change(
            session, run_id, attempt, status="queued", lease_owner=None, lease_until=None, version=_RUN.c.version + 1
        )
        return
    lost = session.connection().execute(select(_RUN.c.lost_attempts).where(_RUN.c.id == run_id)).scalar_one() + 1
    if lost >= max_lost:
        finish(session, run_id=run_id, attempt=attempt, status="failed", now=now, failure=failure, lost_attempts=lost)
        return
    _change(
        session, run_id, attempt, status="queued", lease_owner=None, lease_until=None, lost_attempts=lost,
        failure=failure, version=_RUN.c.version + 1,
    )  # fmt: skip


def take_back_expired(session: Session, *, now: datetime, max_lost: int) -> int:
    """Take runs back from workers that stopped answering; how many there were.

    A run that was to be cancelled is cancelled; one that has lost too many workers has failed; the others wait again.
    """
    expired = select(_RUN.c.id, _RUN.c.attempt, _RUN.c.cancel_requested, _RUN.c.lease_owner).where(
        _RUN.c.status == "running", _RUN.c.lease_until < now
    )
    rows = session.connection().execute(expired).all()
    for row in rows:
        with suppress(AttemptLost):  # another worker took it back at the same moment
            _take_back(session, row, now=now, max_lost=max_lost)
    return len(rows)


def _take_back(session: Session, row: Any, *, now: datetime, max_lost: int) -> None:
    if row.cancel_requested:
        finish(session, run_id=row.id, attempt=row.attempt, status="cancelled", now=now)
        return
    failure = {"kind": "WorkerLost", "detail": f"worker {row.lease_owner} stopped answering during the run"}
    hand_back(session, run_id=row.id, attempt=row.attempt, now=now, failure=failure, max_lost=max_lost)


def request_cancel(session: Session, *, run_id: str, now: datetime) -> bool:
    """Cancel a waiting run at once and ask the worker of a running one to stop; False when it is finished already."""
    waiting = (
        update(_RUN).where(_RUN.c.id == run_id, _RUN.c.status == "queued")
        .values(status="cancelled", finished_at=now, version=_RUN.c.version + 1)
    )  # fmt: skip
    running = (
        update(_RUN).where(_RUN.c.id == run_id, _RUN.c.status == "running")
        .values(cancel_requested=True, version=_RUN.c.version + 1)
    )  # fmt: skip
    connection = session.connection()
    return connection.execute(waiting).rowcount == 1 or connection.execute(running).rowcount == 1


def _current(run_id: str, attempt: int) -> Any:
    return update(_RUN).where(_RUN.c.id == run_id, _RUN.c.attempt == attempt, _RUN.c.status == "running")


def _change(session: Session, run_id: str, attempt: int, **columns: Any) -> None:
    if session.connection().execute(_current(run_id, attempt).values(**columns)).rowcount != 1:
        raise AttemptLost(run_id=run_id, attempt=attempt)

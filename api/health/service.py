"""Checks of readiness."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session, col, select

from api.database.migrate import current_revision, head_revision
from api.dependencies import Services
from api.estates.repository import stored_period_count
from api.health.schemas import Check, Readiness
from api.jobs.tables import WorkerRow
from collectors.errors import StoreError

SILENT_LEASES = 2  # a worker that has been silent for this many leases is counted as gone


def readiness(services: Services) -> Readiness:
    """Every check, run now."""
    checks = [_schema(services), _store(services), _worker(services)]
    return Readiness(ready=all(check.ready for check in checks), checks=checks)


def _schema(services: Services) -> Check:
    try:
        current, head = current_revision(services.database), head_revision()
    except SQLAlchemyError as problem:
        return Check(name="database", ready=False, detail=f"cannot be read: {type(problem).__name__}")
    detail = f"schema {current}" if current == head else f"schema {current}, this program needs {head}; restart it"
    return Check(name="database", ready=current == head, detail=detail)


def _store(services: Services) -> Check:
    try:
        count = stored_period_count(services.settings)
    except StoreError as problem:
        return Check(name="store", ready=False, detail=f"cannot be read: {type(problem).__name__}")
    return Check(name="store", ready=True, detail=f"{count} billing periods")


def _worker(services: Services) -> Check:
    now = services.clock()
    try:
        with services.database.reading() as session:
            seen_at = _last_seen(session)
    except SQLAlchemyError as problem:
        return Check(name="worker", ready=False, detail=f"not known: {type(problem).__name__}")
    if seen_at is None:
        return Check(name="worker", ready=False, detail="no worker has ever answered; start 'placement serve'")
    silence = now - seen_at
    alive = silence <= timedelta(seconds=services.settings.lease_seconds) * SILENT_LEASES
    return Check(name="worker", ready=alive, detail=f"last seen {max(silence.total_seconds(), 0):.0f} s ago")


def _last_seen(session: Session) -> datetime | None:
    newest = session.exec(select(WorkerRow).order_by(col(WorkerRow.seen_at).desc()).limit(1)).first()
    return None if newest is None else newest.seen_at

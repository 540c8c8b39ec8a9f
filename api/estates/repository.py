"""Reading estates: billing periods from the ingest store, the newest answer from the database."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session, col, select

from api.runs.tables import RunRow
from api.settings import Settings
from collectors.commit import PeriodStanding, period_standings
from collectors.store import IngestStore


def current_periods(settings: Settings, *, now: datetime) -> tuple[tuple[PeriodStanding, ...], str | None]:
    """How every billing period stands, and the store's fingerprint; nothing and None before the first ingest.

    Raises:
        StoreError: the store cannot be read.
    """
    if not settings.store_folder.is_dir():
        return (), None
    store = IngestStore.open(settings.store_folder)
    return period_standings(store, now=now), store.fingerprint()


def stored_period_count(settings: Settings) -> int:
    """How many billing periods the store holds; the ledger alone is read.

    Raises:
        StoreError: the store cannot be read.
    """
    return len(IngestStore.open(settings.store_folder).periods()) if settings.store_folder.is_dir() else 0


def newest_answer(session: Session, estate: str) -> RunRow | None:
    """The newest finished run of an estate that has an answer."""
    statement = (
        select(RunRow)
        .where(RunRow.estate == estate, col(RunRow.answer_id).is_not(None))
        .order_by(col(RunRow.requested_at).desc(), col(RunRow.id).desc())
        .limit(1)
    )
    return session.exec(statement).first()

"""Reading estates: billing periods from the ingest store, the newest answer from the database."""

from __future__ import annotations

from sqlmodel import Session, col, select

from api.runs.tables import RunRow
from api.settings import Settings
from collectors.store import IngestStore, PeriodVersion


def current_periods(settings: Settings) -> tuple[tuple[PeriodVersion, ...], str | None]:
    """Current billing periods and the store's fingerprint; nothing and None before the first ingest.

    Raises:
        StoreError: the store cannot be read.
    """
    if not settings.store_folder.is_dir():
        return (), None
    store = IngestStore.open(settings.store_folder)
    return store.periods(), store.fingerprint()


def newest_answer(session: Session, estate: str) -> RunRow | None:
    """The newest finished run of an estate that has an answer."""
    statement = (
        select(RunRow)
        .where(RunRow.estate == estate, col(RunRow.answer_id).is_not(None))
        .order_by(col(RunRow.requested_at).desc(), col(RunRow.id).desc())
        .limit(1)
    )
    return session.exec(statement).first()

"""Table of workers."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field, SQLModel

from api.database.columns import instant_column


class WorkerRow(SQLModel, table=True):
    """A worker process and when it was last seen alive."""

    __tablename__ = "worker"

    id: str = Field(primary_key=True)
    host: str
    process_id: int
    started_at: datetime = instant_column()
    seen_at: datetime = instant_column(index=True)

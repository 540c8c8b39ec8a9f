"""Table of decisions."""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal, get_args

from sqlmodel import Field, SQLModel

from api.database.columns import instant_column, optional_instant_column

DecisionAction = Literal["accept", "reject", "snooze", "reopen"]
RunAction = Literal["supersede", "expire", "return", "wake"]
DECISION_ACTIONS: Final[tuple[str, ...]] = get_args(DecisionAction)


class DecisionRow(SQLModel, table=True):
    """One change of a recommendation's state; a trigger of the database refuses changes and deletions.

    ``actor`` is a person or ``run:<id>``; ``revision`` is the content that was decided about.
    """

    __tablename__ = "decision"

    sequence: int | None = Field(default=None, primary_key=True)
    recommendation_id: str = Field(foreign_key="recommendation.id", index=True)
    action: str
    state_before: str
    state_after: str
    revision: int
    reason: str | None = None
    note: str | None = None
    until: datetime | None = optional_instant_column()
    actor: str
    decided_at: datetime = instant_column()

"""Tables of recommendations: the advice of every run, and the current state of each piece of advice."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, Literal, get_args

from sqlalchemy import CheckConstraint, Index
from sqlmodel import JSON, Field, SQLModel

from api.database.columns import instant_column, micro_usd_column, optional_instant_column

RecommendationState = Literal["open", "approved", "deferred", "dismissed", "superseded", "expired"]
RECOMMENDATION_STATES: Final[tuple[str, ...]] = get_args(RecommendationState)
CLOSED_STATES: Final = ("superseded", "expired")


class AdviceRow(SQLModel, table=True):
    """One recommendation as one answer gave it; never changed.

    ``body`` is the whole object with amounts in micro-USD; the columns beside it are those that lists filter and sort
    by. ``content_sha256`` is the digest of ``body``: equal digests mean that nothing changed.
    """

    __tablename__ = "advice"

    answer_id: str = Field(primary_key=True)
    recommendation_id: str = Field(primary_key=True)
    run_id: str = Field(foreign_key="run.id")
    target_key: str
    action_type: str
    kind: str
    provider: str
    business_unit: str
    title: str
    priority: str
    saving_monthly_micro_usd: int = micro_usd_column()
    payback_months: float | None = None
    content_sha256: str
    body: dict[str, Any] = Field(sa_type=JSON)


class RecommendationRow(SQLModel, table=True):
    """One piece of advice over its life, under its stable id.

    Its content is the advice of ``answer_id``. While it is approved the content is frozen and a newer, different advice
    is ``pending_answer_id``. ``revision`` grows when the content changes, ``state_version`` when its state does.
    ``in_latest_run`` says whether the newest published run still gives this advice.
    """

    __tablename__ = "recommendation"
    __table_args__ = (
        CheckConstraint(f"state in {RECOMMENDATION_STATES}", name="state_known"),
        Index("ix_recommendation_saving", "estate", "saving_monthly_micro_usd", "id"),
        Index("ix_recommendation_target", "estate", "target_key"),
    )

    id: str = Field(primary_key=True)
    estate: str
    state: str
    revision: int = 1
    state_version: int = 1
    answer_id: str
    run_id: str = Field(foreign_key="run.id")
    pending_answer_id: str | None = None
    in_latest_run: bool = True
    target_key: str
    action_type: str
    kind: str
    provider: str
    business_unit: str
    title: str
    priority: str
    saving_monthly_micro_usd: int = micro_usd_column()
    payback_months: float | None = None
    content_sha256: str
    created_at: datetime = instant_column()
    updated_at: datetime = instant_column()
    deferred_until: datetime | None = optional_instant_column()
    reason: str | None = None
    superseded_by: str | None = None

"""Tables of runs: the request, its place in the queue, its progress and its answer."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Final, Literal, get_args

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlmodel import JSON, Field, SQLModel

from api.database.columns import instant_column, micro_usd_column, optional_instant_column, optional_micro_usd_column

RunStatus = Literal["queued", "running", "succeeded", "infeasible", "not_solved", "failed", "cancelled"]
RUN_STATUSES: Final[tuple[str, ...]] = get_args(RunStatus)
FINISHED_STATUSES: Final = ("succeeded", "infeasible", "not_solved", "failed", "cancelled")


class RunRow(SQLModel, table=True):
    """One run: request, queue entry and headline answer.

    ``attempt`` is the fencing token: it grows with every claim, and whatever changes a running run names it. The
    answer's rows carry ``answer_id`` and are invisible until the run names the same ``answer_id``.
    """

    __tablename__ = "run"
    __table_args__ = (
        CheckConstraint(f"status in {RUN_STATUSES}", name="status_known"),
        UniqueConstraint("schedule", "logical_on", name="uq_run_schedule_logical_on"),
        Index("ix_run_queue", "status", "requested_at", "id"),
        Index("ix_run_listing", "requested_at", "id"),
    )

    id: str = Field(primary_key=True)
    estate: str
    status: str
    version: int = 1
    requested_at: datetime = instant_column()
    requested_by: str
    schedule: str | None = None
    logical_on: date | None = None
    as_of_on: date
    policy_toml: str | None = None
    time_limit_seconds: float
    gap_ratio: float
    seed: int
    publishes: bool = True

    attempt: int = 0
    lost_attempts: int = 0
    lease_owner: str | None = None
    lease_until: datetime | None = optional_instant_column()
    cancel_requested: bool = False
    started_at: datetime | None = optional_instant_column()
    finished_at: datetime | None = optional_instant_column()
    failure: dict[str, Any] | None = Field(default=None, sa_type=JSON(none_as_null=True))

    answer_id: str | None = None
    input_fingerprint: str | None = None
    price_snapshot_id: str | None = None
    data_as_of_on: date | None = None
    annual_baseline_micro_usd: int | None = optional_micro_usd_column()
    annual_plan_micro_usd: int | None = optional_micro_usd_column()
    one_off_micro_usd: int | None = optional_micro_usd_column()
    unpriced_micro_usd: int | None = optional_micro_usd_column()
    unmatched_micro_usd: int | None = optional_micro_usd_column()
    objective_monthly_micro_usd: int | None = optional_micro_usd_column()
    lower_bound_monthly_micro_usd: int | None = optional_micro_usd_column()
    payback_months: float | None = None
    gap_ratio_proved: float | None = None
    verified: bool | None = None
    not_solved_reason: str | None = None
    conflict: list[dict[str, Any]] | None = Field(default=None, sa_type=JSON(none_as_null=True))
    compliance_gaps: list[dict[str, Any]] | None = Field(default=None, sa_type=JSON(none_as_null=True))
    bills: dict[str, Any] | None = Field(default=None, sa_type=JSON(none_as_null=True))
    remarks: list[dict[str, Any]] | None = Field(default=None, sa_type=JSON(none_as_null=True))
    solver: dict[str, Any] | None = Field(default=None, sa_type=JSON(none_as_null=True))
    forecast_method: str | None = None
    forecast_payback_month: str | None = None


class IdempotencyKeyRow(SQLModel, table=True):
    """A key that a client sent with a request, the request's digest and the run that it made."""

    __tablename__ = "idempotency_key"

    key: str = Field(primary_key=True)
    body_sha256: str
    run_id: str = Field(foreign_key="run.id")
    received_at: datetime = instant_column()


class RunStageRow(SQLModel, table=True):
    """A finished stage of one attempt."""

    __tablename__ = "run_stage"

    run_id: str = Field(primary_key=True, foreign_key="run.id")
    attempt: int = Field(primary_key=True)
    ordinal: int = Field(primary_key=True)
    name: str
    seconds: float
    count_in: int
    count_out: int
    count_dropped: int
    input_fingerprint: str
    failures: list[str] | None = Field(default=None, sa_type=JSON(none_as_null=True))
    finished_at: datetime = instant_column()


class LedgerLineRow(SQLModel, table=True):
    """One cost term of an answer."""

    __tablename__ = "ledger_line"

    answer_id: str = Field(primary_key=True)
    ordinal: int = Field(primary_key=True)
    term: str
    baseline_monthly_micro_usd: int = micro_usd_column()
    plan_monthly_micro_usd: int = micro_usd_column()


class RulePriceRow(SQLModel, table=True):
    """What one rule of an answer costs."""

    __tablename__ = "rule_price"

    answer_id: str = Field(primary_key=True)
    ordinal: int = Field(primary_key=True)
    rule_id: str
    rule_type: str
    statement: str
    binding: bool
    low_monthly_micro_usd: int | None = optional_micro_usd_column()
    expected_monthly_micro_usd: int | None = optional_micro_usd_column()
    high_monthly_micro_usd: int | None = optional_micro_usd_column()
    note: str


class DroppedCandidatesRow(SQLModel, table=True):
    """Candidates that a filter left out, by reason."""

    __tablename__ = "dropped_candidates"

    answer_id: str = Field(primary_key=True)
    ordinal: int = Field(primary_key=True)
    filter_name: str
    reason: str
    candidates: int
    nodes: int

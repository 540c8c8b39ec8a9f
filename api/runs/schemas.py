"""Bodies of the run endpoints. Amounts are decimal strings in USD."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from api.http.amounts import UsdText
from api.runs.tables import RunStatus

MAX_POLICY_LENGTH = 200_000
MAX_SEED = 2**31 - 1


class RunOrder(BaseModel):
    """What to optimize. Left out: the shipped policy, the service's time limit, optimality, seed 0."""

    model_config = ConfigDict(extra="forbid", strict=True)

    estate: Annotated[str, Field(min_length=1, max_length=100, examples=["default"])]
    policy: Annotated[
        str | None, Field(min_length=1, max_length=MAX_POLICY_LENGTH, description="Text of a policy file (TOML)")
    ] = None
    time_limit_seconds: Annotated[float | None, Field(gt=0, le=24 * 3600)] = None
    gap_ratio: Annotated[float, Field(ge=0, le=1, description="Stop when the proved gap is at most this")] = 0.005
    seed: Annotated[int, Field(ge=0, le=MAX_SEED)] = 0
    publishes: Annotated[bool, Field(description="Whether the answer becomes the estate's current advice")] = True


class Failure(BaseModel):
    """Why a run failed, or why its last attempt was given up."""

    kind: str
    detail: str


class ConflictingRuleBody(BaseModel):
    """One of the rules that cannot hold together."""

    rule_id: str
    statement: str


class ComplianceGapBody(BaseModel):
    """A rule that today's placement breaks."""

    rule_id: str
    violation: str


class RemarkBody(BaseModel):
    """Something in bills or inventory to look at before believing the figures; amounts are a month."""

    code: str
    meaning: str
    count: int
    monthly_micro_usd: int
    examples: list[str]


class BillsBody(BaseModel):
    """What the bills of the months used come to, a year; placed + transfer + unmatched = total."""

    months: list[str]
    total_usd: UsdText
    placed_usd: UsdText
    transfer_usd: UsdText
    unmatched_usd: UsdText
    by_provider_usd: dict[str, UsdText]


class SolverBody(BaseModel):
    """How the answer was found."""

    method: str
    seconds: float
    cpu_seconds: float
    stopped_by: str
    peak_mb: float | None


class AnswerBody(BaseModel):
    """Headline figures of a finished run; null means not known, never zero."""

    currency: str = "USD"
    data_as_of_on: date
    price_snapshot_id: str
    input_fingerprint: str
    annual_baseline_usd: UsdText
    unpriced_usd: UsdText
    unmatched_usd: UsdText
    annual_plan_usd: UsdText | None
    one_off_usd: UsdText | None
    payback_months: float | None
    objective_monthly_usd: UsdText | None
    lower_bound_monthly_usd: UsdText | None
    gap_ratio: float | None
    verified: bool | None
    not_solved_reason: str | None
    conflict: list[ConflictingRuleBody]
    compliance_gaps: list[ComplianceGapBody]
    remarks: list[RemarkBody]
    bills: BillsBody | None
    solver: SolverBody


class RunBody(BaseModel):
    """A run: what was asked, how far it is, what it found."""

    id: str
    estate: str
    status: RunStatus
    requested_at: datetime
    requested_by: str
    logical_on: date | None
    as_of_on: date
    time_limit_seconds: float
    gap_ratio: float
    seed: int
    publishes: bool
    attempt: int
    cancel_requested: bool
    started_at: datetime | None
    finished_at: datetime | None
    failure: Failure | None
    answer: AnswerBody | None


class RunPage(BaseModel):
    """Runs, newest first."""

    items: list[RunBody]
    next_cursor: str | None


class StageBody(BaseModel):
    """A finished stage of the line."""

    name: str
    seconds: float
    count_in: int
    count_out: int
    count_dropped: int
    input_fingerprint: str
    failures: list[str]
    finished_at: datetime


class StageList(BaseModel):
    """Finished stages of the run's current attempt, in order."""

    items: list[StageBody]


class LedgerLineBody(BaseModel):
    """A cost term of today and of the plan, a month."""

    term: str
    baseline_monthly_usd: UsdText
    plan_monthly_usd: UsdText


class LedgerBody(BaseModel):
    """The ledger before and after."""

    currency: str = "USD"
    items: list[LedgerLineBody]


class RulePriceBody(BaseModel):
    """What a rule costs a month: ``expected`` was found, ``low`` and ``high`` are proved; null where not known."""

    rule_id: str
    rule_type: str
    statement: str
    binding: bool
    low_monthly_usd: UsdText | None
    expected_monthly_usd: UsdText | None
    high_monthly_usd: UsdText | None
    note: str


class RulePriceList(BaseModel):
    """Every rule with its price."""

    currency: str = "USD"
    items: list[RulePriceBody]


class DroppedBody(BaseModel):
    """Candidate placements that a filter left out for one reason."""

    filter_name: str
    reason: str
    candidates: int
    nodes: int


class DroppedList(BaseModel):
    """Every group of dropped candidates."""

    items: list[DroppedBody]

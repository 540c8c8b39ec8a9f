"""Bodies of the recommendation endpoints."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel

from api.http.amounts import UsdText
from api.recommendations.parts import (
    AlternativeBody,
    EvidenceBody,
    FeasibilityBody,
    MoneyBody,
    OperationsBody,
    PlacementBody,
    RelationsBody,
    ScopeBody,
    TargetBody,
)
from api.recommendations.tables import RecommendationState
from optimizer.explain.recommendation import ActionType, Priority


class AdviceBody(BaseModel):
    """What is advised; mirrors the optimizer's ``Recommendation`` without its id and its alternatives."""

    action_type: ActionType
    title: str
    description: str
    priority: Priority
    scope: ScopeBody
    targets: list[TargetBody]
    current: PlacementBody | None
    recommended: PlacementBody
    money: MoneyBody
    feasibility: FeasibilityBody
    operations: OperationsBody
    relations: RelationsBody
    evidence: EvidenceBody


class ReviewBody(BaseModel):
    """Where a recommendation stands in its review. ``focus_status`` is its name in the FOCUS 1.5 draft."""

    state: RecommendationState
    focus_status: str
    reason: str | None
    deferred_until: datetime | None
    superseded_by: str | None
    in_latest_run: bool


class RecommendationSummary(BaseModel):
    """A recommendation as a row of the list."""

    id: str
    etag: str
    revision: int
    run_id: str
    state: RecommendationState
    action_type: ActionType
    kind: str
    provider: str
    business_unit: str
    title: str
    priority: Priority
    currency: str = "USD"
    saving_monthly_usd: UsdText
    payback_months: float | None
    in_latest_run: bool
    has_pending_revision: bool
    created_at: datetime
    updated_at: datetime


class AdviceSummary(BaseModel):
    """What one run advised, as a row of its list; a run that does not publish has its advice here only."""

    recommendation_id: str
    action_type: ActionType
    kind: str
    provider: str
    business_unit: str
    title: str
    priority: Priority
    currency: str = "USD"
    saving_monthly_usd: UsdText
    payback_months: float | None


class AdvicePage(BaseModel):
    """What a run advised, largest expected saving first."""

    run_id: str
    items: list[AdviceSummary]
    next_cursor: str | None


class RecommendationPage(BaseModel):
    """Recommendations in the order that was asked for."""

    items: list[RecommendationSummary]
    next_cursor: str | None


class PendingRevision(BaseModel):
    """What the newest run advises instead of approved content; accepting again takes it over."""

    run_id: str
    advice: AdviceBody


class RecommendationBody(BaseModel):
    """A recommendation with everything needed to decide about it."""

    id: str
    revision: int
    run_id: str
    created_at: datetime
    updated_at: datetime
    review: ReviewBody
    advice: AdviceBody
    pending_revision: PendingRevision | None


class AlternativeList(BaseModel):
    """Other placements of the same thing, cheapest first."""

    recommendation_id: str
    currency: str = "USD"
    items: list[AlternativeBody]

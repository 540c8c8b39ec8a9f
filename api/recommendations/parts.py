"""Bodies of the parts of a recommendation; each mirrors the optimizer's type of the same name, amounts in USD."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import BaseModel

from api.http.amounts import UsdText
from optimizer.explain.recommendation_parts import Basis, Grade, Verdict


class PlacementBody(BaseModel):
    """Where and as what something runs or is kept."""

    provider: str
    host_provider: str
    region_id: str
    place_id: str
    service_name: str
    sku: str
    tier: str
    purchase: str


class ScopeBody(BaseModel):
    """Whose bill and whose team; empty where it is not known."""

    billing_account_id: str
    sub_account_id: str
    business_unit: str
    environment: str
    owner: str
    data_class: str
    jurisdiction: str


class TargetBody(BaseModel):
    """The workload or dataset that moves."""

    node_id: str
    name: str
    kind: Literal["workload", "dataset"]
    resource_ids: list[str]


class SavingsBody(BaseModel):
    """A monthly saving with its band."""

    low_usd: UsdText
    expected_usd: UsdText
    high_usd: UsdText


class OneOffBody(BaseModel):
    """What a move costs once, by cause."""

    egress_usd: UsdText
    requests_usd: UsdText
    retrieval_usd: UsdText
    early_delete_usd: UsdText
    dual_run_usd: UsdText
    labour_usd: UsdText
    stranded_commitment_usd: UsdText


class MoneyBody(BaseModel):
    """What a recommendation is worth, a month unless the name says otherwise."""

    currency: str = "USD"
    current_basis: Basis
    recommended_basis: Basis
    current_monthly_usd: UsdText
    recommended_monthly_usd: UsdText
    recurring_egress_delta_usd: UsdText
    footprint_delta_usd: UsdText
    savings: SavingsBody
    savings_percent: float | None
    stranded_commitment_monthly_usd: UsdText
    one_off: OneOffBody
    payback_months: float | None
    net_12_month_usd: UsdText
    deduplicated_contribution_usd: UsdText


class RuleVerdictBody(BaseModel):
    """One rule that concerns the recommended thing."""

    rule_id: str
    rule_type: str
    verdict: Verdict
    evidence: str


class RejectedCheaperBody(BaseModel):
    """A cheaper placement and the rule that forbids it."""

    placement: PlacementBody
    rule_id: str
    because: str
    forgone_monthly_usd: UsdText


class FeasibilityBody(BaseModel):
    """What was checked."""

    rules: list[RuleVerdictBody]
    binding: list[str]
    rejected_cheaper: list[RejectedCheaperBody]


class OperationsBody(BaseModel):
    """What doing it takes and what can go wrong."""

    effort: Grade
    effort_because: str
    risk: Grade
    risk_because: str
    restart_needed: bool
    rollback_possible: bool
    rollback: str


class RelationsBody(BaseModel):
    """Recommendations that belong together."""

    bundle_id: str | None
    depends_on: list[str]


class AlternativeBody(BaseModel):
    """Another placement, ranked by what it would cost, and why it was not chosen."""

    rank: int
    placement: PlacementBody
    monthly_usd: UsdText
    extra_monthly_usd: UsdText
    one_off_usd: UsdText
    rule_id: str | None
    why_not_chosen: str


class EvidenceBody(BaseModel):
    """What the figures rest on."""

    price_snapshot_id: str
    data_as_of_on: date
    billing_months: list[str]
    confidence: str
    missing_prices: list[str]

"""The parts of a recommendation: where, how much money, what was checked, what doing it takes, what it rests on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

Basis = Literal["effective", "contracted", "list"]
Grade = Literal["very_low", "low", "medium", "high", "very_high"]
Verdict = Literal["kept", "broken_today"]

GRADES: Final[tuple[Grade, ...]] = ("very_low", "low", "medium", "high", "very_high")


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """Where and as what something runs or is kept.

    ``provider`` sells the service (``snowflake``), ``host_provider`` owns the region it runs in (``aws``). ``tier`` is
    the lifecycle in words for a dataset (``hot>cool``), '' for a workload; ``sku`` and ``purchase`` are '' where the
    service has none.
    """

    provider: str
    host_provider: str
    region_id: str
    place_id: str
    service_name: str
    sku: str
    tier: str
    purchase: str

    def __str__(self) -> str:
        detail = " ".join(part for part in (self.sku, self.tier, self.purchase.replace("_", "-")) if part)
        return f"{self.service_name} in {self.place_id}" + (f" ({detail})" if detail else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Whose bill and whose team: what people filter recommendations by; '' where it is not known."""

    billing_account_id: str
    sub_account_id: str
    business_unit: str
    environment: str
    owner: str
    data_class: str
    jurisdiction: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The workload or dataset that moves, with the ids that the bill knows it by."""

    node_id: str
    name: str
    kind: Literal["workload", "dataset"]
    resource_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MicroUsdRange:
    """An amount with its band; ``low <= expected <= high``."""

    low_micro_usd: int
    expected_micro_usd: int
    high_micro_usd: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OneOffParts:
    """What a move costs once, by cause, in the order of ``optimizer.candidates.candidate_set.ONE_OFF_PARTS``."""

    egress_micro_usd: int = 0
    requests_micro_usd: int = 0
    retrieval_micro_usd: int = 0
    early_delete_micro_usd: int = 0
    dual_run_micro_usd: int = 0
    labour_micro_usd: int = 0
    stranded_commitment_micro_usd: int = 0

    @property
    def total_micro_usd(self) -> int:
        """Sum of the parts."""
        return (
            self.egress_micro_usd
            + self.requests_micro_usd
            + self.retrieval_micro_usd
            + self.early_delete_micro_usd
            + self.dual_run_micro_usd
            + self.labour_micro_usd
            + self.stranded_commitment_micro_usd
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """What a recommendation is worth, in micro-USD a month unless the name says otherwise.

    * ``current`` and ``recommended`` are the thing's own cost without data transfer; the basis says at which rates.
    * ``recurring_egress_delta`` is its share of the change in data transfer (positive: more), ``footprint_delta`` its
      share of the change in what being present in places costs. A flow whose two ends both move is shared by halves.
    * ``savings.expected = current - recommended - recurring_egress_delta - footprint_delta``; the low and high ends
      carry the sizing and price error of the recommended placement.
    * ``deduplicated_contribution`` of all recommendations of a run add up to the run's saving exactly, to the micro;
      it differs from ``savings.expected`` by rounding only, at most 1 micro-USD a recommendation.
    * ``savings_percent`` is of ``current`` (0-100), None where nothing is paid today.
    * ``stranded_commitment_monthly`` is what a commitment goes on costing until it ends although the move leaves it.
    * ``payback_months`` is one-off / expected saving; 0 without a one-off, None when the saving never pays it back.
    * ``net_12_month`` is twelve expected monthly savings less the one-off total.
    """

    current_basis: Basis
    recommended_basis: Basis
    current_monthly_micro_usd: int
    recommended_monthly_micro_usd: int
    recurring_egress_delta_micro_usd: int
    footprint_delta_micro_usd: int
    savings: MicroUsdRange
    savings_percent: float | None
    stranded_commitment_monthly_micro_usd: int
    one_off: OneOffParts
    payback_months: float | None
    net_12_month_micro_usd: int
    deduplicated_contribution_micro_usd: int

    @property
    def may_save_nothing(self) -> bool:
        """Whether the low end of the saving is zero or a loss; the description then says so."""
        return self.savings.low_micro_usd <= 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleVerdict:
    """One rule that concerns the recommended thing: kept by the plan; ``broken_today`` where today breaks it."""

    rule_id: str
    rule_type: str
    verdict: Verdict
    evidence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectedCheaper:
    """A placement that would cost less with the rest of the plan as it is, and the rule that forbids it."""

    placement: Placement
    rule_id: str
    because: str
    forgone_monthly_micro_usd: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Feasibility:
    """What was checked. ``binding`` are the rules that forbid something cheaper for this thing."""

    rules: tuple[RuleVerdict, ...]
    binding: tuple[str, ...]
    rejected_cheaper: tuple[RejectedCheaper, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operations:
    """What doing it takes and what can go wrong, each with its reason in words."""

    effort: Grade
    effort_because: str
    risk: Grade
    risk_because: str
    restart_needed: bool
    rollback_possible: bool
    rollback: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Relations:
    """Recommendations that belong together: members of a bundle save only together; ``depends_on`` come first."""

    bundle_id: str | None = None
    depends_on: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AlternativePlacement:
    """Another placement, ranked by what it would cost (1 is the cheapest), the rest of the plan unchanged.

    ``extra_monthly`` is its cost above the recommended placement, flows included, one-off spread over the horizon;
    negative means cheaper. ``rule_id`` names the rule that forbids it, None when nothing does.
    """

    rank: int
    placement: Placement
    monthly_micro_usd: int
    extra_monthly_micro_usd: int
    one_off_micro_usd: int
    rule_id: str | None
    why_not_chosen: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What the figures rest on. ``confidence`` is that of the worst price used; '' means that no price was needed."""

    price_snapshot_id: str
    data_as_of_on: date
    billing_months: tuple[str, ...]
    confidence: str
    missing_prices: tuple[str, ...]

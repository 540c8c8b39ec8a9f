"""What a run is asked to do and what it answers: the contract between the pipeline and the database.

Amounts named ``_usd`` are decimals of a year or of a month as the name says; amounts named ``_micro_usd`` are integer
micro-USD. Persisting rounds decimals to the micro-dollar, once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Protocol

from optimizer.explain.recommendation import Recommendation


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRequest:
    """What to optimize and how long to try.

    ``policy_toml`` is the text of a policy file; None means the policy that ships with the product. ``as_of_on`` is the
    day the run stands for: the logical date of a nightly run, else the day it was asked for (UTC).
    """

    run_id: str
    estate: str
    data_directory: Path
    as_of_on: date
    policy_toml: str | None
    time_limit_seconds: float
    gap_ratio: float
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StageReport:
    """One finished stage of the line: how long it took, what came in, went out and was left out, over which input.

    ``failures`` are sentences about parts of the stage that did not work while the rest went on; with any, the stage
    has failed.
    """

    name: str
    seconds: float
    count_in: int
    count_out: int
    count_dropped: int
    input_fingerprint: str
    failures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """Something in bills or inventory that a person should look at before believing the figures.

    ``count`` things or rows show it, a few are named in ``examples``, ``monthly_micro_usd`` is the cost concerned.
    """

    code: str
    meaning: str
    count: int
    monthly_micro_usd: int
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BillsAccount:
    """What the bills of the months used come to, a year, to the micro-dollar, and where that went.

    ``placed + transfer + unmatched = total``, and ``by_provider`` adds up to the total: effective cost of all counted
    sources, without purchases of commitments, whose cost is in the usage that they cover.
    """

    months: tuple[str, ...]
    total_usd: Decimal
    placed_usd: Decimal
    transfer_usd: Decimal
    unmatched_usd: Decimal
    by_provider_usd: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerLine:
    """One cost term of today and of the plan, a month; plan lines add up to the objective of the plan."""

    term: str
    baseline_monthly_micro_usd: int
    plan_monthly_micro_usd: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RulePrice:
    """What a rule costs a month: the saving that is forgone because of it, proved to lie in ``[low, high]``.

    ``expected`` is the best saving found without it. Amounts are None where they are not known (``note`` says why).
    ``binding`` is False for a rule that forbids nothing cheaper.
    """

    rule_id: str
    rule_type: str
    statement: str
    binding: bool
    low_monthly_micro_usd: int | None
    expected_monthly_micro_usd: int | None
    high_monthly_micro_usd: int | None
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DroppedCandidates:
    """Candidate placements that a filter left out, counted by reason, with the number of workloads and datasets."""

    filter_name: str
    reason: str
    candidates: int
    nodes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ForecastMonth:
    """Spend of one future month with and without the plan; percentiles of the simulated months, in micro-USD."""

    month: str
    baseline_p10_micro_usd: int
    baseline_p50_micro_usd: int
    baseline_p90_micro_usd: int
    plan_p10_micro_usd: int
    plan_p50_micro_usd: int
    plan_p90_micro_usd: int
    cumulative_net_saving_p50_micro_usd: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """Twelve months, and the month in which the cumulative net saving (p50) turns positive; None when it never does."""

    method: str
    months: tuple[ForecastMonth, ...]
    payback_month: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplianceGap:
    """A rule that today's placement breaks."""

    rule_id: str
    violation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConflictingRule:
    """One of the rules that cannot hold together."""

    rule_id: str
    statement: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSolver:
    """How the answer was found."""

    method: str
    seconds: float
    cpu_seconds: float
    stopped_by: str
    peak_mb: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SolvedAnswer:
    """A verified plan. ``lower_bound_monthly_usd`` is proved: no plan of the problem costs less."""

    annual_plan_usd: Decimal
    one_off_usd: Decimal
    payback_months: float | None
    objective_monthly_usd: Decimal
    lower_bound_monthly_usd: Decimal
    gap_ratio: float
    verified: bool
    recommendations: tuple[Recommendation, ...]
    ledger: tuple[LedgerLine, ...]
    rule_prices: tuple[RulePrice, ...]
    forecast: Forecast


@dataclass(frozen=True, slots=True, kw_only=True)
class InfeasibleAnswer:
    """No plan keeps every rule."""

    conflict: tuple[ConflictingRule, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NotSolvedAnswer:
    """Nothing was found in the time allowed."""

    reason: str


Answer = SolvedAnswer | InfeasibleAnswer | NotSolvedAnswer


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """What a run found, whatever the outcome; ``answer`` says which.

    ``unpriced_usd`` is today's yearly cost of what has no priced alternative, ``unmatched_usd`` the yearly cost on the
    bills that belongs to no known workload or dataset: both are part of the answer, never left out silently.
    """

    input_fingerprint: str
    price_snapshot_id: str
    data_as_of_on: date
    annual_baseline_usd: Decimal
    unpriced_usd: Decimal
    unmatched_usd: Decimal
    dropped: tuple[DroppedCandidates, ...]
    compliance_gaps: tuple[ComplianceGap, ...]
    remarks: tuple[Remark, ...]
    bills: BillsAccount
    solver: RunSolver
    stage_reports: tuple[StageReport, ...]
    answer: Answer


class Pipeline(Protocol):
    """The whole line as one function; it runs in a worker process, so it must be importable by name."""

    def __call__(self, request: RunRequest, *, on_stage: Callable[[StageReport], None]) -> RunResult:
        """Do the run, reporting each stage as it finishes."""
        ...

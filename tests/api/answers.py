"""Answers of runs, built by hand: small, complete, with figures that a test can name."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from api.runs.result import (
    BillsAccount,
    ComplianceGap,
    ConflictingRule,
    DroppedCandidates,
    Forecast,
    ForecastMonth,
    InfeasibleAnswer,
    LedgerLine,
    NotSolvedAnswer,
    RulePrice,
    RunResult,
    RunSolver,
    SolvedAnswer,
    StageReport,
)
from optimizer.explain.recommendation import Recommendation, recommendation_id
from optimizer.explain.recommendation_parts import (
    AlternativePlacement,
    Evidence,
    Feasibility,
    MicroUsdRange,
    Money,
    OneOffParts,
    Operations,
    Placement,
    RejectedCheaper,
    Relations,
    RuleVerdict,
    Scope,
    Target,
)

USD = 1_000_000


def placement(place_id: str, sku: str = "m5.xlarge") -> Placement:
    provider, _, region = place_id.partition(":")
    return Placement(
        provider=provider, host_provider=provider, region_id=region, place_id=place_id, service_name=f"{provider}_vm",
        sku=sku, tier="", purchase="on_demand",
    )  # fmt: skip


def recommendation(
    node: str = "w1",
    *,
    saving_usd: int = 100,
    to: str = "gcp:us-central1",
    business_unit: str = "retail",
    payback_months: float | None = 2.5,
    data_as_of_on: date = date(2026, 3, 31),
    kind: str = "workload",
) -> Recommendation:
    """Moves ``node`` from AWS to ``to``, from 400 USD a month to 400 less the saving."""
    scope = Scope(
        billing_account_id="111", sub_account_id="222", business_unit=business_unit, environment="prod", owner="ana",
        data_class="internal", jurisdiction="US",
    )  # fmt: skip
    targets = (Target(node_id=node, name=f"job {node}", kind=kind, resource_ids=(f"arn:{node}",)),)  # type: ignore[arg-type]
    current, recommended = placement("aws:us-east-1"), placement(to)
    identity = recommendation_id(
        scope=scope, targets=targets, action_type="move_provider", current=current, recommended=recommended
    )
    return Recommendation(
        id=identity,
        action_type="move_provider",
        title=f"Move {node} to {to}",
        description=f"Move {node} from aws:us-east-1 to {to}: saves ${saving_usd} a month.",
        priority="P2",
        scope=scope,
        targets=targets,
        current=current,
        recommended=recommended,
        money=_money(saving_usd, payback_months),
        feasibility=Feasibility(
            rules=(RuleVerdict(rule_id="gdpr", rule_type="allow", verdict="kept", evidence="US is allowed"),),
            binding=("gdpr",),
            rejected_cheaper=(
                RejectedCheaper(
                    placement=placement("azure:westeurope"), rule_id="gdpr", because="GDPR chapter V",
                    forgone_monthly_micro_usd=7 * USD,
                ),
            ),
        ),
        operations=Operations(
            effort="medium", effort_because="one job", risk="low", risk_because="batch", restart_needed=True,
            rollback_possible=True, rollback="move it back",
        ),
        relations=Relations(),
        alternatives=(
            _alternative(2, "aws:us-west-2", extra_usd=12), _alternative(1, "aws:us-east-2", extra_usd=3),
        ),
        evidence=Evidence(
            price_snapshot_id="p1", data_as_of_on=data_as_of_on, billing_months=("2026-03",), confidence="seen",
            missing_prices=(),
        ),
    )  # fmt: skip


def _money(saving_usd: int, payback_months: float | None) -> Money:
    return Money(
        current_basis="effective",
        recommended_basis="list",
        current_monthly_micro_usd=400 * USD,
        recommended_monthly_micro_usd=(400 - saving_usd) * USD,
        recurring_egress_delta_micro_usd=0,
        footprint_delta_micro_usd=0,
        savings=MicroUsdRange(
            low_micro_usd=(saving_usd - 10) * USD, expected_micro_usd=saving_usd * USD,
            high_micro_usd=(saving_usd + 10) * USD,
        ),
        savings_percent=saving_usd / 4,
        stranded_commitment_monthly_micro_usd=0,
        one_off=OneOffParts(egress_micro_usd=200 * USD, labour_micro_usd=50 * USD),
        payback_months=payback_months,
        net_12_month_micro_usd=(12 * saving_usd - 250) * USD,
        deduplicated_contribution_micro_usd=saving_usd * USD,
    )  # fmt: skip


def _alternative(rank: int, place_id: str, *, extra_usd: int) -> AlternativePlacement:
    return AlternativePlacement(
        rank=rank, placement=placement(place_id), monthly_micro_usd=300 * USD, extra_monthly_micro_usd=extra_usd * USD,
        one_off_micro_usd=0, rule_id=None, why_not_chosen=f"costs ${extra_usd} more",
    )  # fmt: skip


def stages() -> tuple[StageReport, ...]:
    return tuple(
        StageReport(name=name, seconds=0.1, count_in=10, count_out=9, count_dropped=1, input_fingerprint="f1")
        for name in ("estate", "generate", "solve", "verify")
    )


def forecast() -> Forecast:
    months = tuple(
        ForecastMonth(
            month=f"2026-{number:02}", baseline_p10_micro_usd=900 * USD, baseline_p50_micro_usd=1000 * USD,
            baseline_p90_micro_usd=1100 * USD, plan_p10_micro_usd=800 * USD, plan_p50_micro_usd=900 * USD,
            plan_p90_micro_usd=1000 * USD, cumulative_net_saving_p50_micro_usd=(number * 100 - 250) * USD,
        )
        for number in range(1, 13)
    )  # fmt: skip
    return Forecast(method="log growth", months=months, payback_month="2026-03")


def solved(*recommendations: Recommendation, verified: bool = True) -> RunResult:
    """A verified answer with these recommendations."""
    saving_usd = sum(each.money.savings.expected_micro_usd for each in recommendations) // USD
    answer = SolvedAnswer(
        annual_plan_usd=Decimal(12_000 - 12 * saving_usd),
        one_off_usd=Decimal(250 * len(recommendations)),
        payback_months=2.5,
        objective_monthly_usd=Decimal("900.000001"),
        lower_bound_monthly_usd=Decimal("899.5"),
        gap_ratio=0.00055,
        verified=verified,
        recommendations=recommendations,
        ledger=(
            LedgerLine(term="compute", baseline_monthly_micro_usd=800 * USD, plan_monthly_micro_usd=700 * USD),
            LedgerLine(term="egress", baseline_monthly_micro_usd=200 * USD, plan_monthly_micro_usd=200 * USD + 1),
        ),
        rule_prices=(
            RulePrice(
                rule_id="gdpr", rule_type="allow", statement="GDPR chapter V", binding=True,
                low_monthly_micro_usd=6 * USD, expected_monthly_micro_usd=6 * USD,
                high_monthly_micro_usd=7 * USD, note="",
            ),
            RulePrice(
                rule_id="cap", rule_type="capacity", statement="", binding=False, low_monthly_micro_usd=None,
                expected_monthly_micro_usd=None, high_monthly_micro_usd=None, note="not binding",
            ),
        ),
        forecast=forecast(),
    )  # fmt: skip
    return _result(answer)


def infeasible() -> RunResult:
    rules = (
        ConflictingRule(rule_id="gdpr", statement="only the EU"),
        ConflictingRule(rule_id="pin", statement="stays"),
    )
    return _result(InfeasibleAnswer(conflict=rules))


def not_solved() -> RunResult:
    return _result(NotSolvedAnswer(reason="nothing found in 1 s"))


def _result(answer: SolvedAnswer | InfeasibleAnswer | NotSolvedAnswer) -> RunResult:
    return RunResult(
        input_fingerprint="f1",
        price_snapshot_id="p1",
        data_as_of_on=date(2026, 3, 31),
        annual_baseline_usd=Decimal(12_000),
        unpriced_usd=Decimal("10.50"),
        unmatched_usd=Decimal("20.25"),
        dropped=(DroppedCandidates(filter_name="residency", reason="not in the EU", candidates=5, nodes=2),),
        remarks=(),
        bills=BillsAccount(
            months=("2026-01",),
            total_usd=Decimal(120),
            placed_usd=Decimal(100),
            transfer_usd=Decimal(5),
            unmatched_usd=Decimal(15),
            by_provider_usd={"aws": Decimal(120)},
        ),
        compliance_gaps=(ComplianceGap(rule_id="gdpr", violation="d1 lies in aws:us-east-1"),),
        solver=RunSolver(method="test", seconds=0.1, cpu_seconds=0.1, stopped_by="proved", peak_mb=1.0),
        stage_reports=stages(),
        answer=answer,
    )

"""What the line found, as the record that is stored and shown: a translation, no arithmetic but sums and units."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

from api.memory import peak_mb
from api.planned import Planned
from api.runs.result import (
    Answer,
    BillsAccount,
    ComplianceGap,
    ConflictingRule,
    DroppedCandidates,
    Forecast,
    ForecastMonth,
    InfeasibleAnswer,
    LedgerLine,
    NotSolvedAnswer,
    Remark,
    RulePrice,
    RunResult,
    RunSolver,
    SolvedAnswer,
)
from api.stages import Line
from collectors.estate import EstateBuild
from optimizer.domain.policy_reach import idle_statement_ids
from optimizer.explain.explanation import Explanation
from optimizer.explain.infeasible import explain_infeasible
from optimizer.explain.ledger import build_ledger, whole
from optimizer.plan import Infeasible, NotSolved, Plan, Solved
from optimizer.units import MONTHS_PER_YEAR, usd
from scenarios.forecast import SavingBand, forecast
from scenarios.growth import MonthCost


def result_of(planned: Planned, line: Line, *, seed: int) -> RunResult:
    """The record of a run; the forecast, last of the stages that compute, is made here."""
    answer = _answer(planned, line, seed)
    facts = planned.outcome.facts
    ledger_today = build_ledger(planned.problem, Plan.stay(planned.problem))
    gaps = planned.explanation.compliance_gaps_today if planned.explanation is not None else ()
    return RunResult(
        input_fingerprint=planned.input_fingerprint,
        price_snapshot_id=planned.prices.snapshot_id,
        data_as_of_on=planned.build.estate.as_of_on,
        annual_baseline_usd=_annual(ledger_today.baseline_monthly_micro_usd),
        unpriced_usd=_annual(planned.candidates.report.unpriced_micro_usd),
        unmatched_usd=_annual(planned.build.unmatched_monthly_micro_usd),
        dropped=_dropped(planned),
        compliance_gaps=tuple(ComplianceGap(rule_id=gap.rule_id, violation=gap.message) for gap in gaps),
        bills=_bills(planned.build),
        remarks=tuple(
            Remark(
                code=each.code,
                meaning=each.meaning,
                count=each.count,
                monthly_micro_usd=each.monthly_micro_usd,
                examples=each.examples,
            )
            for each in planned.build.oddities
        ),
        solver=RunSolver(
            method=facts.method,
            seconds=facts.seconds,
            cpu_seconds=facts.cpu_seconds,
            stopped_by=facts.stopped_by,
            peak_mb=peak_mb(),
        ),
        stage_reports=tuple(line.reports),
        answer=answer,
    )


def _bills(build: EstateBuild) -> BillsAccount:
    return BillsAccount(
        months=build.estate.billing_months,
        total_usd=_annual(build.total_monthly_micro_usd),
        placed_usd=_annual(build.matched_monthly_micro_usd),
        transfer_usd=_annual(build.transfer_monthly_micro_usd),
        unmatched_usd=_annual(build.unmatched_monthly_micro_usd),
        by_provider_usd={name: _annual(amount) for name, amount in build.by_provider.items()},
    )


def _answer(planned: Planned, line: Line, seed: int) -> Answer:
    match planned.outcome:
        case Infeasible() as outcome:
            explained = explain_infeasible(planned.problem, outcome, policy=planned.policy)
            return InfeasibleAnswer(
                conflict=tuple(
                    ConflictingRule(rule_id=rule.rule_id, statement=rule.sentence) for rule in explained.rules
                )
            )
        case NotSolved() as outcome:
            return NotSolvedAnswer(reason=outcome.reason)
        case Solved() as outcome:
            if planned.explanation is None or planned.verified is None:
                raise ValueError("a solved run without its verification and explanation cannot be stored")
            with line.stage("forecast") as counts:
                counts.count_in = len(planned.monthly_history_micro_usd)
                ahead = _forecast(planned, planned.explanation, seed)
                counts.count_out = len(ahead.months)
            return _solved(planned, planned.explanation, outcome, ahead)


def _solved(planned: Planned, explanation: Explanation, outcome: Solved, ahead: Forecast) -> SolvedAnswer:
    saving = explanation.saving
    return SolvedAnswer(
        annual_plan_usd=_annual(saving.plan_monthly_micro_usd),
        one_off_usd=usd(saving.one_off_micro_usd),
        payback_months=saving.payback_months,
        objective_monthly_usd=outcome.costs.objective_micro_usd.scaleb(-6),
        lower_bound_monthly_usd=outcome.lower_bound_micro_usd.scaleb(-6),
        gap_ratio=outcome.gap_ratio,
        verified=planned.verified is not None,
        recommendations=explanation.recommendations,
        ledger=tuple(
            LedgerLine(
                term=entry.term,
                baseline_monthly_micro_usd=whole(entry.today_micro_usd),
                plan_monthly_micro_usd=whole(entry.plan_micro_usd),
            )
            for entry in explanation.ledger.lines
        ),
        rule_prices=tuple(
            RulePrice(
                rule_id=price.id,
                rule_type=price.type,
                statement=price.because,
                binding=price.verdict in ("binding", "within_gap"),
                low_monthly_micro_usd=None if price.verdict == "not_tested" else price.low_micro_usd,
                expected_monthly_micro_usd=None if price.verdict == "not_tested" else price.expected_micro_usd,
                high_monthly_micro_usd=_meaningful(price.high_micro_usd, outcome),
                note=price.verdict,
            )
            for price in explanation.rule_prices
        ),
        forecast=ahead,
    )


def _meaningful(high_micro_usd: int | None, outcome: Solved) -> int | None:
    """The upper end of a rule's price, unless it says less than that a rule cannot cost more than everything."""
    if high_micro_usd is None or high_micro_usd > outcome.costs.objective_micro_usd:
        return None
    return high_micro_usd


def _forecast(planned: Planned, explanation: Explanation, seed: int) -> Forecast:
    """Twelve months; the saving's band is that of all recommendations together, as if their errors came together."""
    moves = [recommendation.money for recommendation in explanation.recommendations]
    expected = explanation.saving.saving_monthly_micro_usd
    below = sum(money.savings.expected_micro_usd - money.savings.low_micro_usd for money in moves)
    above = sum(money.savings.high_micro_usd - money.savings.expected_micro_usd for money in moves)
    found = forecast(
        history=[MonthCost(month=month, effective_micro_usd=cost) for month, cost in planned.monthly_history_micro_usd],
        baseline_monthly_micro_usd=explanation.saving.baseline_monthly_micro_usd,
        saving=SavingBand(low_micro_usd=expected - below, expected_micro_usd=expected, high_micro_usd=expected + above),
        one_off_micro_usd=explanation.saving.one_off_micro_usd,
        seed=seed,
    )
    return Forecast(
        method=found.method,
        months=tuple(
            ForecastMonth(
                month=month.month,
                baseline_p10_micro_usd=month.baseline.p10_micro_usd,
                baseline_p50_micro_usd=month.baseline.p50_micro_usd,
                baseline_p90_micro_usd=month.baseline.p90_micro_usd,
                plan_p10_micro_usd=month.plan.p10_micro_usd,
                plan_p50_micro_usd=month.plan.p50_micro_usd,
                plan_p90_micro_usd=month.plan.p90_micro_usd,
                cumulative_net_saving_p50_micro_usd=month.cumulative_net_saving.p50_micro_usd,
            )
            for month in found.months
        ),
        payback_month=found.payback_month,
    )


def _dropped(planned: Planned) -> tuple[DroppedCandidates, ...]:
    candidates: Counter[tuple[str, str]] = Counter()
    nodes: dict[tuple[str, str], set[str]] = {}
    for entry in planned.candidates.dropped:
        key = (entry.reason, entry.statement_id or "")
        candidates[key] += entry.count
        nodes.setdefault(key, set()).add(entry.node_id)
    idle = tuple(
        DroppedCandidates(
            filter_name="policy statement about nothing in the estate", reason=statement, candidates=0, nodes=0
        )
        for statement in idle_statement_ids(planned.policy, planned.build.estate)
    )
    foreign = tuple(
        DroppedCandidates(
            filter_name="cost in a currency without a rate, in no figure",
            reason=f"{cost.monthly_amount:,.2f} {cost.currency} a month of {cost.service}, {cost.rows} rows",
            candidates=0,
            nodes=0,
        )
        for cost in planned.build.foreign
    )
    return (
        idle
        + foreign
        + tuple(
            DroppedCandidates(
                filter_name=name,
                reason=statement or name,
                candidates=candidates[name, statement],
                nodes=len(nodes[name, statement]),
            )
            for name, statement in sorted(candidates)
        )
    )


def _annual(monthly_micro_usd: int) -> Decimal:
    return usd(monthly_micro_usd) * MONTHS_PER_YEAR

"""What a run found, on the screen: money first, then moves with reasons, then what every rule costs."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import typer

from api.cli.common import dollars, show_table
from api.runs.result import InfeasibleAnswer, NotSolvedAnswer, RunResult, SolvedAnswer
from optimizer.explain.recommendation import Recommendation
from optimizer.units import usd

SHOWN_MOVES = 15
SHOWN_SENTENCES = 5


def summary_of(result: RunResult) -> dict[str, Any]:
    """The headline figures by the names that programs rely on."""
    summary: dict[str, Any] = {
        "status": "not_solved",
        "annual_baseline_usd": float(result.annual_baseline_usd),
        "annual_plan_usd": None,
        "one_off_usd": None,
        "payback_months": None,
        "gap_ratio": None,
        "verified": False,
        "recommendations": 0,
        "unpriced_usd": float(result.unpriced_usd),
        "unmatched_usd": float(result.unmatched_usd),
    }
    match result.answer:
        case SolvedAnswer() as answer:
            summary |= {
                "status": "solved",
                "annual_plan_usd": float(answer.annual_plan_usd),
                "one_off_usd": float(answer.one_off_usd),
                "payback_months": answer.payback_months,
                "gap_ratio": answer.gap_ratio,
                "verified": answer.verified,
                "recommendations": len(answer.recommendations),
            }
        case InfeasibleAnswer() as answer:
            summary |= {"status": "infeasible", "conflict": [rule.rule_id for rule in answer.conflict]}
        case NotSolvedAnswer() as answer:
            summary |= {"reason": answer.reason}
    return summary


def show_report(run_id: str, result: RunResult) -> None:
    """The whole report."""
    match result.answer:
        case SolvedAnswer() as answer:
            _show_solved(run_id, result, answer)
        case InfeasibleAnswer() as answer:
            typer.echo("No plan keeps every rule. These cannot hold together:")
            for rule in answer.conflict:
                typer.echo(f"  {rule.rule_id}: {rule.statement}")
        case NotSolvedAnswer() as answer:
            typer.echo(f"Not solved: {answer.reason}")


def _show_solved(run_id: str, result: RunResult, answer: SolvedAnswer) -> None:
    saving = result.annual_baseline_usd - answer.annual_plan_usd
    ratio = saving / result.annual_baseline_usd if result.annual_baseline_usd else Decimal(0)
    payback = "never" if answer.payback_months is None else f"{answer.payback_months:.1f} months"
    rows = [
        ("today, a year", f"{dollars(result.annual_baseline_usd)} USD"),
        ("planned, a year", f"{dollars(answer.annual_plan_usd)} USD"),
        ("saving, a year", f"{dollars(saving)} USD ({ratio:.1%})"),
        ("one-off cost of the moves", f"{dollars(answer.one_off_usd)} USD, pays back in {payback}"),
        ("proof", f"no plan can be more than {answer.gap_ratio:.2%} cheaper; verified: {answer.verified}"),
        ("not priced (no alternative known)", f"{dollars(result.unpriced_usd)} USD a year"),
        ("on the bills, belonging to nothing", f"{dollars(result.unmatched_usd)} USD a year"),
        ("recommendations", str(len(answer.recommendations))),
    ]
    show_table("The plan", ("", ""), rows)
    _show_ledger(answer)
    _show_moves(answer)
    _show_rules(result, answer)
    _show_forecast(answer)
    typer.echo(f"\nrun {run_id}: `placement explain {run_id}` tells why; `placement serve` opens it for review")


def _show_ledger(answer: SolvedAnswer) -> None:
    show_table(
        "\nLedger, USD a month",
        ("term", "today", "plan", "difference"),
        [
            (
                line.term,
                dollars(usd(line.baseline_monthly_micro_usd)),
                dollars(usd(line.plan_monthly_micro_usd)),
                dollars(usd(line.plan_monthly_micro_usd - line.baseline_monthly_micro_usd)),
            )
            for line in answer.ledger
        ],
        right=("today", "plan", "difference"),
    )


def _show_moves(answer: SolvedAnswer) -> None:
    ranked = sorted(answer.recommendations, key=lambda move: -move.money.savings.expected_micro_usd)
    show_table(
        f"\nLargest moves ({min(SHOWN_MOVES, len(ranked))} of {len(ranked)})",
        ("saves USD/month", "what", "from", "to", "one-off USD"),
        [
            (
                dollars(usd(move.money.savings.expected_micro_usd)),
                move.title,
                _where(move, move.current),
                _where(move, move.recommended),
                dollars(usd(move.money.one_off.total_micro_usd)),
            )
            for move in ranked[:SHOWN_MOVES]
        ],
        right=("saves USD/month", "one-off USD"),
    )
    typer.echo("")
    for move in ranked[:SHOWN_SENTENCES]:
        typer.echo(f"- {move.description}")


def _where(move: Recommendation, placement: Any) -> str:
    if placement is None:
        return "-"
    return " ".join(
        part for part in (placement.place_id, placement.service_name, placement.sku or placement.tier) if part
    )


def _show_rules(result: RunResult, answer: SolvedAnswer) -> None:
    priced = [price for price in answer.rule_prices if price.binding]
    show_table(
        f"\nWhat rules cost, USD a month ({len(priced)} of {len(answer.rule_prices)} bind)",
        ("rule", "found", "proved at least", "proved at most", "why"),
        [
            (
                price.rule_id,
                _known(price.expected_monthly_micro_usd),
                _known(price.low_monthly_micro_usd),
                _known(price.high_monthly_micro_usd),
                price.statement,
            )
            for price in priced
        ],
        right=("found", "proved at least", "proved at most"),
    )
    untested = [price.rule_id for price in answer.rule_prices if price.note == "not_tested"]
    if untested:
        typer.echo(f"not reached in the time allowed: {', '.join(untested)}")
    if result.compliance_gaps:
        typer.echo(f"\nToday breaks {len(result.compliance_gaps)} rules; the plan repairs them:")
        for gap in result.compliance_gaps[:SHOWN_SENTENCES]:
            typer.echo(f"- {gap.violation}")


def _known(micro_usd: int | None) -> str:
    return "?" if micro_usd is None else dollars(usd(micro_usd))


def _show_forecast(answer: SolvedAnswer) -> None:
    show_table(
        f"\nForecast, thousand USD (payback month: {answer.forecast.payback_month or 'beyond the horizon'})",
        ("month", "as today p10/p50/p90", "with the plan p10/p50/p90", "net saving so far"),
        [
            (
                month.month,
                _band(month.baseline_p10_micro_usd, month.baseline_p50_micro_usd, month.baseline_p90_micro_usd),
                _band(month.plan_p10_micro_usd, month.plan_p50_micro_usd, month.plan_p90_micro_usd),
                dollars(usd(month.cumulative_net_saving_p50_micro_usd) / 1000),
            )
            for month in answer.forecast.months
        ],
        right=("net saving so far",),
    )


def _band(*amounts_micro_usd: int) -> str:
    return " / ".join(dollars(usd(amount) / 1000) for amount in amounts_micro_usd)

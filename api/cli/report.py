"""What a run found, on the screen: money first, then moves with reasons, then what every rule costs."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import typer

from api.cli.common import dollars, show_table
from api.runs.result import BillsAccount, InfeasibleAnswer, NotSolvedAnswer, RunResult, SolvedAnswer
from optimizer.explain.recommendation_parts import Placement
from optimizer.units import MONTHS_PER_YEAR, usd

SHOWN_MOVES = 15
SHOWN_SENTENCES = 5
SHOWN_GAPS = 10
SHOWN_EXAMPLES = 2


def summary_of(result: RunResult) -> dict[str, Any]:
    """The headline figures by the names that programs rely on."""
    summary: dict[str, Any] = {
        "status": "not_solved",
        "annual_billed_usd": str(result.bills.total_usd),
        "annual_billed_by_provider_usd": {name: str(amount) for name, amount in result.bills.by_provider_usd.items()},
        "remarks": [{"code": remark.code, "examples": list(remark.examples)} for remark in result.remarks],
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


def _warn(result: RunResult) -> None:
    """What a person should look at before believing the figures."""
    for entry in result.dropped:
        if not entry.candidates:
            typer.echo(f"warning: {entry.filter_name}: {entry.reason}")
    for remark in result.remarks:
        cost = f", {dollars(usd(remark.monthly_micro_usd))} USD a month" if remark.monthly_micro_usd else ""
        shown = "; ".join(remark.examples[:SHOWN_EXAMPLES])
        typer.echo(f"look at: {remark.meaning} ({remark.count:,}{cost}): {shown}")


def _show_solved(run_id: str, result: RunResult, answer: SolvedAnswer) -> None:
    saving = result.annual_baseline_usd - answer.annual_plan_usd
    ratio = saving / result.annual_baseline_usd if result.annual_baseline_usd else Decimal(0)
    payback = "never" if answer.payback_months is None else f"{answer.payback_months:.1f} months"
    rows = [
        ("on the bills, a year", _on_the_bills(result.bills)),
        ("today, a year", f"{dollars(result.annual_baseline_usd)} USD"),
        ("planned, a year", f"{dollars(answer.annual_plan_usd)} USD"),
        ("saving, a year", f"{dollars(saving)} USD ({ratio:.1%}); {_band_of_savings(answer)}"),
        ("bought as", _by_purchase(answer)),
        ("one-off cost of the moves", f"{dollars(answer.one_off_usd)} USD, pays back in {payback}"),
        ("proof", f"no plan can be more than {answer.gap_ratio:.2%} cheaper; verified: {answer.verified}"),
        ("of today, without any priced alternative", f"{dollars(result.unpriced_usd)} USD a year"),
        (
            "besides, on the bills but tied to nothing known",
            f"{dollars(result.unmatched_usd)} USD a year, in no figure above",
        ),
        ("recommendations", str(len(answer.recommendations))),
    ]
    show_table("The plan", ("", ""), rows)
    _warn(result)
    _show_ledger(answer)
    _show_moves(answer)
    _show_rules(result, answer)
    _show_forecast(answer)
    typer.echo(
        f"\nrun {run_id} is stored; with the same --data-dir `placement explain` tells why, `placement serve` opens it"
    )


def _on_the_bills(bills: BillsAccount) -> str:
    """The whole of the bills, by vendor."""
    vendors = ", ".join(f"{name} {dollars(amount)}" for name, amount in bills.by_provider_usd.items())
    return f"{dollars(bills.total_usd)} USD ({vendors}), from {bills.months[0]} to {bills.months[-1]}"


def _band_of_savings(answer: SolvedAnswer) -> str:
    """The saving if every sizing and price error went one way, and the other."""
    low = sum(move.money.savings.low_micro_usd for move in answer.recommendations) * MONTHS_PER_YEAR
    high = sum(move.money.savings.high_micro_usd for move in answer.recommendations) * MONTHS_PER_YEAR
    return f"{dollars(usd(low))} to {dollars(usd(high))} if all sizing and price errors went one way"


def _by_purchase(answer: SolvedAnswer) -> str:
    """How many moves, and how much of the saving, rest on which way of buying."""
    found: dict[str, list[int]] = {}
    for move in answer.recommendations:
        amounts = found.setdefault(move.recommended.purchase or "by use", [])
        amounts.append(move.money.savings.expected_micro_usd * MONTHS_PER_YEAR)
    ranked = sorted(found.items(), key=lambda entry: -sum(entry[1]))
    return ", ".join(
        f"{name.replace('_', ' ')}: {len(amounts)} moves saving {dollars(usd(sum(amounts)))}"
        for name, amounts in ranked
    )


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
    typer.echo("migration: the one-off cost spread over the policy's horizon; weighed in the plan, in no month's bill")


def _show_moves(answer: SolvedAnswer) -> None:
    ranked = sorted(answer.recommendations, key=lambda move: -move.money.savings.expected_micro_usd)
    show_table(
        f"\nLargest moves ({min(SHOWN_MOVES, len(ranked))} of {len(ranked)})",
        ("saves USD/month", "what", "from", "to", "one-off USD"),
        [
            (
                dollars(usd(move.money.savings.expected_micro_usd)),
                move.title,
                _where(move.current),
                _where(move.recommended),
                dollars(usd(move.money.one_off.total_micro_usd)),
            )
            for move in ranked[:SHOWN_MOVES]
        ],
        right=("saves USD/month", "one-off USD"),
    )
    typer.echo("")
    for move in ranked[:SHOWN_SENTENCES]:
        typer.echo(f"- {move.description}")


def _where(placement: Placement | None) -> str:
    if placement is None:
        return "-"
    purchase = "" if placement.purchase == "on_demand" else placement.purchase.replace("_", "-")
    parts = (placement.place_id, placement.service_name, placement.sku or placement.tier, purchase)
    return " ".join(part for part in parts if part)


def _show_rules(result: RunResult, answer: SolvedAnswer) -> None:
    priced = [price for price in answer.rule_prices if price.binding]
    proved = sum(price.note == "binding" for price in priced)
    unsure = len(priced) - proved
    show_table(
        f"\nWhat rules cost, USD a month ({proved} of {len(answer.rule_prices)} proved to bind, {unsure} in doubt)",
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
        for gap in result.compliance_gaps[:SHOWN_GAPS]:
            typer.echo(f"- {gap.violation}")
        if len(result.compliance_gaps) > SHOWN_GAPS:
            typer.echo(f"- ... and {len(result.compliance_gaps) - SHOWN_GAPS} more")


def _known(micro_usd: int | None) -> str:
    return "?" if micro_usd is None else dollars(usd(micro_usd))


def _show_forecast(answer: SolvedAnswer) -> None:
    paid_back = answer.forecast.payback_month or "later than shown"
    show_table(
        f"\nForecast, thousand USD, the moves made over three months (paid back by {paid_back})",
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

"""Does it add up? Three levels, each written down: rows, money before and after, money as the vendor tells it.

The first two are conditions of storing at all, so what is stored has met them; the third is asked afterwards and again
as long as the vendor may still change its mind.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Final

from collectors.collector import Collector, CollectWindow, Delivery, IndependentTotal
from collectors.focus.report import IngestReport
from collectors.store.checks import CheckStatus, Closing, Level, PeriodCheck
from collectors.store.store import IngestStore
from collectors.store.versions import CostByCurrency, PeriodVersion

ASK_AGAIN_AFTER: Final = timedelta(hours=6)
TOLERANCE_AMOUNT: Final = Decimal("0.01")
TOLERANCE_RATIO: Final = Decimal("0.0005")
"""Figures agree within the larger of a cent and 0.05 %: vendors round each line of an invoice."""


def checks_of_ingest(report: IngestReport, delivery: Delivery, *, at: datetime) -> tuple[PeriodCheck, ...]:
    """The first two levels of what was just stored: they were met, or it would not have been."""
    by_manifest = (
        "rows of the manifest, of a second reading" if delivery.row_count is not None else "rows of a second reading"
    )
    checks: list[PeriodCheck] = []
    for version in report.versions:
        checked = partial(_check, version, at, status="matched")
        checks.append(
            checked(
                level="rows",
                expected=f"{report.native.rows} rows",
                found=f"{version.rows} usable, {version.rejected_rows} kept aside",
                detail=f"{by_manifest} and of what was read to be stored are equal",
            )
        )
        checks.append(
            checked(
                level="native_total",
                expected=f"{_trimmed(report.native.billed_cost)} over all currencies",
                found=amounts(with_rejected(version)),
                detail="a second reading of the delivered files finds exactly the money stored and kept aside",
            )
        )
    return tuple(checks)


def reconcile(
    collector: Collector, store: IngestStore, window: CollectWindow, *, now: datetime, ask_all: bool = False
) -> tuple[PeriodCheck, ...]:
    """Compare the window's stored periods with the vendor's independent totals; write down and return the outcome.

    A period closes when its total is final and matches. Closed periods whose money has not changed are not asked again,
    and where the vendor charges for the question, neither are those compared less than ``ASK_AGAIN_AFTER`` ago and
    unchanged since: their last outcome is returned as it was. ``ask_all`` asks for all of them now.

    Raises:
        ProviderError: the vendor could not be asked; earlier outcomes stay.
    """
    source = collector.connection.source
    closed = {each.period: each for each in store.closings() if each.source == source}
    last = {each.period: each for each in store.checks() if (each.source, each.level) == (source, "independent_total")}
    versions = {
        each.period: each
        for each in store.periods()
        if each.source == source and window.first_period <= each.period <= window.last_period
    }
    unsettled = [
        period
        for period, version in sorted(versions.items())
        if ask_all or period not in closed or not closed[period].holds(version)
    ]
    may_wait = unsettled if collector.connection.TOTAL_IS_CHARGED and not ask_all else []
    recent = {period: last[period] for period in may_wait if _is_recent(last.get(period), versions[period], now)}
    asked = [period for period in unsettled if period not in recent]
    totals: Mapping[str, IndependentTotal] = {}
    if asked and collector.connection.total != "none":
        totals = collector.independent_totals(asked)
    checks = {period: compare(versions[period], totals.get(period), at=now) for period in asked}
    store.keep_checks(tuple(checks.values()))
    for period, check in checks.items():
        total = totals.get(period)
        if total is not None and total.final and check.status == "matched":
            store.close_period(_closing(versions[period], total, now))
    outcome = recent | checks
    return tuple(outcome[period] for period in unsettled)


def _is_recent(check: PeriodCheck | None, version: PeriodVersion, now: datetime) -> bool:
    """Whether the vendor told a total of this very version a short while ago."""
    return (
        check is not None
        and check.status != "not_available"
        and check.version_fingerprint == version.fingerprint
        and timedelta(0) <= now - check.checked_at < ASK_AGAIN_AFTER
    )


def compare(version: PeriodVersion, total: IndependentTotal | None, *, at: datetime) -> PeriodCheck:
    """The third level of one period: the usable rows, which are what an estate is made of, against the total."""
    if total is None:
        return _check(
            version,
            at,
            level="independent_total",
            status="not_available",
            expected="",
            found=amounts(version.billed_cost),
            detail="the vendor tells no independent total of this period",
        )
    found = dict(version.billed_cost if total.basis == "BilledCost" else version.effective_cost)
    apart = {currency: abs(found.get(currency, Decimal(0)) - total.costs.get(currency, Decimal(0)))
             for currency in found.keys() | total.costs.keys()}  # fmt: skip
    fine = all(
        difference <= max(TOLERANCE_AMOUNT, TOLERANCE_RATIO * abs(total.costs.get(currency, Decimal(0))))
        for currency, difference in apart.items()
    )
    return _check(
        version,
        at,
        level="independent_total",
        status="matched" if fine else "mismatch",
        expected=amounts(total.costs),
        found=amounts(found),
        detail=f"{total.basis} against {total.origin}"
        f"{'' if total.final else ', which may still change'}; apart by {amounts(apart)}"
        + (f"; {version.rejected_rows} rows were kept aside" if version.rejected_rows else ""),
    )


def amounts(costs: CostByCurrency) -> str:
    """Costs in words, for instance ``12.50 USD, 3.00 EUR``; '' for none.

    >>> amounts({"USD": Decimal("12.5"), "EUR": Decimal(0)})
    '0.00 EUR, 12.50 USD'
    """
    return ", ".join(f"{_trimmed(cost)} {currency}" for currency, cost in sorted(costs.items()))


def _trimmed(cost: Decimal) -> str:
    """At least two decimals, and no trailing zero beyond them."""
    text = f"{cost:f}"
    whole, _, decimals = text.partition(".")
    return f"{whole}.{decimals.rstrip('0').ljust(2, '0')}"


def with_rejected(version: PeriodVersion) -> dict[str, Decimal]:
    """BilledCost of all rows, usable or kept aside, by currency: what the vendor charges."""
    costs = dict(version.billed_cost)
    for currency, cost in version.rejected_cost.items():
        costs[currency] = costs.get(currency, Decimal(0)) + cost
    return costs


def _closing(version: PeriodVersion, total: IndependentTotal, at: datetime) -> Closing:
    return Closing(
        source=version.source,
        period=version.period,
        costs=version.billed_cost,
        effective_costs=version.effective_cost,
        row_count=version.rows,
        rejected_row_count=version.rejected_rows,
        evidence=f"{total.origin}: {amounts(total.costs)}",
        closed_at=at,
    )


def _check(
    version: PeriodVersion,
    at: datetime,
    *,
    level: Level,
    status: CheckStatus,
    expected: str,
    found: str,
    detail: str,
) -> PeriodCheck:
    return PeriodCheck(
        source=version.source,
        period=version.period,
        version_fingerprint=version.fingerprint,
        level=level,
        status=status,
        expected=expected,
        found=found,
        detail=detail,
        checked_at=at,
    )

"""What a person should know of a collection that went well: months that are gone, have changed, were not looked at."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from collectors.collector import Collector, CollectWindow, SeesOverlooked
from collectors.commit.reconcile import amounts
from collectors.commit.report import CollectReport, EmptyPeriod, MissingPeriod, StoredPeriod
from collectors.errors import ProviderError
from collectors.months import months_before
from collectors.store.checks import Closing
from collectors.store.store import IngestStore

LOOKED_BACK_MONTHS: Final = 12
"""How far before the window older months are looked for."""
LOOKED_BACK_FREELY_MONTHS: Final = 120


def lost_months(report: CollectReport) -> tuple[str, ...]:
    """A sentence for every month of which the store holds rows and the source does not any more."""
    remarks: list[str] = []
    for outcome in report.outcomes:
        match outcome:
            case MissingPeriod(period=period, kept_rows=kept) if kept:
                seen = "the source holds nothing of this month any more"
            case EmptyPeriod(period=period, kept_rows=kept) if kept:
                seen = "the source now delivers this month without a row"
            case _:
                continue
        remarks.append(
            f"{period}: {seen}; what was stored of it before ({kept:,} rows) stays and counts; deliver it again if "
            "that is wrong"
        )
    return tuple(remarks)


def changed_after_closing(report: CollectReport, closings: Iterable[Closing]) -> tuple[str, ...]:
    """A sentence for every month that was closed before this collection and has other rows or money since.

    ``closings`` are those from before the collection.
    """
    closed = {each.period: each for each in closings if each.source == report.source}
    return tuple(
        f"{version.period}: was closed by {closing.evidence} and has changed since: {amounts(closing.costs)} in "
        f"{closing.row_count:,} rows then, {amounts(version.billed_cost)} in {version.rows:,} rows now"
        for outcome in report.outcomes
        if isinstance(outcome, StoredPeriod)
        for version in outcome.report.versions
        if (closing := closed.get(version.period)) is not None and not closing.holds(version)
    )


def overlooked_bills(collector: Collector) -> tuple[str, ...]:
    """Bills at the source in places that are not looked at, as far as the collector can see them."""
    try:
        return collector.overlooked() if isinstance(collector, SeesOverlooked) else ()
    except ProviderError as fault:
        return (f"whether bills lie in other places cannot be told: {fault}",)


def older_months(collector: Collector, store: IngestStore, window: CollectWindow) -> tuple[str, ...]:
    """Months before the window that the source offers and the store does not hold; none where it cannot tell."""
    is_free = collector.connection.LOOKING_IS_FREE
    before = months_before(window.first_period, LOOKED_BACK_FREELY_MONTHS if is_free else LOOKED_BACK_MONTHS)
    older = CollectWindow(first_period=before[0], last_period=before[-1])
    held = {version.period for version in store.periods() if version.source == collector.connection.source}
    try:
        offered = collector.discover(older, known={})
    except ProviderError:  # what is asked for was brought; an export may well have nothing older
        return ()
    return tuple(period for period in sorted(offered) if period not in held)

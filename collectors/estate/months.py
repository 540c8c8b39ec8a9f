"""Which billing months an estate is built from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final

import duckdb

from collectors.commit.standing import period_standings
from collectors.estate.errors import NoCompleteMonth

if TYPE_CHECKING:
    from collectors.store import IngestStore

QUIET_DAYS: Final = 2
"""A newest month whose usage ends more than so many days before the period does is still being delivered."""

_PERIODS_SQL: Final = """
SELECT source, strftime(BillingPeriodStart, '%Y-%m') AS month,
       CAST(coalesce(max(BillingPeriodEnd), max(BillingPeriodStart) + INTERVAL 1 MONTH) AS DATE) AS ends_on,
       CAST(max(ChargePeriodEnd) FILTER (ChargeCategory = 'Usage') AS DATE) AS used_until_on
FROM cost_and_usage GROUP BY ALL ORDER BY ALL
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceMonth:
    """One source's bill of one month (``2026-08``): when its period ends, and until when it shows usage (exclusive)."""

    source: str
    month: str
    ends_on: date
    used_until_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BillingWindow:
    """The months used, oldest first, and in how many of them each source has a bill.

    ``refused`` says of each bill that kept its month out why; ``withheld`` are those of them that do not add up.
    """

    months: tuple[str, ...]
    months_of_source: dict[str, int]
    refused: tuple[str, ...]
    withheld: tuple[str, ...] = ()

    @property
    def sources_with_gaps(self) -> tuple[str, ...]:
        """Sources without a bill in some month of the window, sorted."""
        return tuple(sorted(name for name, count in self.months_of_source.items() if count < len(self.months)))


@dataclass(frozen=True, slots=True, kw_only=True)
class BillTrust:
    """What is known of bills besides their rows, by (source, month).

    ``withheld`` says why no recommendation may rest on a bill: it does not add up, or its money stands there twice.
    ``closed`` are bills that a final total of the vendor matched: complete, whatever day their last usage is of.
    """

    withheld: Mapping[tuple[str, str], str] = field(default_factory=dict)
    closed: frozenset[tuple[str, str]] = frozenset()


NOTHING_KNOWN: Final = BillTrust()


def read_trust(store: IngestStore, as_of_on: date) -> BillTrust:
    """How far the store's bills can be trusted."""
    standings = period_standings(store, now=datetime.combine(as_of_on, time(), tzinfo=UTC))
    return BillTrust(
        withheld={(each.version.source, each.version.period): each.withheld for each in standings if each.withheld},
        closed=frozenset((each.version.source, each.version.period) for each in standings if each.state == "closed"),
    )


def choose_window(
    connection: duckdb.DuckDBPyConnection,
    *,
    as_of_on: date,
    months: int,
    trust: BillTrust = NOTHING_KNOWN,
) -> BillingWindow:
    """The last ``months`` complete billing months (fewer when there are fewer).

    A month in which some source's bill is withheld is left out for all sources.

    Raises:
        NoCompleteMonth: there is none.
    """
    found = [
        SourceMonth(source=source, month=month, ends_on=ends_on, used_until_on=used_until_on)
        for source, month, ends_on, used_until_on in connection.execute(_PERIODS_SQL).fetchall()
    ]
    return window_of(found, as_of_on=as_of_on, months=months, trust=trust)


def window_of(
    found: Sequence[SourceMonth],
    *,
    as_of_on: date,
    months: int,
    trust: BillTrust = NOTHING_KNOWN,
) -> BillingWindow:
    """The complete ones: every bill has ended by ``as_of_on``, and a source's newest bill reaches its own end."""
    newest = {entry.source: entry.month for entry in sorted(found, key=lambda entry: entry.month)}
    by_month: defaultdict[str, list[SourceMonth]] = defaultdict(list)
    for entry in found:
        by_month[entry.month].append(entry)
    why_not = {
        month: [
            why
            for entry in entries
            if (why := _why_partial(entry, as_of_on, may_grow=_may_grow(entry, newest, trust)))
            or (why := trust.withheld.get((entry.source, month), ""))
        ]
        for month, entries in by_month.items()
    }
    refused = tuple(dict.fromkeys(why for month in sorted(why_not) for why in why_not[month]))
    complete = sorted(month for month, reasons in why_not.items() if not reasons)[-months:]
    if not complete:
        raise NoCompleteMonth(as_of_on=as_of_on, refused=refused)
    counts = {entry.source: 0 for entry in found}
    for month in complete:
        for entry in by_month[month]:
            counts[entry.source] += 1
    distrusted = tuple(why for why in refused if why in set(trust.withheld.values()))
    return BillingWindow(months=tuple(complete), months_of_source=counts, refused=refused, withheld=distrusted)


def _may_grow(entry: SourceMonth, newest: Mapping[str, str], trust: BillTrust) -> bool:
    """Whether usage of the month may still be delivered: the source's newest bill, unless it is closed."""
    return newest[entry.source] == entry.month and (entry.source, entry.month) not in trust.closed


def _why_partial(entry: SourceMonth, as_of_on: date, *, may_grow: bool) -> str:
    if entry.ends_on > as_of_on:
        return f"{entry.month} of {entry.source} is open until {entry.ends_on.isoformat()}"
    quiet_since_on = entry.ends_on - timedelta(days=QUIET_DAYS)
    if may_grow and entry.used_until_on is not None and entry.used_until_on < quiet_since_on:
        return f"{entry.month} of {entry.source} shows usage only until {entry.used_until_on.isoformat()}"
    return ""

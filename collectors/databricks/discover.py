"""What the usage table holds of each month, told by counts and sums per day on which records came in.

``system.billing.usage`` is only ever added to: a correction is a RETRACTION with a negative quantity and a RESTATEMENT,
and both may concern usage of months ago, so what is new is told by ``ingestion_date``, not by ``usage_date``. Records
may also show up later under an ingestion date of days before, so the last days before the newest known date are counted
again, and a mark of more than ``MARK_HOLDS_FOR`` ago is not believed: its month is counted from the beginning. A month
whose counts are the same as then has not changed; one that has is replaced whole, up to the newest ingestion date
found, so that what arrives meanwhile belongs to next time. A month without a record is not ready.
Source: https://docs.databricks.com/aws/en/admin/system-tables/billing.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from collectors.collector import CollectWindow, DeliveredPart, Delivery
from collectors.connections.databricks import DatabricksSystemTables
from collectors.databricks.client import Row, StatementClient
from collectors.databricks.list_prices import ListPrice, price_tag, read_prices
from collectors.months import month_after, month_start

USAGE: Final = "system.billing.usage"
TRAILING: Final = timedelta(days=3)
"""How far before the newest known ingestion date records are counted again."""
MARK_HOLDS_FOR: Final = timedelta(days=7)
_BEGINNING: Final = "1970-01-01"
_HASH_MODULUS: Final = 1_000_003
_COUNTS_SQL: Final = f"""
SELECT CAST(date_trunc('MONTH', usage_date) AS DATE) AS month, ingestion_date, COUNT(*) AS row_count,
       SUM(usage_quantity) AS quantity,
       SUM(hash(record_id, usage_quantity, sku_name) % {_HASH_MODULUS}) AS hash_sum
FROM {USAGE} WHERE account_id = :account_id AND ({{months}}) GROUP BY 1, 2
"""
_MONTH_SQL: Final = (
    "(usage_date >= :first{n} AND usage_date < :end{n} AND ingestion_date >= :since{n} AND ingestion_date <= :until{n})"
)
_ENDLESS: Final = "9999-12-31"

Counts = tuple[tuple[str, str, str, str], ...]
"""(ingestion date, rows, quantity, sum of hashes), in order of the date."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthOfUsage:
    """What ``fetch`` needs: the newest ingestion date that belongs to the delivery, its counts, and the prices."""

    counts: Counts
    prices: Sequence[ListPrice]

    @property
    def until(self) -> str:
        """The newest ingestion date."""
        return self.counts[-1][0]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """A mark: the counts of the delivery that was collected."""

    counts: Counts

    @property
    def since(self) -> str:
        """The ingestion date from which on records are counted again."""
        return (date.fromisoformat(self.counts[-1][0]) - TRAILING).isoformat()

    @property
    def trailing(self) -> Counts:
        """What the counts from there on were."""
        return tuple(each for each in self.counts if each[0] >= self.since)


def find_deliveries(
    client: StatementClient,
    connection: DatabricksSystemTables,
    window: CollectWindow,
    known: Mapping[str, str],
    *,
    now: datetime,
) -> dict[str, Delivery]:
    """The months of the window that have records.

    Raises:
        ProviderError: see ``StatementClient.run``.
    """
    marks = {period: mark for period in window.periods() if (mark := _read_mark(known.get(period, ""), now))}
    since = {period: marks[period].since if period in marks else _BEGINNING for period in window.periods()}
    found = count_records(client, connection, since, until={})
    unchanged = {period for period in marks if found.get(period) == marks[period].trailing}
    changed = [period for period in marks if period not in unchanged]
    if changed:
        found = {period: counts for period, counts in found.items() if period not in changed}
        found |= count_records(client, connection, dict.fromkeys(changed, _BEGINNING), until={})
    found |= {period: marks[period].counts for period in unchanged}
    prices = read_prices(client, connection.currency) if found else ()
    return {period: _delivery(connection, period, found[period], prices) for period in sorted(found)}


def count_records(
    client: StatementClient,
    connection: DatabricksSystemTables,
    since: Mapping[str, str],
    *,
    until: Mapping[str, str],
) -> dict[str, Counts]:
    """Counts by month of the records that came in from ``since[month]`` to ``until[month]``, both included.

    Raises:
        ProviderError: see ``StatementClient.run``.
    """
    conditions = []
    parameters = {"account_id": ("STRING", connection.account_id)}
    for number, period in enumerate(since):
        conditions.append(_MONTH_SQL.format(n=number))
        parameters |= {
            f"first{number}": ("DATE", month_start(period).isoformat()),
            f"end{number}": ("DATE", month_after(period).isoformat()),
            f"since{number}": ("DATE", since[period]),
            f"until{number}": ("DATE", until.get(period, _ENDLESS)),
        }
    statement = _COUNTS_SQL.format(months=" OR ".join(conditions))
    return _by_month(client.run_whole(statement, parameters, table=USAGE))


def mark_of(delivery: Delivery, *, now: datetime) -> str:
    """What is known of a month once it was collected."""
    month: MonthOfUsage = delivery.native
    return json.dumps({"counts": month.counts, "marked_at": now.isoformat()})


def rows_in(counts: Counts) -> int:
    """How many records the counts add up to."""
    return sum(int(rows) for _, rows, _, _ in counts)


def _by_month(rows: Iterable[Row]) -> dict[str, Counts]:
    months: defaultdict[str, list[tuple[str, str, str, str]]] = defaultdict(list)
    for row in rows:
        cells = tuple(str(row[name]) for name in ("ingestion_date", "row_count", "quantity", "hash_sum"))
        months[str(row["month"])[:7]].append((cells[0][:10], cells[1], cells[2], cells[3]))
    return {period: tuple(sorted(found)) for period, found in months.items()}


def _delivery(connection: DatabricksSystemTables, period: str, counts: Counts, prices: Sequence[ListPrice]) -> Delivery:
    terms = [connection.currency, connection.discount_ratio, sorted(connection.workspace_regions.items())]
    rows = rows_in(counts)
    return Delivery(
        period=period,
        run_id="",
        parts=(
            DeliveredPart(name=USAGE, tag=_hash(counts), row_count=rows),
            DeliveredPart(name="list prices", tag=price_tag(prices, month_start(period), month_after(period))),
            DeliveredPart(name="terms of this connection", tag=_hash(terms)),
        ),
        row_count=rows,
        native=MonthOfUsage(counts=counts, prices=prices),
    )


def _read_mark(text: str, now: datetime) -> _Known | None:
    """A mark of an earlier collection, or None when there is none, it is too old, or another release wrote it."""
    try:
        mark: Any = json.loads(text)
        counts = tuple(
            (str(on), str(rows), str(quantity), str(hashes)) for on, rows, quantity, hashes in mark["counts"]
        )
        if not counts or now - datetime.fromisoformat(mark["marked_at"]) > MARK_HOLDS_FOR:
            return None
        date.fromisoformat(counts[-1][0])
    except (ValueError, KeyError, TypeError):
        return None
    return _Known(counts=counts)


def _hash(facts: object) -> str:
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()

"""What the usage view holds of each month, told by one cheap query: counts and sums stand in for a manifest.

``ORGANIZATION_USAGE.USAGE_IN_CURRENCY_DAILY`` has no deliveries: its days appear up to 72 hours late and may change
until the month is closed, some days after its end. So every month of the window is asked for its row count, its sum,
its last day and a sum of row hashes; when any of them differs from what was collected, the whole month is read again.
The hashes are of every column that a bill cannot do without; one that Snowflake adds later is kept, but not looked at.
A month without a row is not ready, for the view cannot say that a month is empty.
Source: https://docs.snowflake.com/en/sql-reference/organization-usage/usage_in_currency_daily.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from collectors.collector import CollectWindow, DeliveredPart, Delivery
from collectors.errors import AccessDenied, InvalidManifest
from collectors.months import month_after, month_start
from collectors.snowflake.client import SnowflakeSession
from collectors.snowflake.to_focus import NATIVE_TYPES
from collectors.snowflake.views import View, Views

HIDDEN: Final = "hidden"
"""Tag of the basis of allocation when its views are not shown to the role."""
UNWANTED: Final = "unwanted"
"""Tag of the basis of allocation when the connection does without."""
_HASH_MODULUS: Final = 1_000_003

_MONEY_SQL: Final = """
SELECT 'usage' AS PART, DATE_TRUNC('MONTH', USAGE_DATE)::DATE AS MONTH, COUNT(*) AS ROW_COUNT,
       SUM(USAGE_IN_CURRENCY)::NUMBER(38,9) AS AMOUNT, MAX(USAGE_DATE)::VARCHAR AS LAST_DAY,
       SUM(MOD(HASH({columns}), {modulus}))::NUMBER(38,0) AS HASH_SUM
FROM {usage} WHERE USAGE_DATE >= %s AND USAGE_DATE < %s GROUP BY 2
"""
# Bytes are floats there: summed as such, the last digits would depend on the order in which Snowflake adds them.
_BASIS_SQL: Final = """
UNION ALL
SELECT 'basis', DATE_TRUNC('MONTH', START_TIME)::DATE, COUNT(*), SUM(CREDITS_USED::NUMBER(38,9))::NUMBER(38,9),
       MAX(START_TIME)::VARCHAR, 0
FROM {metering} WHERE START_TIME >= %s AND START_TIME < %s GROUP BY 2
UNION ALL
SELECT 'basis', DATE_TRUNC('MONTH', USAGE_DATE)::DATE, COUNT(*),
       SUM(AVERAGE_DATABASE_BYTES::NUMBER(38,0))::NUMBER(38,0), MAX(USAGE_DATE)::VARCHAR, 1
FROM {databases} WHERE USAGE_DATE >= %s AND USAGE_DATE < %s GROUP BY 2
UNION ALL
SELECT 'basis', DATE_TRUNC('MONTH', USAGE_DATE)::DATE, COUNT(*), SUM(AVERAGE_STAGE_BYTES::NUMBER(38,0))::NUMBER(38,0),
       MAX(USAGE_DATE)::VARCHAR, 2
FROM {stages} WHERE USAGE_DATE >= %s AND USAGE_DATE < %s GROUP BY 2
"""


def find_deliveries(
    session: SnowflakeSession, views: Views, window: CollectWindow, *, with_basis: bool = True
) -> dict[str, Delivery]:
    """The months of the window that have rows, with tags that change when the money, or what it is allocated by, does.

    Args:
        session: runs the query.
        views: which views.
        window: months to look at.
        with_basis: whether to ask for the metering that costs are allocated by as well.

    Raises:
        AccessDenied: the role does not see the money.
        ProviderError: see ``SnowflakeSession.rows``.
    """
    rows, hidden = _read_counts(session, views, window, with_basis=with_basis)
    basis: dict[str, list[str]] = {}
    for row in rows:
        if row["PART"] == "basis":
            basis.setdefault(period_of(row["MONTH"]), []).append(_tag(row))
    found = {}
    for row in rows:
        if row["PART"] == "usage":
            period = period_of(row["MONTH"])
            basis_tag = hidden or ";".join(sorted(basis.get(period, [])))
            found[period] = _delivery(period, row, views.usage_in_currency, basis_tag)
    return {period: found[period] for period in sorted(found)}


def period_of(on: date) -> str:
    """The month of a day, ``YYYY-MM``."""
    return f"{on.year:04d}-{on.month:02d}"


def _read_counts(
    session: SnowflakeSession, views: Views, window: CollectWindow, *, with_basis: bool
) -> tuple[list[dict[str, Any]], str]:
    """Counts of the money and of its basis; the second is why there are none of the basis, '' when there are."""
    days = [month_start(window.first_period).isoformat(), month_after(window.last_period).isoformat()]
    usage = views.usage_in_currency
    money_sql = _MONEY_SQL.format(usage=usage.name, modulus=_HASH_MODULUS, columns=", ".join(NATIVE_TYPES))
    if not with_basis:
        return session.rows(money_sql, days, view=usage), UNWANTED
    metering, databases, stages = (view.name for view in views.basis)
    basis_sql = _BASIS_SQL.format(metering=metering, databases=databases, stages=stages)
    try:
        return session.rows(money_sql + basis_sql, days * 4, view=usage), ""
    except (AccessDenied, InvalidManifest):
        # Which of the views it is shows when the money is asked for alone; the check of grants names the others.
        return session.rows(money_sql, days, view=usage), HIDDEN


def _delivery(period: str, row: Mapping[str, Any], usage: View, basis_tag: str) -> Delivery:
    rows = int(row["ROW_COUNT"])
    money = DeliveredPart(name=usage.short_name, tag=_tag(row), row_count=rows)
    return Delivery(
        period=period,
        run_id="",
        parts=(money, DeliveredPart(name="allocation basis", tag=basis_tag)),
        row_count=rows,
    )


def _tag(row: Mapping[str, Any]) -> str:
    return "|".join(str(row[name]) for name in ("ROW_COUNT", "AMOUNT", "LAST_DAY", "HASH_SUM"))

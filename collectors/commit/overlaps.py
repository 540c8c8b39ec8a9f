"""The same money in the store twice: found before it is counted twice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal

import duckdb

from collectors.commit.reconcile import amounts
from collectors.focus.normalise import PROVIDER_SQL
from collectors.store.checks import SourceSetting
from collectors.store.sql import literal
from collectors.store.store import IngestStore
from collectors.store.versions import CostByCurrency

OverlapKind = Literal["same_bill", "marketplace"]
RESELLERS: Final = ("aws", "azure", "gcp")
RESOLD: Final = ("snowflake", "databricks")
"""Vendors that bill on their own and are also sold through the clouds' marketplaces."""

# Accounts are compared as their vendors mean them: Azure writes one now with its whole path, now with its number alone,
# and letters in either case. Rows without a sub-account (tax, support) prove nothing where the source has others.
_BILLS_SQL: Final = """
WITH bills AS (
    SELECT source, billing_period, {provider} AS provider,
           lower(split_part(rtrim(BillingAccountId, '/'), '/', -1)) AS account,
           lower(split_part(rtrim(coalesce(SubAccountId, ''), '/'), '/', -1)) AS sub_account,
           BillingCurrency AS currency, sum(BilledCost) AS billed_cost
    FROM cost_and_usage WHERE BillingAccountId IS NOT NULL GROUP BY ALL
), named AS (
    SELECT source, billing_period, provider, account, bool_or(sub_account <> '') AS has_sub_accounts
    FROM bills GROUP BY ALL
), told AS (
    SELECT bills.*, has_sub_accounts FROM bills JOIN named USING (source, billing_period, provider, account)
    WHERE sub_account <> '' OR NOT has_sub_accounts
), pairs AS (
    SELECT one.billing_period, one.source AS first, other.source AS second, one.account, one.currency,
           sum(CASE WHEN abs(one.billed_cost) <= abs(other.billed_cost) THEN one.billed_cost
                    ELSE other.billed_cost END) AS cost
    FROM told AS one JOIN told AS other
      ON one.billing_period = other.billing_period AND one.provider = other.provider AND one.account = other.account
     AND one.sub_account = other.sub_account AND one.currency = other.currency AND one.source < other.source
    GROUP BY ALL
    UNION ALL
    SELECT one.billing_period, least(one.source, other.source), greatest(one.source, other.source), one.account,
           one.currency, one.billed_cost
    FROM told AS one JOIN named AS other
      ON one.billing_period = other.billing_period AND one.provider = other.provider AND one.account = other.account
     AND one.source <> other.source AND NOT one.has_sub_accounts AND other.has_sub_accounts
)
SELECT billing_period, first, second, min(account), currency, sum(cost) FROM pairs GROUP BY ALL ORDER BY ALL
"""
_RESOLD_SQL: Final = """
SELECT source, billing_period, BillingCurrency, sum(BilledCost) FROM cost_and_usage
WHERE {is_resold} AND {provider} IN ({resellers}) AND source <> ? AND source <> ?
  AND billing_period IN (SELECT DISTINCT billing_period FROM cost_and_usage WHERE source = ?)
GROUP BY ALL HAVING sum(BilledCost) <> 0 ORDER BY ALL
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlap:
    """Two sources that hold the same charges of a month.

    ``costs`` is what would be counted twice: the smaller of the two bills, or the marketplace lines.
    """

    kind: OverlapKind
    period: str
    sources: tuple[str, str]
    costs: CostByCurrency
    meaning: str


def find_overlaps(store: IngestStore) -> tuple[Overlap, ...]:
    """Every pair of counted sources with the same charges, by month.

    Two exports of one bill (CUR beside FOCUS, actual beside amortised cost, month-to-date snapshots under several
    names, a payer's export beside a member's) hold the same account and sub-account in the same month, or one of them
    tells no sub-accounts. A vendor sold through a cloud's marketplace (Snowflake, Databricks) has lines in the cloud's
    bill and a bill of its own. Machines of classic Databricks compute are on the cloud's bill alone.
    """
    with store.connect() as connection:
        same = _same_bills(connection)
        return (*same, *_marketplace(connection, store.settings()))


def is_resold_sql(vendor: str) -> str:
    """SQL that holds for a cloud's line that is a charge of ``vendor``, one of ``RESOLD``.

    The name of the service, of its publisher, or of who issues the invoice tells.
    """
    pattern = f"'%{vendor}%'"
    names = ("ServiceName", "InvoiceIssuerName", "json_extract_string(x_columns, '$.PublisherName')")
    return "(" + " OR ".join(f"coalesce({name} ILIKE {pattern}, false)" for name in names) + ")"


def _same_bills(connection: duckdb.DuckDBPyConnection) -> tuple[Overlap, ...]:
    costs: defaultdict[tuple[str, str, str, str], dict[str, Decimal]] = defaultdict(dict)
    query = _BILLS_SQL.format(provider=PROVIDER_SQL)
    for period, first, second, account, currency, cost in connection.execute(query).fetchall():
        costs[period, first, second, account][currency] = cost
    return tuple(
        Overlap(
            kind="same_bill",
            period=period,
            sources=(first, second),
            costs=cost,
            meaning=f"{first} and {second} both hold {amounts(cost)} of the bill of account {account} in {period}; set "
            "`counts = false` on the connection of one of them, or `placement periods --leave-out SOURCE` where it has "
            "none any more",
        )
        for (period, first, second, account), cost in sorted(costs.items())
    )


def _marketplace(connection: duckdb.DuckDBPyConnection, settings: tuple[SourceSetting, ...]) -> tuple[Overlap, ...]:
    found: list[Overlap] = []
    resellers = ", ".join(literal(name) for name in RESELLERS)
    for own in settings:
        if own.provider not in RESOLD or not own.counts:
            continue
        query = _RESOLD_SQL.format(is_resold=is_resold_sql(own.provider), provider=PROVIDER_SQL, resellers=resellers)
        costs: defaultdict[tuple[str, str], dict[str, Decimal]] = defaultdict(dict)
        excluded = [own.source, own.billed_through, own.source]
        for source, period, currency, cost in connection.execute(query, excluded).fetchall():
            costs[source, period][currency] = cost
        found.extend(
            Overlap(
                kind="marketplace",
                period=period,
                sources=(source, own.source),
                costs=cost,
                meaning=f"{source} has {amounts(cost)} in lines of {own.provider} in {period}, which {own.source} "
                f'bills as well; set `billed_through = "{source}"` on the connection of {own.source} when they are the '
                "same money, else leave one of the two out with `counts = false`",
            )
            for (source, period), cost in sorted(costs.items())
        )
    return tuple(found)


def set_aside_sql(settings: Iterable[SourceSetting]) -> str:
    """SQL that holds for marketplace lines whose money a source bills in detail: one that counts, says through whose
    bill it is paid (``billed_through``), and has rows of the same month."""
    conditions = [
        f"(source = {literal(each.billed_through)} AND {is_resold_sql(each.provider)} AND billing_period IN "
        f"(SELECT DISTINCT billing_period FROM cost_and_usage WHERE source = {literal(each.source)}))"
        for each in settings
        if each.counts and each.billed_through and each.provider in RESOLD
    ]
    return " OR ".join(conditions) or "false"

"""What a month cost, told by the balances of the contract instead of by its usage.

Snowflake publishes no invoice by SQL. Its own guide to reconciling a usage statement compares what the usage view
charged with what is left of the contract, ``FREE_USAGE_BALANCE + CAPACITY_BALANCE + ROLLOVER_BALANCE`` at the end of a
day. So, for every contract and currency,

    cost of a month = balance at the end of the month before + items added in the month - balance at its end
                      + usage that no balance pays for (sources overage and rebate)

For instance 1,000.00 at the end of January, a further 500.00 bought in February and 1,380.25 at its end: 119.75. The
balances come from Snowflake's contract ledger, so this is independent of the rows that are collected, but for the last
term, which only the usage view knows. It is not stated where it cannot be complete: the month has not ended, a balance
is missing, a contract's term ends in the month (what is left is forfeited), the part of the capacity that may be spent
on the Marketplace changed (Marketplace purchases are no usage), or nothing was paid from a balance.

Final when the contract's balances reach seven days past the end of the month: Snowflake closes a month on the third or
fourth day after it, and its views may be 72 hours late.
Source: https://docs.snowflake.com/en/user-guide/billing-reconcile.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from collectors.collector import IndependentTotal
from collectors.months import month_after, month_start
from collectors.snowflake.client import SnowflakeSession
from collectors.snowflake.discover import period_of
from collectors.snowflake.views import Views

CLOSED_AFTER: Final = timedelta(days=7)
_BALANCE_ITEMS: Final = ("capacity", "additional capacity", "free usage", "rollover")

_BALANCES_SQL: Final = """
SELECT CONTRACT_NUMBER, CURRENCY, "DATE" AS DAY,
       (COALESCE(FREE_USAGE_BALANCE, 0) + COALESCE(CAPACITY_BALANCE, 0) + COALESCE(ROLLOVER_BALANCE, 0))::NUMBER(38,9)
           AS BALANCE,
       COALESCE(MARKETPLACE_CAPACITY_DRAWDOWN_BALANCE, 0)::NUMBER(38,9) AS MARKETPLACE
FROM {balances} WHERE "DATE" >= %s AND "DATE" < %s
"""
_ITEMS_SQL: Final = """
SELECT CONTRACT_NUMBER, CURRENCY, CONTRACT_ITEM, START_DATE, END_DATE, EXPIRATION_DATE, AMOUNT::NUMBER(38,9) AS AMOUNT
FROM {items}
"""
_SOURCES_SQL: Final = """
SELECT CONTRACT_NUMBER, CURRENCY, DATE_TRUNC('MONTH', USAGE_DATE)::DATE AS MONTH,
       LOWER(BALANCE_SOURCE) IN ('overage', 'rebate') AS IS_OUTSIDE, SUM(USAGE_IN_CURRENCY)::NUMBER(38,9) AS AMOUNT
FROM {usage} WHERE USAGE_DATE >= %s AND USAGE_DATE < %s GROUP BY 1, 2, 3, 4
"""

_Contract = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ledger:
    """What the views say: (balance, Marketplace part) by contract and day, items by contract, usage by month."""

    balances: Mapping[_Contract, Mapping[date, tuple[Decimal, Decimal]]]
    items: Mapping[_Contract, Sequence[Mapping[str, Any]]]
    paid: Mapping[str, frozenset[_Contract]]
    outside: Mapping[str, Mapping[str, Decimal]]


def balance_totals(session: SnowflakeSession, views: Views, periods: Sequence[str]) -> dict[str, IndependentTotal]:
    """The total of every period that the balances tell completely.

    Raises:
        ProviderError: see ``SnowflakeSession.rows``.
    """
    if not periods:
        return {}
    ledger = _read_ledger(session, views, min(periods), max(periods))
    totals = {period: _total(ledger, period) for period in periods}
    return {period: total for period, total in totals.items() if total is not None}


def _read_ledger(session: SnowflakeSession, views: Views, first_period: str, last_period: str) -> _Ledger:
    first_on, end_on = month_start(first_period), month_after(last_period)
    balances: defaultdict[_Contract, dict[date, tuple[Decimal, Decimal]]] = defaultdict(dict)
    reach = [(first_on - timedelta(days=1)).isoformat(), (end_on + CLOSED_AFTER + timedelta(days=1)).isoformat()]
    statement = _BALANCES_SQL.format(balances=views.remaining_balance.name)
    for row in session.rows(statement, reach, view=views.remaining_balance):
        balances[_contract(row)][row["DAY"]] = (row["BALANCE"], row["MARKETPLACE"])
    items: defaultdict[_Contract, list[Mapping[str, Any]]] = defaultdict(list)
    for row in session.rows(_ITEMS_SQL.format(items=views.contract_items.name), [], view=views.contract_items):
        items[_contract(row)].append(row)
    paid: defaultdict[str, set[_Contract]] = defaultdict(set)
    outside: defaultdict[str, defaultdict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    days = [first_on.isoformat(), end_on.isoformat()]
    statement = _SOURCES_SQL.format(usage=views.usage_in_currency.name)
    for row in session.rows(statement, days, view=views.usage_in_currency):
        period = period_of(row["MONTH"])
        if row["IS_OUTSIDE"]:
            outside[period][row["CURRENCY"]] += row["AMOUNT"]
        else:
            paid[period].add(_contract(row))
    return _Ledger(
        balances=balances,
        items=items,
        paid={period: frozenset(found) for period, found in paid.items()},
        outside=outside,
    )


def _total(ledger: _Ledger, period: str) -> IndependentTotal | None:
    last_on = month_after(period) - timedelta(days=1)
    drawn: defaultdict[str, Decimal] = defaultdict(Decimal)
    is_final, is_paid = True, False
    contracts = ledger.paid.get(period, frozenset()) | {
        contract for contract, days in ledger.balances.items() if last_on in days
    }
    for contract in contracts:
        fallen = _fallen(ledger, contract, period)
        if fallen is None:
            return None
        drawn[contract[1]] += fallen
        is_paid = is_paid or fallen != 0
        is_final = is_final and max(ledger.balances[contract]) >= last_on + CLOSED_AFTER
    if not is_paid:
        return None
    for currency, amount in ledger.outside.get(period, {}).items():
        drawn[currency] += amount
    origin = "fall of the contract's balances in REMAINING_BALANCE_DAILY, with what no balance pays for"
    return IndependentTotal(costs=dict(drawn), final=is_final, origin=origin)


def _fallen(ledger: _Ledger, contract: _Contract, period: str) -> Decimal | None:
    """What the contract's balance fell by in the month, or None where that is not the usage or cannot be told."""
    first_on, end_on = month_start(period), month_after(period)
    days = ledger.balances.get(contract, {})
    items = [each for each in ledger.items.get(contract, ()) if str(each["CONTRACT_ITEM"]).lower() in _BALANCE_ITEMS]
    if any(_is_within(each[name], first_on, end_on) for each in items for name in ("END_DATE", "EXPIRATION_DATE")):
        return None
    added = [each for each in items if _is_within(each["START_DATE"], first_on, end_on)]
    end = days.get(end_on - timedelta(days=1))
    start = days.get(first_on - timedelta(days=1))
    if start is None and added and not any(each["START_DATE"] < first_on for each in items):
        start = (Decimal(0), end[1] if end is not None else Decimal(0))
    if start is None or end is None or start[1] != end[1]:
        return None
    return start[0] + sum((each["AMOUNT"] for each in added), Decimal(0)) - end[0]


def _is_within(day: date | None, first_on: date, end_on: date) -> bool:
    return day is not None and first_on <= day < end_on


def _contract(row: Mapping[str, Any]) -> _Contract:
    return (str(row["CONTRACT_NUMBER"]), str(row["CURRENCY"]))

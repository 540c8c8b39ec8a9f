"""Snowflake as the contract suite wants a vendor."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from collectors.months import month_after, month_start
from collectors.snowflake.billing import SnowflakeCollector
from tests.collect.snowflake.account import UsageAccount, usage_row
from tests.collect.vendor import BilledRow, Fault
from tests.peers.proxy import FaultProxy
from tests.peers.warehouses import SnowflakePeer

WAIVED: Final[dict[Fault, str]] = {
    "torn": "one statement sees one state of a view; a month that changes between two is tested in test_billing",
    "truncated_file": "rows come over the connector, not in files",
    "gzip_bomb": "rows come over the connector, not in files that a person could pack",
    "unreadable_manifest": "a query counts the rows; there is no manifest",
    "duplicate_manifest": "a query counts the rows; there is no manifest",
    "foreign_next_link": "the connector pages by itself, to addresses that Snowflake signs",
    "clock_skew": "no clock is compared with the view's days",
}
ALWAYS: Final = 1_000_000
_KINDS: Final[Mapping[str, Mapping[str, object]]] = {
    "Usage": {},
    "Tax": {"RATING_TYPE": "other", "SERVICE_TYPE": "LOGGING", "USAGE_TYPE": "other"},
    "Credit": {"BILLING_TYPE": "support_credit", "SERVICE_TYPE": "SUPPORT_CREDIT", "USAGE_TYPE": "support credit"},
    "Purchase": {"BILLING_TYPE": "priority support", "RATING_TYPE": "other", "SERVICE_TYPE": "SUPPORT"},
}
"""Snowflake charges no tax in its views; the row only has to cost what the test says."""


@dataclass(slots=True, kw_only=True)
class SnowflakeVendor:
    """Implements ``tests.collect.vendor.Vendor`` on a database of its own, behind a proxy that misbehaves."""

    account: UsageAccount
    proxy: FaultProxy
    name: str = "snowflake"
    faults: frozenset[Fault] = frozenset({"throttled", "server_error", "cut_body", "expired_token", "denied"})
    currencies: int = 3
    shows_empty: bool = False
    _extra: set[str] = field(default_factory=set)
    _is_broken: bool = False

    def open(self) -> SnowflakeCollector:
        """A new collector with a session of its own, past the proxy while nothing is wrong."""
        return self.account.collector(self.proxy.url if self._is_broken else None, allocates=False)

    def deliver(self, period: str, rows: Sequence[BilledRow], *, run: str, create_new: bool = False) -> None:
        """The month's rows in place of those before; each stays one row, since nothing is allocated."""
        database, first_on, end_on = self.account.database, month_start(period), month_after(period)
        for name in {name for row in rows for name in row.extra or {}} - self._extra:
            self._extra.add(name)
            self.account.run(
                f"ALTER TABLE {database}.ORGANIZATION_USAGE.USAGE_IN_CURRENCY_DAILY ADD COLUMN {name.upper()} VARCHAR"
            )
        self.account.run(
            f"DELETE FROM {database}.ORGANIZATION_USAGE.USAGE_IN_CURRENCY_DAILY "
            "WHERE USAGE_DATE >= %s AND USAGE_DATE < %s",
            [first_on.isoformat(), end_on.isoformat()],
        )
        if rows:
            self.account.add("USAGE_IN_CURRENCY_DAILY", [self._native(period, row) for row in rows])

    def deliver_empty(self, period: str, *, run: str) -> None:
        """Snowflake cannot say so."""
        raise NotImplementedError("a view without rows is not ready, not empty")

    def break_next(self, fault: Fault, period: str, *, variant: int = 0) -> None:
        """Faults of the wire; those that a person must mend stand until ``mend``."""
        self._is_broken = True
        match fault:
            case "throttled":
                headers = ({}, {"Retry-After": "1"}, {"Retry-After": "Fri, 01 Jan 2100 00:00:00 GMT"})[variant % 3]
                self.proxy.fail_next(429, headers, b"{}", times=2, on="query-request")
            case "server_error":
                path = ("query-request", "login-request")[variant % 2]
                self.proxy.fail_next((503, 502, 500)[variant % 3], times=2, on=path)
            case "cut_body":
                self.proxy.cut_next(after_bytes=40 * variant, times=2, on="query-request")
            case "expired_token":
                self._refuse("login-request", ("390318", "390144", "390100")[variant % 3])
            case "denied":
                self._refuse("query-request", ("002003", "003001")[variant % 2])
            case _:
                raise ValueError(f"{fault} cannot befall Snowflake: {WAIVED[fault]}")

    def mend(self) -> None:
        """End every fault."""
        self._is_broken = False
        self.proxy.reset()

    def state_total(self, period: str, costs: Mapping[str, Decimal], *, final: bool) -> None:
        """A contract a month and currency, bought on its first day, whose balance falls by ``costs``."""
        last_on = month_after(period) - timedelta(days=1)
        for currency, cost in costs.items():
            number = _contract_number(period, currency)
            for table in ("REMAINING_BALANCE_DAILY", "CONTRACT_ITEMS"):
                self.account.run(
                    f"DELETE FROM {self.account.database}.ORGANIZATION_USAGE.{table} WHERE CONTRACT_NUMBER = %s",
                    [number],
                )
            self.account.add("CONTRACT_ITEMS", [_item(number, currency, month_start(period))])
            days = [last_on, last_on + timedelta(days=8 if final else 1)]
            balance = Decimal(1_000_000) - cost
            self.account.add("REMAINING_BALANCE_DAILY", [_balance(number, currency, day, balance) for day in days])

    def _refuse(self, path: str, code: str) -> None:
        body = {"data": {"errorCode": code, "sqlState": "08001"}, "code": code, "message": "refused", "success": False}
        headers = {"Content-Type": "application/json"}
        self.proxy.fail_next(200, headers, json.dumps(body).encode(), times=ALWAYS, on=path)

    def _native(self, period: str, row: BilledRow) -> dict[str, object]:
        cells = usage_row(
            CONTRACT_NUMBER=_contract_number(period, row.currency),
            USAGE_DATE=f"{period}-{row.day:02d}",
            CURRENCY=row.currency,
            USAGE_IN_CURRENCY=str(row.cost),
            SERVICE_LEVEL=row.thing,
            **_KINDS[row.category],
        )
        extra = {name.upper(): value for name, value in (row.extra or {}).items()}
        return cells | {name.upper(): extra.get(name.upper()) for name in sorted(self._extra)}


def _contract_number(period: str, currency: str) -> str:
    return f"C-{period}-{currency}"


def _item(number: str, currency: str, start_on: date) -> dict[str, object]:
    return {
        "CONTRACT_NUMBER": number,
        "START_DATE": start_on.isoformat(),
        "END_DATE": "2099-12-31",
        "CONTRACT_ITEM": "capacity",
        "CURRENCY": currency,
        "AMOUNT": "1000000",
    }


def _balance(number: str, currency: str, day: date, balance: Decimal) -> dict[str, object]:
    return {
        "CONTRACT_NUMBER": number,
        "DATE": day.isoformat(),
        "CURRENCY": currency,
        "FREE_USAGE_BALANCE": "0",
        "CAPACITY_BALANCE": f"{balance:f}",
        "MARKETPLACE_CAPACITY_DRAWDOWN_BALANCE": "0",
    }


@contextmanager
def snowflake_vendor(peer: SnowflakePeer) -> Iterator[SnowflakeVendor]:
    """A vendor on a new database."""
    with UsageAccount(peer) as account, FaultProxy(account.url) as proxy:
        yield SnowflakeVendor(account=account, proxy=proxy)

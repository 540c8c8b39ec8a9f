"""Databricks as the contract suite wants a vendor."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Final

from collectors.databricks.billing import DatabricksCollector
from collectors.months import month_after, month_start
from tests.collect.databricks.system_tables import SystemTables, record
from tests.collect.vendor import BilledRow, Fault
from tests.peers.proxy import FaultProxy
from tests.peers.warehouses import DatabricksPeer

WAIVED: Final[dict[Fault, str]] = {
    "torn": "one statement sees one state of a table; records that arrive between two are tested in test_billing",
    "truncated_file": "rows come as JSON results whose length is announced, not in files",
    "gzip_bomb": "rows come as JSON results limited by the statement, not in files that a person could pack",
    "unreadable_manifest": "a query counts the records; there is no manifest",
    "duplicate_manifest": "a query counts the records; there is no manifest",
    "clock_skew": "no clock is compared with the table's dates",
}
ALWAYS: Final = 1_000_000
STATEMENTS: Final = "POST /api/2.0/sql/statements"
UNIT_SKU: Final = "PREMIUM_UNIT_COMPUTE"
LOG_HEADER: Final = (
    "workspaceId,timestamp,clusterId,clusterName,clusterNodeType,clusterOwnerUserId,clusterCustomTags,sku,dbus,"
    "machineHours,clusterOwnerUserName,tags\n"
)


@dataclass(slots=True, kw_only=True)
class DatabricksVendor:
    """Implements ``tests.collect.vendor.Vendor`` on tables of its own, behind a proxy that misbehaves.

    A DBU of its SKU costs 1 USD, so that quantities are costs.
    """

    tables: SystemTables
    proxy: FaultProxy
    name: str = "databricks"
    faults: frozenset[Fault] = frozenset(
        {"throttled", "server_error", "cut_body", "expired_token", "denied", "foreign_next_link"}
    )
    currencies: int = 1
    shows_empty: bool = False
    _extra: list[str] = field(default_factory=list)
    _runs: int = 0
    _totals: dict[str, Decimal] = field(default_factory=dict)
    _is_final: bool = True
    _is_broken: bool = False

    def open(self) -> DatabricksCollector:
        """A new collector, past the proxy while nothing is wrong and no total is told."""
        url = self.proxy.url if self._is_broken or self._totals else None
        host = "https://accounts.cloud.databricks.com" if self._totals else None
        latest = max((month_after(period) for period in self._totals), default=date(2026, 3, 1))
        now = datetime.combine(latest + timedelta(days=30 if self._is_final else 1), time(), UTC)
        return self.tables.collector(url, now=now, account_host=host)

    def deliver(self, period: str, rows: Sequence[BilledRow], *, run: str, create_new: bool = False) -> None:
        """The month's records in place of those before, come in a day later than the run before."""
        self._runs += 1
        for name in sorted({name for row in rows for name in row.extra or {}} - set(self._extra)):
            self._extra.append(name)
            self.tables.peer.execute(f"ALTER TABLE system.billing.usage ADD COLUMN {name} STRING")
        self.tables.peer.execute(
            f"DELETE FROM system.billing.usage WHERE usage_date >= DATE'{month_start(period)}' "
            f"AND usage_date < DATE'{month_after(period)}'"
        )
        if rows:
            ingested = month_start(period) + timedelta(days=self._runs)
            self.tables.use(*(self._record(period, row, f"{run}-{n}", ingested) for n, row in enumerate(rows)))

    def deliver_empty(self, period: str, *, run: str) -> None:
        """Databricks cannot say so."""
        raise NotImplementedError("a table without records of a month is not ready, not empty")

    def break_next(self, fault: Fault, period: str, *, variant: int = 0) -> None:
        """Faults of the wire; those that a person must mend stand until ``mend``."""
        self._is_broken = True
        match fault:
            case "throttled":
                headers = ({}, {"Retry-After": "2"}, {"Retry-After": "soon"})[variant % 3]
                self._refuse(429, "REQUEST_LIMIT_EXCEEDED", headers=headers, times=2)
            case "server_error":
                self._refuse((503, 500, 504)[variant % 3], "TEMPORARILY_UNAVAILABLE", times=2)
            case "cut_body":
                self.proxy.cut_next(after_bytes=50 * variant, times=2, on=STATEMENTS)
            case "expired_token":
                message = ("Token is expired", "Invalid access token.")[variant % 2]
                self._refuse((401, 403)[variant % 2], "UNAUTHENTICATED", message=message)
            case "denied":
                self._refuse(403, "PERMISSION_DENIED")
            case "foreign_next_link":
                self._answer_with_a_link("https://attacker.example/api/2.0/sql/statements/s-1/result/chunks/1")
            case _:
                raise ValueError(f"{fault} cannot befall Databricks: {WAIVED[fault]}")

    def mend(self) -> None:
        """End every fault."""
        self._is_broken = False
        self.proxy.reset()
        self._tell_totals()

    def state_total(self, period: str, costs: Mapping[str, Decimal], *, final: bool) -> None:
        """The usage log from now on, and a clock shortly or long after the month."""
        self._totals[period] = costs["USD"]
        self._is_final = final
        self.proxy.reset()
        self._tell_totals()

    def _tell_totals(self) -> None:
        for period, cost in self._totals.items():
            log = f"{LOG_HEADER}42,{period}-02T04:00:00Z,c-1,,,,,{UNIT_SKU},{cost},1,,\n"
            self.proxy.fail_next(200, content=log.encode(), times=ALWAYS, on=f"start_month={period}")

    def _refuse(
        self,
        status: int,
        code: str,
        *,
        message: str = "refused",
        headers: Mapping[str, str] | None = None,
        times: int = ALWAYS,
    ) -> None:
        body = json.dumps({"error_code": code, "message": message}).encode()
        described = {"Content-Type": "application/json", **(headers or {})}
        self.proxy.fail_next(status, described, body, times=times, on=STATEMENTS)

    def _answer_with_a_link(self, link: str) -> None:
        columns = ["month", "ingestion_date", "row_count", "quantity", "hash_sum"]
        schema = {"columns": [{"name": name, "position": n, "type_name": "STRING"} for n, name in enumerate(columns)]}
        chunk = {"chunk_index": 0, "data_array": [], "next_chunk_index": 1, "next_chunk_internal_link": link}
        body = {
            "statement_id": "s-1",
            "status": {"state": "SUCCEEDED"},
            "manifest": {"schema": schema, "total_row_count": 1},
            "result": chunk,
        }
        headers = {"Content-Type": "application/json"}
        self.proxy.fail_next(200, headers, json.dumps(body).encode(), times=ALWAYS, on=STATEMENTS)

    def _record(self, period: str, row: BilledRow, record_id: str, ingested: date) -> dict[str, object]:
        extra = [(row.extra or {}).get(name) for name in self._extra]
        return record(
            record_id,
            sku_name=UNIT_SKU,
            day=f"{period}-{row.day:02d}",
            quantity=f"{row.cost:f}",
            tags={"thing": row.thing},
            ingested=ingested.isoformat(),
            extra=extra,
        )


@contextmanager
def databricks_vendor(peer: DatabricksPeer) -> Iterator[DatabricksVendor]:
    """A vendor on empty tables."""
    tables = SystemTables(peer)
    tables.price(UNIT_SKU, "1")
    with FaultProxy(peer.host) as proxy:
        yield DatabricksVendor(tables=tables, proxy=proxy)
    peer.reset()

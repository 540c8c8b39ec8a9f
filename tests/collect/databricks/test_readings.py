"""Totals, prices, usage, lineage and grants of Databricks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Literal

import pytest

from collectors.collector import CollectWindow
from collectors.databricks.access import LINEAGE
from collectors.databricks.grants import TABLES, least_privilege_sql
from collectors.databricks.list_prices import index_of, read_prices
from collectors.databricks.totals import cost_of_other_units
from collectors.errors import InvalidManifest, ProviderError
from collectors.readings import Reading, SignalReading
from collectors.signals.coverage import Window, merged
from collectors.signals.kinds import kind_of
from collectors.signals.records import AccessReading
from tests.collect.databricks.system_tables import ACCOUNT, SKU, SystemTables, cut_off, record
from tests.collect.databricks.vendor import LOG_HEADER
from tests.peers.proxy import FaultProxy

WINDOW = CollectWindow(first_period="2025-03", last_period="2025-03")
ACCOUNT_HOST = "https://accounts.cloud.databricks.com"


@pytest.fixture
def proxy(tables: SystemTables) -> Iterator[FaultProxy]:
    """Workspace and account console behind a proxy."""
    with FaultProxy(tables.peer.host) as made:
        yield made


def _tell(proxy: FaultProxy, *lines: str) -> None:
    body = (LOG_HEADER + "".join(f"{line}\n" for line in lines)).encode()
    proxy.fail_next(200, content=body, times=2, on="usage/download")


def brought(each: SignalReading) -> AccessReading:
    """What the reading holds, brought when it was not yet."""
    found = each.reading() if callable(each.reading) else each.reading
    assert isinstance(found, AccessReading)
    return found


def _line(sku: str, dbus: str, at: str = "2025-02-02T04:00:00Z") -> str:
    return f"42,{at},c-1,etl,,,,{sku},{dbus},1,,"


def test_the_usage_log_priced_is_the_total_of_a_month_that_has_ended(tables: SystemTables, proxy: FaultProxy) -> None:
    # (10.5 + 2) DBU x 0.40 x 0.92 = 4.60; besides 20 GB of egress at 0.09 x 0.92 = 1.656: 6.256
    tables.price("PREMIUM_INTERNET_EGRESS", "0.09", unit="GB")
    tables.use(record("g", sku_name="PREMIUM_INTERNET_EGRESS", unit="GB", quantity="20", day="2025-02-03"))
    tables.use(record("other month", sku_name="PREMIUM_INTERNET_EGRESS", unit="GB", day="2025-01-03"))
    _tell(proxy, _line(SKU, "10.5"), _line(SKU, "2"))
    collector = tables.collector(proxy.url, account_host=ACCOUNT_HOST, discount_ratio="0.08")
    totals = collector.independent_totals(["2025-02", "2025-03"])
    assert list(totals) == ["2025-02"]
    assert (totals["2025-02"].costs, totals["2025-02"].final) == ({"USD": Decimal("6.256")}, True)
    assert proxy.calls("usage/download") == 1
    assert proxy.calls(f"/api/2.0/accounts/{ACCOUNT}/usage/download?") == 1
    assert proxy.calls("start_month=2025-02") == 1


def test_a_month_that_ended_just_now_is_not_final(tables: SystemTables, proxy: FaultProxy) -> None:
    _tell(proxy, _line(SKU, "1"))
    now = datetime(2025, 3, 7, 23, tzinfo=UTC)
    (total,) = tables.collector(proxy.url, account_host=ACCOUNT_HOST, now=now).independent_totals(["2025-02"]).values()
    assert (total.costs, total.final) == ({"USD": Decimal("0.4")}, False)


def test_a_total_that_cannot_be_complete_is_not_stated(tables: SystemTables, proxy: FaultProxy) -> None:
    collector = tables.collector(proxy.url, account_host=ACCOUNT_HOST)
    _tell(proxy, _line("NOT_ON_THE_LIST", "1"))
    assert collector.independent_totals(["2025-02"]) == {}
    proxy.reset()
    _tell(proxy)
    assert collector.independent_totals(["2025-02"]) == {}
    proxy.reset()
    _tell(proxy, _line(SKU, "1"))
    tables.use(record("g", sku_name="UNPRICED", unit="GB", day="2025-02-03"))
    assert collector.independent_totals(["2025-02"]) == {}
    assert tables.collector(proxy.url).independent_totals(["2025-02"]) == {}, "without an account console"


@pytest.mark.parametrize("body", [b"<html>", b"timestamp,sku,dbus\nx,y,z\n", b"timestamp,sku,dbus\n2025-02-02\n"])
def test_a_usage_log_that_is_none_is_refused(tables: SystemTables, proxy: FaultProxy, body: bytes) -> None:
    proxy.fail_next(200, content=body + b"\nmore,lines,follow\n", on="usage/download")
    with pytest.raises(InvalidManifest, match=r"usage log of account acct-1 cannot be read"):
        tables.collector(proxy.url, account_host=ACCOUNT_HOST).independent_totals(["2025-02"])


def test_a_usage_log_cut_off_is_downloaded_again(tables: SystemTables, proxy: FaultProxy) -> None:
    proxy.fail_next(503, content=b"{}", on="usage/download")
    _tell(proxy, _line(SKU, "1"))
    collector = tables.collector(proxy.url, account_host=ACCOUNT_HOST)
    assert list(collector.independent_totals(["2025-02"])) == ["2025-02"]


@pytest.mark.covers("databricks", "prices")
def test_list_prices_that_stand_are_read_as_public(tables: SystemTables) -> None:
    tables.price("ENDED", "9", ends="2025-01-01")
    tables.price("PROMOTED", "0.50", effective="0.25")
    (reading,) = tables.collector().readings("prices", WINDOW)
    assert isinstance(reading, Reading)
    prices = {row["sku_id"]: row for row in reading.rows.to_pylist()}
    assert {sku: row["unit_price"] for sku, row in prices.items()} == {SKU: Decimal("0.4"), "PROMOTED": Decimal("0.25")}
    assert (prices[SKU]["unit"], prices[SKU]["is_contracted"]) == ("DBU", False)


@pytest.mark.covers("databricks", "usage")
def test_busy_nodes_are_averaged_by_the_hour(tables: SystemTables) -> None:
    # 30 minutes of one node at 50 % user and 10 % system: 30 x 0.6 / 60 = 0.3 nodes
    rows = " UNION ALL ".join(
        f"SELECT '{ACCOUNT}', '42', 'c-1', TIMESTAMP'2025-03-02 03:{minute:02d}:00', CAST(50 AS DOUBLE), 10.0"
        for minute in range(30)
    )
    tables.peer.execute(f"INSERT INTO system.compute.node_timeline {rows}")
    tables.peer.execute(f"INSERT INTO system.access.workspaces_latest SELECT '{ACCOUNT}', '42', 'etl', 'RUNNING'")
    readings = [each for each in tables.collector().readings("usage", WINDOW) if isinstance(each, Reading)]
    assert readings[0].rows.to_pylist() == [
        {"provider": "databricks", "account_id": "42", "name": "etl", "parent_id": ACCOUNT, "state": "RUNNING"}
    ]
    assert [each.unit for each in readings[1:]] == [f"2025-03-{day:02d}" for day in range(1, 10)]
    (hour,) = readings[2].rows.to_pylist()
    assert (hour["resource_id"], hour["hour_at"]) == ("databricks:42/cluster/c-1", datetime(2025, 3, 2, 3, tzinfo=UTC))
    assert hour["mean_running"] == Decimal("0.3")
    assert readings[-1].covers_to == datetime(2025, 3, 10, tzinfo=UTC)


@pytest.mark.covers("databricks", "access")
def test_lineage_becomes_events_with_their_coverage(tables: SystemTables) -> None:
    tables.peer.execute(
        f"INSERT INTO {LINEAGE} SELECT '{ACCOUNT}', '42', 'JOB', '7', 'run-1', 'main.sales.orders', NULL, "
        "'main.sales.totals', NULL, 'etl', TIMESTAMP'2025-03-02 23:59:59'"
    )
    readings = [each for each in tables.collector().readings("access", WINDOW) if isinstance(each, SignalReading)]
    windows = [coverage.window for each in readings for coverage in each.coverage or ()]
    midnight = datetime(2025, 3, 10, tzinfo=UTC)
    assert merged(windows) == (Window(from_at=datetime(2025, 3, 1, tzinfo=UTC), to_at=midnight),)
    assert {kind_of(each.kind).table for each in readings} == {"access"}
    found = [event for each in readings for event in brought(each).events]
    assert [(event.op, event.dataset_uri, event.job) for event in found] == [
        ("read", "databricks:main.sales.orders", "databricks:42/job/7"),
        ("write", "databricks:main.sales.totals", "databricks:42/job/7"),
    ]
    assert len({each.fingerprint for each in readings}) == len(readings)


def test_a_day_of_lineage_that_does_not_fit_an_answer_is_asked_for_in_halves(
    tables: SystemTables, proxy: FaultProxy
) -> None:
    for hour in (1, 23):
        tables.peer.execute(
            f"INSERT INTO {LINEAGE} SELECT '{ACCOUNT}', '42', 'JOB', '7', 'run-{hour}', 'main.sales.orders', NULL, "
            f"NULL, NULL, 'etl', TIMESTAMP'2025-03-01 {hour:02d}:00:00'"
        )
    cut_off(proxy, times=1)
    first = next(tables.collector(proxy.url).readings("access", WINDOW))
    assert isinstance(first, SignalReading)
    assert [event.at.hour for event in brought(first).events] == [1, 23]
    assert proxy.calls("POST ") == 3


def test_a_minute_of_lineage_that_does_not_fit_an_answer_is_named(tables: SystemTables, proxy: FaultProxy) -> None:
    cut_off(proxy)
    first = next(tables.collector(proxy.url).readings("access", WINDOW))
    assert isinstance(first, SignalReading)
    with pytest.raises(ProviderError, match=r"more rows of system\.access\.table_lineage from 2025-03-01 00:00 to"):
        brought(first)


def test_a_settled_day_is_known_without_a_query_and_queried_when_it_is_brought(
    tables: SystemTables, proxy: FaultProxy
) -> None:
    collector = tables.collector(proxy.url)
    days = [each for each in collector.readings("access", WINDOW) if isinstance(each, SignalReading)]
    # The clock stands at noon of the 10th: the days to the 7th ended two days before.
    assert [callable(each.reading) for each in days] == [True] * 7 + [False] * 2
    assert proxy.calls("POST ") == 2
    assert brought(days[0]).events == ()
    assert proxy.calls("POST ") == 3
    again = [each for each in tables.collector().readings("access", WINDOW) if isinstance(each, SignalReading)]
    assert [each.fingerprint for each in again] == [each.fingerprint for each in days]


def test_load_of_the_two_newest_months_is_one_query_that_is_halved_at_whole_hours(
    tables: SystemTables, proxy: FaultProxy
) -> None:
    rows = " UNION ALL ".join(
        f"SELECT '{ACCOUNT}', '42', 'c-1', TIMESTAMP'{at}', CAST(100 AS DOUBLE), 20.0"
        for at in ("2025-01-31 23:30:00", "2025-02-19 11:59:00", "2025-02-19 12:00:00", "2025-03-09 23:00:00")
    )
    tables.peer.execute(f"INSERT INTO system.compute.node_timeline {rows}")
    window = CollectWindow(first_period="2024-12", last_period="2025-03")
    collector = tables.collector(proxy.url)
    readings = collector.readings("usage", window)
    next(readings)  # the workspaces
    cut_off(proxy, times=2)
    load = [each for each in readings if isinstance(each, Reading)]
    assert [load[0].unit, load[-1].unit, len(load)] == ["2025-02-01", "2025-03-09", 28 + 9]
    hours = [row for each in load for row in each.rows.to_pylist()]
    assert [f"{row['hour_at']:%m-%d %H}" for row in hours] == ["02-19 11", "02-19 12", "03-09 23"]
    assert {row["mean_running"] for row in hours} == {Decimal("0.02")}
    assert proxy.calls("POST ") == 1 + 2 + 3


@pytest.mark.parametrize(("purpose", "table"), [("prices", "list_prices"), ("usage", "workspaces_latest")])
def test_a_table_cut_off_is_refused_by_its_name(
    tables: SystemTables, proxy: FaultProxy, purpose: Literal["prices", "usage"], table: str
) -> None:
    cut_off(proxy)
    with pytest.raises(ProviderError, match=rf"more rows of system\.\w+\.{table} for one statement"):
        next(tables.collector(proxy.url).readings(purpose, WINDOW))


def test_usage_in_other_units_cut_off_is_no_total(tables: SystemTables, proxy: FaultProxy) -> None:
    _tell(proxy, _line(SKU, "1"))
    collector = tables.collector(proxy.url, account_host=ACCOUNT_HOST)
    prices = index_of(read_prices(collector.client, "USD"))
    cut_off(proxy)
    with pytest.raises(ProviderError, match=r"more rows of system\.billing\.usage for one statement"):
        cost_of_other_units(collector.client, collector.connection, "2025-02", prices)


def test_every_table_is_probed_and_only_the_missing_one_is_at_fault(tables: SystemTables) -> None:
    tables.peer.execute(f"DROP TABLE {LINEAGE}")
    checks = tables.collector().check_grants()
    assert [check.grant.on for check in checks] == list(TABLES)
    (missing,) = [check for check in checks if check.fault is not None]
    assert (missing.grant.on, missing.grant.purpose) == (LINEAGE, "access")
    assert f"GRANT SELECT ON TABLE {LINEAGE} TO" in missing.grant.statement


def test_a_refused_token_ends_the_checks_and_is_tried_and_told_once(tables: SystemTables, proxy: FaultProxy) -> None:
    proxy.fail_next(401, content=b'{"error_code": "UNAUTHENTICATED", "message": "no"}', times=100, on="POST")
    checks = tables.collector(proxy.url).check_grants()
    (check,) = checks
    assert "refuses the credentials" in (check.fault or "")
    assert proxy.calls("POST ") == 1


def test_the_account_console_is_checked_where_totals_are_wanted(tables: SystemTables, proxy: FaultProxy) -> None:
    proxy.fail_next(403, content=b'{"error_code": "PERMISSION_DENIED", "message": "no"}', on="usage/download")
    (*_, last) = tables.collector(proxy.url, account_host=ACCOUNT_HOST).check_grants()
    assert last.grant.purpose == "total"
    assert "account admin" in (last.fault or "")


def test_the_shipped_policy_grants_every_table_that_is_read() -> None:
    policy = least_privilege_sql()
    for table in TABLES:
        assert f"GRANT SELECT ON TABLE {table} TO `placement-collector`;" in policy
        assert f"GRANT USE SCHEMA ON SCHEMA {table.rpartition('.')[0]} TO `placement-collector`;" in policy

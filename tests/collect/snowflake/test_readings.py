"""Totals, prices, usage, access and grants of Snowflake, from a real server."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from collectors.collector import CollectWindow
from collectors.readings import Reading, SignalReading
from collectors.signals.coverage import Window, merged
from collectors.signals.kinds import kind_of
from collectors.signals.records import AccessReading, StateReading
from collectors.snowflake import open_collector
from collectors.snowflake.grants import least_privilege_sql
from tests.collect.snowflake.account import TABLES, UsageAccount
from tests.peers.proxy import FaultProxy

WINDOW = CollectWindow(first_period="2025-03", last_period="2025-03")


def _item(kind: str, start: str, end: str, amount: str) -> dict[str, object]:
    return {
        "CONTRACT_NUMBER": "C-1",
        "CONTRACT_ITEM": kind,
        "START_DATE": start,
        "END_DATE": end,
        "EXPIRATION_DATE": None,
        "CURRENCY": "USD",
        "AMOUNT": amount,
    }


def _balance(day: str, capacity: str, free: str = "0", marketplace: str = "0") -> dict[str, object]:
    return {
        "CONTRACT_NUMBER": "C-1",
        "DATE": day,
        "CURRENCY": "USD",
        "FREE_USAGE_BALANCE": free,
        "CAPACITY_BALANCE": capacity,
        "ROLLOVER_BALANCE": None,
        "MARKETPLACE_CAPACITY_DRAWDOWN_BALANCE": marketplace,
    }


def _one(readings: Sequence[Reading | SignalReading], table: str, unit: str) -> Reading:
    tables = [each for each in readings if isinstance(each, Reading)]
    (found,) = [each for each in tables if (each.table, each.unit) == (table, unit)]
    return found


def brought(each: SignalReading) -> AccessReading:
    """What the reading holds, brought when it was not yet."""
    found = each.reading() if callable(each.reading) else each.reading
    assert isinstance(found, AccessReading)
    return found


def test_the_fall_of_the_balances_is_the_total_of_a_closed_month(account: UsageAccount) -> None:
    # End of January 1,000.00; 500.00 bought on 10 February; end of February 1,380.25, of which 30.25 free:
    # 1000 + 500 - 1380.25 = 119.75 paid from balances; 5.00 of overage besides: 124.75
    account.add("CONTRACT_ITEMS", [_item("Capacity", "2024-06-01", "2026-05-31", "9000")])
    account.add("CONTRACT_ITEMS", [_item("Additional Capacity", "2025-02-10", "2026-05-31", "500")])
    account.add("REMAINING_BALANCE_DAILY", [_balance("2025-01-31", "1000"), _balance("2025-02-28", "1350", "30.25")])
    account.add("REMAINING_BALANCE_DAILY", [_balance("2025-03-08", "1300", "0")])
    account.bill(USAGE_DATE="2025-02-03", USAGE_IN_CURRENCY="119.75")
    account.bill(USAGE_DATE="2025-02-28", USAGE_IN_CURRENCY="5.00", BALANCE_SOURCE="overage")
    totals = account.collector().independent_totals(["2025-01", "2025-02", "2025-03"])
    assert list(totals) == ["2025-02"]
    assert totals["2025-02"].costs == {"USD": Decimal("124.75")}
    assert totals["2025-02"].final


@pytest.mark.parametrize(
    ("items", "balances"),
    [
        (
            [_item("Capacity", "2024-06-01", "2026-05-31", "9")],
            [_balance("2025-01-31", "9"), _balance("2025-02-27", "8")],
        ),
        (
            [_item("Capacity", "2024-06-01", "2025-02-15", "9")],
            [_balance("2025-01-31", "9"), _balance("2025-02-28", "0")],
        ),
        (
            [_item("Capacity", "2024-06-01", "2026-05-31", "9")],
            [_balance("2025-01-31", "9", marketplace="5"), _balance("2025-02-28", "8", marketplace="4")],
        ),
        (
            [_item("Capacity", "2024-06-01", "2026-05-31", "9")],
            [_balance("2025-01-31", "9"), _balance("2025-02-28", "9")],
        ),
    ],
    ids=["month end missing", "term ended", "Marketplace purchase", "nothing paid from a balance"],
)
def test_a_total_that_cannot_be_complete_is_not_stated(
    account: UsageAccount, items: list[dict[str, object]], balances: list[dict[str, object]]
) -> None:
    account.add("CONTRACT_ITEMS", items)
    account.add("REMAINING_BALANCE_DAILY", balances)
    account.bill(USAGE_DATE="2025-02-03", BALANCE_SOURCE="overage")
    if balances[-1]["DATE"] == "2025-02-27":
        account.bill(USAGE_DATE="2025-02-03")
    assert account.collector().independent_totals(["2025-02"]) == {}


def test_a_month_is_not_final_before_it_can_be_closed(account: UsageAccount) -> None:
    account.add("CONTRACT_ITEMS", [_item("Capacity", "2025-02-01", "2026-01-31", "100")])
    account.add("REMAINING_BALANCE_DAILY", [_balance("2025-02-28", "90"), _balance("2025-03-06", "88")])
    account.bill(USAGE_DATE="2025-02-03", USAGE_IN_CURRENCY="10")
    (total,) = account.collector().independent_totals(["2025-02"]).values()
    assert (total.costs, total.final) == ({"USD": Decimal(10)}, False)


@pytest.mark.covers("snowflake", "prices")
def test_rates_of_the_newest_day_are_contracted_prices(account: UsageAccount) -> None:
    rate = {
        "DATE": "2025-03-09",
        "ACCOUNT_NAME": "PROD",
        "REGION": "AZURE_WESTEUROPE",
        "SERVICE_LEVEL": "Enterprise",
        "USAGE_TYPE": "compute",
        "CURRENCY": "EUR",
        "EFFECTIVE_RATE": "2.85",
        "SERVICE_TYPE": "WAREHOUSE_METERING",
        "RATING_TYPE": "compute",
        "BILLING_TYPE": "consumption",
        "IS_ADJUSTMENT": False,
    }
    account.add("RATE_SHEET_DAILY", [rate, {**rate, "DATE": "2025-03-08", "EFFECTIVE_RATE": "3"}])
    account.add("RATE_SHEET_DAILY", [{**rate, "IS_ADJUSTMENT": True}])
    (reading,) = account.collector().readings("prices", WINDOW)
    (price,) = reading.rows.to_pylist()
    assert (price["unit_price"], price["unit"], price["currency"]) == (Decimal("2.85"), "credit", "EUR")
    assert (price["region"], price["is_contracted"]) == ("westeurope", True)
    assert price["effective_from"] == datetime(2025, 3, 9, tzinfo=UTC)
    assert reading.dropped == (("an adjustment, or without a rate", 1),)


@pytest.mark.covers("snowflake", "usage")
def test_load_tells_idle_credits_by_the_hour(account: UsageAccount) -> None:
    # 4 credits in the hour, 3.2 attributed to queries: 0.8 idle.
    # Six five-minute rows with 2 running and 1 waiting of twelve in the hour: means 12/12 = 1 and 6/12 = 0.5
    account.add(
        "ACCOUNT_USAGE.WAREHOUSE_METERING_HISTORY",
        [
            {
                "START_TIME": "2025-03-02 03:00:00",
                "WAREHOUSE_NAME": "WH_ETL",
                "CREDITS_USED_COMPUTE": "4",
                "CREDITS_ATTRIBUTED_COMPUTE_QUERIES": "3.2",
            }
        ],
    )
    account.add(
        "WAREHOUSE_LOAD_HISTORY",
        [
            {
                "START_TIME": f"2025-03-02 03:{minute:02d}:00",
                "WAREHOUSE_NAME": "WH_ETL",
                "AVG_RUNNING": "2",
                "AVG_QUEUED_LOAD": "0.75",
                "AVG_QUEUED_PROVISIONING": "0.25",
            }
            for minute in range(0, 30, 5)
        ],
    )
    readings = tuple(account.collector().readings("usage", WINDOW))
    reading = _one(readings, "compute_load", "2025-03-02")
    assert reading.rows.to_pylist() == [
        {
            "provider": "snowflake",
            "resource_id": "acme-prod/warehouse/WH_ETL",
            "hour_at": datetime(2025, 3, 2, 3, tzinfo=UTC),
            "mean_running": Decimal(1),
            "mean_queued": Decimal("0.5"),
            "credits": Decimal(4),
            "idle_credits": Decimal("0.8"),
        }
    ]
    last = _one(readings, "compute_load", "2025-03-10")
    assert (last.rows.num_rows, last.covers_to) == (0, datetime(2025, 3, 10, 6, tzinfo=UTC))
    days = [each.unit for each in readings if isinstance(each, Reading) and each.table == "compute_load"]
    assert days == [f"2025-03-{day:02d}" for day in range(1, 11)]


def test_storage_transfer_and_the_contract_are_read(account: UsageAccount) -> None:
    table = {"TABLE_CATALOG": "SALES", "TABLE_SCHEMA": "PUBLIC", "TABLE_NAME": "ORDERS"}
    sizes = {"ACTIVE_BYTES": 1000, "TIME_TRAVEL_BYTES": 20, "FAILSAFE_BYTES": 0, "RETAINED_FOR_CLONE_BYTES": 0}
    account.add("TABLE_STORAGE_METRICS", [{**table, **sizes}])
    transfer = {"SOURCE_CLOUD": "AWS", "SOURCE_REGION": "us-east-1", "TARGET_CLOUD": None, "TARGET_REGION": None}
    account.add(
        "DATA_TRANSFER_HISTORY",
        [{"START_TIME": f"2025-03-02 0{hour}:00:00", **transfer, "BYTES_TRANSFERRED": 5} for hour in (1, 2)],
    )
    account.add("CONTRACT_ITEMS", [_item("Capacity", "2024-06-01", "2026-05-31", "9000")])
    readings = tuple(account.collector().readings("usage", WINDOW))
    (stored,) = [each for each in readings if isinstance(each, SignalReading)]
    assert kind_of(stored.kind).table == "state"
    assert isinstance(stored.reading, StateReading)
    assert [(each.dataset_uri, each.storage_class, each.stored_bytes) for each in stored.reading.states] == [
        ("snowflake://acme-prod/SALES.PUBLIC.ORDERS", "active", 1000),
        ("snowflake://acme-prod/SALES.PUBLIC.ORDERS", "time_travel", 20),
    ]
    (moved,) = _one(readings, "transfer", "2025-03-02").rows.to_pylist()
    assert (moved["from_place"], moved["to_place"], moved["bytes"]) == ("aws:us-east-1", "internet", Decimal(10))
    (commitment,) = _one(readings, "commitment_state", "current").rows.to_pylist()
    assert (commitment["commitment_id"], commitment["state"], commitment["upfront_payment"]) == (
        "C-1",
        "active",
        Decimal(9000),
    )


@pytest.mark.covers("snowflake", "access")
def test_access_history_becomes_events_of_the_day_with_its_coverage(account: UsageAccount) -> None:
    read = [{"objectDomain": "Table", "objectId": 1, "objectName": "SALES.PUBLIC.ORDERS"}]
    written = [{"objectDomain": "Table", "objectId": 2, "objectName": "SALES.PUBLIC.TOTALS"}]
    account.add(
        "ACCESS_HISTORY",
        [
            {
                "QUERY_ID": "q1",
                "QUERY_START_TIME": "2025-03-02 23:59:59",
                "USER_NAME": "ETL",
                "BASE_OBJECTS_ACCESSED": json.dumps(read),
                "OBJECTS_MODIFIED": json.dumps(written),
            }
        ],
    )
    account.add(
        "QUERY_HISTORY",
        [
            {
                "QUERY_ID": "q1",
                "START_TIME": "2025-03-02 23:59:59",
                "WAREHOUSE_NAME": "WH_ETL",
                "BYTES_SCANNED": 77,
                "BYTES_WRITTEN": 7,
            }
        ],
    )
    readings = [each for each in account.collector().readings("access", WINDOW) if isinstance(each, SignalReading)]
    windows = [coverage.window for each in readings for coverage in each.coverage or ()]
    assert (len(windows), windows[-1].to_at) == (10, datetime(2025, 3, 10, 9, tzinfo=UTC))
    assert merged(windows) == (Window(from_at=datetime(2025, 3, 1, tzinfo=UTC), to_at=windows[-1].to_at),)
    assert {kind_of(each.kind).table for each in readings} == {"access"}
    found = [event for each in readings for event in brought(each).events]
    events = {event.op: event for event in found}
    assert (events["read"].dataset_uri, events["read"].moved_bytes, events["read"].job) == (
        "snowflake://acme-prod/SALES.PUBLIC.ORDERS",
        77,
        "acme-prod/warehouse/WH_ETL",
    )
    assert (events["write"].dataset_uri, events["write"].moved_bytes) == (
        "snowflake://acme-prod/SALES.PUBLIC.TOTALS",
        7,
    )
    assert len(found) == 2
    assert len({each.fingerprint for each in readings}) == len(readings)


def test_a_settled_day_is_known_without_a_query_and_queried_when_it_is_brought(account: UsageAccount) -> None:
    with FaultProxy(account.url) as proxy:
        collector = account.collector(proxy.url)
        days = [each for each in collector.readings("access", WINDOW) if isinstance(each, SignalReading)]
        # The clock stands at noon of the 10th: the days to the 7th ended two days before.
        assert [callable(each.reading) for each in days] == [True] * 7 + [False] * 3
        assert proxy.calls("query-request") == 3
        assert brought(days[0]).events == ()
        assert proxy.calls("query-request") == 4
    again = [each for each in account.collector().readings("access", WINDOW) if isinstance(each, SignalReading)]
    assert [each.fingerprint for each in again] == [each.fingerprint for each in days]


def test_load_is_read_for_the_two_newest_months_and_transfer_for_all(account: UsageAccount) -> None:
    window = CollectWindow(first_period="2024-12", last_period="2025-03")
    readings = [each for each in account.collector().readings("usage", window) if isinstance(each, Reading)]
    first = {
        table: next(each.unit for each in readings if each.table == table) for table in ("compute_load", "transfer")
    }
    assert first == {"compute_load": "2025-02-01", "transfer": "2024-12-01"}


def test_every_view_is_probed_and_only_the_missing_one_is_at_fault(account: UsageAccount) -> None:
    account.run(f"DROP TABLE {account.database}.ACCOUNT_USAGE.ACCESS_HISTORY")
    checks = account.collector(role="PLACEMENT").check_grants()
    assert {check.grant.on for check in checks} == {f"{account.database}.{name}" for name in TABLES}
    (missing,) = [check for check in checks if check.fault is not None]
    assert missing.grant.purpose == "access"
    assert missing.grant.statement == (f"GRANT DATABASE ROLE {account.database}.GOVERNANCE_VIEWER TO ROLE PLACEMENT;")


def test_a_refused_login_ends_the_checks_and_is_tried_and_told_once(account: UsageAccount) -> None:
    wrong = {"TEST_SNOWFLAKE_PASSWORD": "wrong"}
    with FaultProxy(account.url) as proxy:
        checks = open_collector(account.connection(proxy.url), environ=wrong).check_grants()
        assert proxy.calls("login-request") == 1
    assert len(checks) == 1
    assert all("refuses the credentials" in (check.fault or "") for check in checks)


def test_the_shipped_policy_grants_every_role_that_is_asked_for(account: UsageAccount) -> None:
    policy = least_privilege_sql()
    for view in account.collector(database="SNOWFLAKE").views.all():
        assert f"GRANT DATABASE ROLE SNOWFLAKE.{view.database_role} TO ROLE PLACEMENT_COLLECTOR;" in policy
        assert view.short_name.removeprefix("STAGE_").removeprefix("DATABASE_") in policy


def test_a_month_in_the_future_has_no_usage_yet(account: UsageAccount) -> None:
    ahead = CollectWindow(first_period="2026-01", last_period="2026-01")
    readings = list(account.collector().readings("usage", ahead))
    assert [each.table for each in readings if isinstance(each, Reading)] == ["commitment_state"]
    assert list(account.collector().readings("access", ahead)) == []

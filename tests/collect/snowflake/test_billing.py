"""Bills of Snowflake from a real server: what is found, what is fetched, and what goes wrong on the way."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from collectors.collector import CollectWindow
from collectors.errors import (
    AccessDenied,
    CredentialsMissing,
    HostUnreachable,
    InvalidManifest,
    ProviderError,
    ProviderPackageMissing,
    ProviderUnavailable,
    TornDelivery,
)
from collectors.snowflake import open_collector
from collectors.snowflake.billing import native_table
from collectors.snowflake.client import ATTEMPTS
from collectors.snowflake.discover import HIDDEN
from collectors.snowflake.to_focus import NATIVE_TYPES
from tests.collect.snowflake.account import UsageAccount, usage_row
from tests.peers.proxy import FaultProxy

WINDOW = CollectWindow(first_period="2024-12", last_period="2025-02")


@pytest.fixture
def proxy(account: UsageAccount) -> Iterator[FaultProxy]:
    """The account behind a proxy."""
    with FaultProxy(account.url) as made:
        yield made


def test_months_with_rows_are_found_and_others_are_not_ready(account: UsageAccount) -> None:
    account.bill(USAGE_DATE="2024-11-30")
    account.bill(USAGE_DATE="2024-12-01")
    account.bill(USAGE_DATE="2025-02-28", USAGE_IN_CURRENCY="-0.000000001")
    account.bill(USAGE_DATE="2025-03-01")
    collector = account.collector()
    found = collector.discover(WINDOW, known={})
    assert {period: delivery.row_count for period, delivery in found.items()} == {"2024-12": 1, "2025-02": 1}


def test_the_month_is_fetched_whole_with_what_it_is_allocated_by(account: UsageAccount, tmp_path: Path) -> None:
    account.bill()
    account.bill(USAGE_DATE="2025-01-31", CURRENCY="EUR", USAGE_IN_CURRENCY="0.000000009")
    account.meter("WH_ETL", 3)
    account.meter("WH_BI", 1, START_TIME="2025-01-02 23:00:00")
    account.meter("WH_BI", 7, START_TIME="2025-01-03 00:00:00")
    collector = account.collector()
    (path,) = collector.fetch(collector.discover(WINDOW, known={})["2025-01"], tmp_path)
    rows = sorted(pq.read_table(path).to_pylist(), key=lambda row: row["USAGE_DATE"])
    assert [(row["USAGE_DATE"], row["USAGE_IN_CURRENCY"]) for row in rows] == [
        (date(2025, 1, 2), Decimal("31.5")),
        (date(2025, 1, 31), Decimal("0.000000009")),
    ]
    shares = [(share["resource_id"], share["share_ratio"]) for share in rows[0]["ALLOCATION_SHARES"]]
    assert shares == [("acme-prod/warehouse/WH_BI", Decimal("0.25")), ("acme-prod/warehouse/WH_ETL", Decimal("0.75"))]
    assert rows[1]["ALLOCATION_SHARES"] == []


def test_fetching_twice_writes_the_same_bytes(account: UsageAccount, tmp_path: Path) -> None:
    for cost in ("1", "2", "3"):
        account.bill(USAGE_IN_CURRENCY=cost)
    contents = []
    for number in range(2):
        folder = tmp_path / str(number)
        folder.mkdir()
        collector = account.collector()
        (path,) = collector.fetch(collector.discover(WINDOW, known={})["2025-01"], folder)
        contents.append(path.read_bytes())
    assert contents[0] == contents[1]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE {usage} SET USAGE_IN_CURRENCY = USAGE_IN_CURRENCY + 0.01 WHERE USAGE_TYPE = 'compute'",
        *(
            f"UPDATE {{usage}} SET {column} = 'OTHER' WHERE USAGE_TYPE = 'compute'"
            for column, kind in NATIVE_TYPES.items()
            if pa.types.is_string(kind) and column != "USAGE_TYPE"
        ),
        "UPDATE {usage} SET USAGE = 5 WHERE USAGE_TYPE = 'compute'",
        "UPDATE {usage} SET IS_ADJUSTMENT = TRUE WHERE USAGE_TYPE = 'compute'",
        "UPDATE {usage} SET USAGE_TYPE = 'OTHER' WHERE USAGE_TYPE = 'compute'",
        "DELETE FROM {usage} WHERE USAGE_TYPE = 'compute'",
        "INSERT INTO {metering} (ORGANIZATION_NAME, ACCOUNT_NAME, START_TIME, WAREHOUSE_NAME, CREDITS_USED, "
        "CREDITS_USED_COMPUTE) SELECT 'ACME', 'PROD', '2025-01-02 05:00:00', 'LATE', 1, 1",
    ],
)
def test_any_change_of_the_money_or_of_its_basis_changes_the_delivery(account: UsageAccount, change: str) -> None:
    account.bill()
    account.bill(USAGE_TYPE="storage", SERVICE_TYPE="STORAGE", RATING_TYPE="storage")
    collector = account.collector()
    before = collector.discover(WINDOW, known={})
    assert collector.discover(WINDOW, known={}) == before
    views = collector.views
    account.run(change.format(usage=views.usage_in_currency.name, metering=views.organization_metering.name))
    assert collector.discover(WINDOW, known={}) != before


@pytest.mark.parametrize(
    ("kind", "usage", "kept"),
    [
        ("NUMBER(38,18)", "0.000000000000600000", "0.000000000001"),
        ("FLOAT", "0.1234567890123456", "0.123456789012"),
        ("FLOAT", "12345678.5", "12345678.5"),
    ],
)
def test_a_quantity_of_more_than_twelve_decimals_is_rounded(
    account: UsageAccount, tmp_path: Path, kind: str, usage: str, kept: str
) -> None:
    table = f"{account.database}.ORGANIZATION_USAGE.USAGE_IN_CURRENCY_DAILY"
    account.run(f"ALTER TABLE {table} DROP COLUMN USAGE")
    account.run(f"ALTER TABLE {table} ADD COLUMN USAGE {kind}")
    account.bill(USAGE=usage)
    collector = account.collector()
    (path,) = collector.fetch(collector.discover(WINDOW, known={})["2025-01"], tmp_path)
    (row,) = pq.read_table(path).to_pylist()
    assert row["USAGE"] == Decimal(kept)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("USAGE", Decimal(10) ** 27),
        ("USAGE", float("nan")),
        ("USAGE", "much"),
        ("USAGE_DATE", "x"),
        ("IS_ADJUSTMENT", 7),
    ],
)
def test_a_value_that_its_column_cannot_hold_is_named_by_its_column(column: str, value: object) -> None:
    row = {**usage_row(), "USAGE_DATE": date(2025, 1, 2), column: value}
    with pytest.raises(InvalidManifest, match=rf"column {column} of USAGE_IN_CURRENCY_DAILY holds a value that is no"):
        native_table([row], None)


def test_a_month_that_changes_while_it_is_fetched_is_torn(account: UsageAccount, tmp_path: Path) -> None:
    account.bill()
    collector = account.collector()
    found = collector.discover(WINDOW, known={})
    account.run(f"UPDATE {collector.views.usage_in_currency.name} SET USAGE_IN_CURRENCY = 31.51")
    with pytest.raises(TornDelivery, match=r"Snowflake changed 2025-01 .* try again"):
        collector.fetch(found["2025-01"], tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_role_that_sees_no_metering_still_gets_the_money_whole(account: UsageAccount, tmp_path: Path) -> None:
    account.bill()
    account.run(f"DROP TABLE {account.database}.ORGANIZATION_USAGE.WAREHOUSE_METERING_HISTORY")
    collector = account.collector()
    found = collector.discover(WINDOW, known={})
    assert found["2025-01"].parts[1].tag == HIDDEN
    (path,) = collector.fetch(found["2025-01"], tmp_path)
    (row,) = pq.read_table(path).to_pylist()
    assert (row["ALLOCATION_METHOD"], row["ALLOCATION_SHARES"]) == (HIDDEN, [])


def test_a_connection_may_do_without_allocation(account: UsageAccount, tmp_path: Path) -> None:
    account.bill()
    account.meter("WH_ETL", 3)
    account.run(f"DROP TABLE {account.database}.ORGANIZATION_USAGE.STAGE_STORAGE_USAGE_HISTORY")
    collector = account.collector(allocates=False)
    (path,) = collector.fetch(collector.discover(WINDOW, known={})["2025-01"], tmp_path)
    (row,) = pq.read_table(path).to_pylist()
    assert (row["ALLOCATION_METHOD"], row["ALLOCATION_SHARES"]) == (None, [])
    assert all(check.fault is None for check in collector.check_grants())


def test_a_view_that_is_not_granted_is_named_with_the_grant(account: UsageAccount) -> None:
    account.run(f"DROP TABLE {account.database}.ORGANIZATION_USAGE.USAGE_IN_CURRENCY_DAILY")
    collector = account.collector(role="PLACEMENT")
    grant = rf"GRANT DATABASE ROLE {account.database}\.ORGANIZATION_BILLING_VIEWER TO ROLE PLACEMENT"
    with pytest.raises(AccessDenied, match=grant) as caught:
        collector.discover(WINDOW, known={})
    assert caught.value.permission == "ORGANIZATION_BILLING_VIEWER"


def test_the_legacy_view_is_named_as_such(account: UsageAccount) -> None:
    account.run(f"ALTER TABLE {account.database}.ORGANIZATION_USAGE.USAGE_IN_CURRENCY_DAILY DROP COLUMN IS_ADJUSTMENT")
    collector = account.collector()
    with pytest.raises(InvalidManifest, match=r"lacks a column.*legacy"):
        collector.discover(WINDOW, known={})


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_busy_server_is_asked_again_after_pauses_that_grow(
    account: UsageAccount, proxy: FaultProxy, status: int
) -> None:
    account.bill()
    pauses: list[float] = []
    collector = account.collector(proxy.url, sleep=pauses.append)
    proxy.fail_next(status, {"Retry-After": "3"}, times=2, on="query-request")
    assert list(collector.discover(WINDOW, known={})) == ["2025-01"]
    assert pauses == [1.0, 2.0]


def test_a_server_that_stays_busy_is_given_up(account: UsageAccount, proxy: FaultProxy) -> None:
    pauses: list[float] = []
    collector = account.collector(proxy.url, sleep=pauses.append)
    proxy.fail_next(503, times=100, on="query-request")
    with pytest.raises(ProviderUnavailable, match=r"could not serve .*USAGE_IN_CURRENCY_DAILY .*try again later"):
        collector.discover(WINDOW, known={})
    assert pauses == [1.0, 2.0, 4.0, 8.0][: ATTEMPTS - 1]


def test_an_answer_cut_off_is_asked_for_again(account: UsageAccount, proxy: FaultProxy, tmp_path: Path) -> None:
    account.bill()
    collector = account.collector(proxy.url)
    found = collector.discover(WINDOW, known={})
    proxy.cut_next(after_bytes=60, on="query-request")
    (path,) = collector.fetch(found["2025-01"], tmp_path)
    assert pq.read_table(path).num_rows == 1


@pytest.mark.parametrize(
    ("path", "code", "kind", "said"),
    [
        ("query-request", "000606", AccessDenied, r"set warehouse in it"),
        ("query-request", "003001", AccessDenied, r"GRANT DATABASE ROLE .*ORGANIZATION_BILLING_VIEWER"),
        ("query-request", "390318", CredentialsMissing, r"code 390318"),
        ("login-request", "390189", AccessDenied, r"does not let this user take the role PLACEMENT"),
        ("login-request", "390144", CredentialsMissing, r"code 390144"),
    ],
)
def test_what_a_person_must_change_is_said(
    account: UsageAccount, proxy: FaultProxy, path: str, code: str, kind: type[ProviderError], said: str
) -> None:
    body = {"data": {"errorCode": code, "sqlState": "0"}, "code": code, "message": "SELECT secret", "success": False}
    headers = {"Content-Type": "application/json"}
    proxy.fail_next(200, headers, json.dumps(body).encode(), times=100, on=path)
    with pytest.raises(kind, match=said) as caught:
        account.collector(proxy.url, role="PLACEMENT").discover(WINDOW, known={})
    assert "SELECT secret" not in str(caught.value)


def test_a_session_that_ended_is_replaced_by_a_new_one(account: UsageAccount, proxy: FaultProxy) -> None:
    account.bill()
    collector = account.collector(proxy.url)
    collector.discover(WINDOW, known={})
    body = b'{"data":{"errorCode":"390114","sqlState":"08001"},"code":"390114","message":"expired","success":false}'
    proxy.fail_next(200, {"Content-Type": "application/json"}, body, on="query-request")
    assert list(collector.discover(WINDOW, known={})) == ["2025-01"]
    assert proxy.calls("login-request") == 2


def test_a_wrong_password_is_refused_without_being_told(account: UsageAccount) -> None:
    collector = open_collector(account.connection(), environ={"TEST_SNOWFLAKE_PASSWORD": "not-the-secret"})
    with pytest.raises(
        CredentialsMissing, match=r"refuses the credentials of this connection \(code 390100\)"
    ) as caught:
        collector.discover(WINDOW, known={})
    assert "not-the-secret" not in str(caught.value)
    assert "not-the-secret" not in repr(collector)


def test_a_server_that_is_not_there_is_unavailable(account: UsageAccount) -> None:
    collector = account.collector("http://127.0.0.1:1")
    with pytest.raises(HostUnreachable, match=r"cannot be reached at 127\.0\.0\.1:1 .* it refuses connections"):
        collector.discover(WINDOW, known={})


def test_the_missing_extra_is_named(account: UsageAccount, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "snowflake.connector", None)
    with pytest.raises(ProviderPackageMissing, match=r"pip install 'workload-placement\[snowflake\]'"):
        open_collector(account.connection(), environ=account.peer.environ)

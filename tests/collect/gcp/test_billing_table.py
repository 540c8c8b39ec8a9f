"""The exports in BigQuery, month by month, against the emulator."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import google.cloud.bigquery as bq
import pyarrow.parquet as pq
import pytest

from collectors.collector import CollectWindow, Delivery
from collectors.commit import CollectReport, collect_bills
from collectors.connections.gcp import GcpDetailedTable, GcpFocusTable
from collectors.errors import (
    AccessDenied,
    InvalidManifest,
    NotFoundAtProvider,
    ProviderUnavailable,
    Terminal,
    TornDelivery,
)
from collectors.gcp import open_collector
from collectors.gcp.errors import QueryRefused, RowsLost
from collectors.store import EngineLimits, IngestStore
from tests.collect.gcp.emulated import EXACT_DECIMALS, RewritingProxy
from tests.collect.gcp.rows import ACCOUNT, credit, detailed_row
from tests.collect.gcp.test_to_focus import FOCUS_SCHEMA, focus_export_row
from tests.collect.gcp.vendor import ENVIRON, BigQueryVendor, bigquery_schema

WINDOW = CollectWindow(first_period="2025-05", last_period="2025-06")
AT = datetime(2025, 6, 10, 6, tzinfo=UTC)


def found_in(vendor: BigQueryVendor, known: dict[str, str] | None = None) -> dict[str, Any]:
    """What a new collector discovers."""
    return dict(vendor.open().discover(WINDOW, known=known or {}))


def row(cost: str, *, at: datetime = AT, month: str = "202506", **changes: Any) -> dict[str, Any]:
    """A row exported at some time."""
    return detailed_row(cost, month=month, export_time=at, **changes)


def mark_of(vendor: BigQueryVendor, delivery: Delivery) -> str:
    """What is remembered of a delivery."""
    return vendor.open().mark(delivery)


def tag_of(delivery: Delivery) -> str:
    """What the delivery is told apart by."""
    return delivery.parts[0].tag


def test_a_month_is_known_by_its_rows_its_last_export_and_its_exact_sums(table_vendor: BigQueryVendor) -> None:
    table_vendor.append(
        [
            row("0.1"),
            row(
                "0.2", at=AT + timedelta(hours=1), credits=[credit("-0.05", "FREE_TIER"), credit("-0.01", "PROMOTION")]
            ),
            row("0.000000001", month="202505"),
        ]
    )
    found = found_in(table_vendor)
    assert sorted(found) == ["2025-05", "2025-06"]
    # 0.1 + 0.2 = 0.3 and not 0.30000000000000004; credits -0.05 - 0.01, and the row without credits is not lost.
    assert tag_of(found["2025-06"]) == "2 rows, cost 0.3, credits -0.06"
    assert tag_of(found["2025-05"]) == "1 rows, cost 0.000000001, credits 0"
    assert found["2025-06"].written_at == AT + timedelta(hours=1)


def test_a_month_without_rows_is_not_ready(table_vendor: BigQueryVendor) -> None:
    table_vendor.append([row("1")])
    assert sorted(found_in(table_vendor)) == ["2025-06"]


def test_fetched_rows_have_every_column_and_exact_amounts(table_vendor: BigQueryVendor, tmp_path: Path) -> None:
    table_vendor.add_column("promised_by_nobody")
    table_vendor.append(
        [row("0.123456789", credits=[credit("-0.000000001", "FREE_TIER")]) | {"promised_by_nobody": "x"}]
    )
    collector = table_vendor.open()
    delivery = collector.discover(WINDOW, known={})["2025-06"]
    assert isinstance(delivery, Delivery)
    (path,) = collector.fetch(delivery, tmp_path)
    (fetched,) = pq.read_table(path).to_pylist()
    assert (fetched["cost"], fetched["credits"][0]["amount"]) == (Decimal("0.123456789"), Decimal("-1e-9"))
    assert (fetched["promised_by_nobody"], fetched["resource"]["name"]) == ("x", "lake")


def test_rows_that_arrive_while_a_month_is_fetched_belong_to_the_next_delivery(
    table_vendor: BigQueryVendor, tmp_path: Path
) -> None:
    table_vendor.append([row("1")])
    collector = table_vendor.open()
    delivery = collector.discover(WINDOW, known={})["2025-06"]
    assert isinstance(delivery, Delivery)
    table_vendor.append([row("5", at=AT + timedelta(minutes=1))])
    (path,) = collector.fetch(delivery, tmp_path)
    assert pq.read_table(path)["cost"].to_pylist() == [Decimal(1)]
    assert tag_of(found_in(table_vendor)["2025-06"]) == "2 rows, cost 6, credits 0"


def test_a_month_whose_rows_changed_under_the_fetch_is_torn(table_vendor: BigQueryVendor, tmp_path: Path) -> None:
    table_vendor.append([row("1"), row("2")])
    collector = table_vendor.open()
    delivery = collector.discover(WINDOW, known={})["2025-06"]
    assert isinstance(delivery, Delivery)
    table_vendor.client.query(f"DELETE FROM `{table_vendor.table_id}` WHERE cost > 1.5").result()
    with pytest.raises(TornDelivery, match="1 rows, cost 1, credits 0 of 2025-06 where it had 2 rows, cost 3"):
        collector.fetch(delivery, tmp_path)
    table_vendor.client.query(f"DELETE FROM `{table_vendor.table_id}` WHERE TRUE").result()
    with pytest.raises(TornDelivery, match="0 rows"):
        collector.fetch(delivery, tmp_path)


def test_a_correction_is_a_new_row_and_changes_its_month_alone(table_vendor: BigQueryVendor) -> None:
    table_vendor.append([row("10", month="202505"), row("20")])
    before = found_in(table_vendor)
    table_vendor.append([row("-3", at=AT + timedelta(days=1), cost_type="adjustment")])
    after = found_in(table_vendor)
    assert after["2025-05"] == before["2025-05"]
    assert tag_of(after["2025-06"]) == "2 rows, cost 17, credits 0"


def test_a_row_that_appears_late_is_counted_whatever_its_export_time(table_vendor: BigQueryVendor) -> None:
    table_vendor.append([row("1", at=AT), row("1", at=AT + timedelta(days=20))])
    known = {"2025-06": mark_of(table_vendor, found_in(table_vendor)["2025-06"])}
    table_vendor.append([row("4", at=AT)])
    assert tag_of(found_in(table_vendor, known)["2025-06"]) == "3 rows, cost 6, credits 0"


def delete(vendor: BigQueryVendor, condition: str) -> None:
    """Rows that go, as they do with a partition that expires."""
    vendor.client.query(f"DELETE FROM `{vendor.table_id}` WHERE {condition}").result()


@pytest.mark.parametrize("condition", ["export_time < '2025-06-12'", "TRUE"])
def test_a_month_that_lost_rows_is_refused_and_the_others_go_on(table_vendor: BigQueryVendor, condition: str) -> None:
    table_vendor.append([row("1", at=AT), row("1", at=AT + timedelta(days=10))])
    known = {"2025-06": mark_of(table_vendor, found_in(table_vendor)["2025-06"])}
    delete(table_vendor, condition)
    table_vendor.append([row("5", month="202505")])
    found = found_in(table_vendor, known)
    lost = found["2025-06"]
    assert isinstance(lost, RowsLost)
    assert isinstance(lost, Terminal)
    rows = 0 if condition == "TRUE" else 1
    assert f"lost rows of 2025-06: it has {rows}, and had 2;" in str(lost)
    assert "what is stored of the month stays; end the expiry, restore the rows" in str(lost)
    assert lost.location == table_vendor.table_id
    assert isinstance(found["2025-05"], Delivery)


def test_a_loss_is_not_believed_when_the_month_is_looked_up_again_with_nothing_known(
    table_vendor: BigQueryVendor,
) -> None:
    table_vendor.append([row("1"), row("2")])
    known = {"2025-06": mark_of(table_vendor, found_in(table_vendor)["2025-06"])}
    delete(table_vendor, "cost > 1.5")
    collector = table_vendor.open()
    for marks in (known, {}, {}):
        assert isinstance(collector.discover(WINDOW, known=marks)["2025-06"], RowsLost)
    table_vendor.append([row("3")])
    assert isinstance(collector.discover(WINDOW, known={})["2025-06"], Delivery)


def test_rows_lost_during_the_first_collection_are_noticed_too(table_vendor: BigQueryVendor) -> None:
    table_vendor.append([row("1"), row("2")])
    collector = table_vendor.open()
    assert isinstance(collector.discover(WINDOW, known={})["2025-06"], Delivery)
    delete(table_vendor, "cost > 1.5")
    assert isinstance(collector.discover(WINDOW, known={})["2025-06"], RowsLost)


def test_a_collection_of_a_month_that_lost_rows_keeps_what_is_stored(
    table_vendor: BigQueryVendor, tmp_path: Path
) -> None:
    store = IngestStore.open(tmp_path / "store", limits=EngineLimits(memory_mb=300, threads=1))
    table_vendor.append([row("1"), row("2")])

    def collected() -> CollectReport:
        return collect_bills(table_vendor.open(), store, WINDOW, now=AT, pause=pauses.append)

    pauses: list[float] = []
    assert not collected().failures
    delete(table_vendor, "cost > 1.5")
    (failure,) = collected().failures
    assert isinstance(failure.error, RowsLost)
    assert pauses == []
    assert [(version.period, version.rows) for version in store.periods()] == [("2025-06", 2)]


@pytest.mark.parametrize("mark", ["", "not json", "{}", '{"rows": null}', "[1]", '{"rows": "x"}', "5"])
def test_a_mark_that_means_nothing_refuses_nothing(table_vendor: BigQueryVendor, mark: str) -> None:
    table_vendor.append([row("1")])
    assert tag_of(found_in(table_vendor, {"2025-06": mark})["2025-06"]) == "1 rows, cost 1, credits 0"


@pytest.mark.parametrize("costs", [["7"], ["7", "8"], ["7", "8", "9"]])
def test_a_table_that_was_made_anew_is_taken_when_it_has_no_fewer_rows(
    table_vendor: BigQueryVendor, costs: list[str]
) -> None:
    table_vendor.append([row("1", at=AT), row("1", at=AT + timedelta(days=10))])
    known = {"2025-06": mark_of(table_vendor, found_in(table_vendor)["2025-06"])}
    table = table_vendor.client.get_table(table_vendor.table_id)
    table_vendor.client.delete_table(table)
    table_vendor.client.create_table(bq.Table(table_vendor.table_id, schema=table.schema))
    table_vendor.append([row(cost, at=AT + timedelta(days=11)) for cost in costs])
    assert isinstance(found_in(table_vendor, known)["2025-06"], RowsLost if len(costs) < 2 else Delivery)


def test_a_month_has_the_same_rows_whichever_months_are_asked_for(table_vendor: BigQueryVendor) -> None:
    table = bq.Table(f"{table_vendor.client.project}.{table_vendor.dataset}.by_export", schema=bigquery_schema())
    table.time_partitioning = bq.TimePartitioning(type_="DAY", field="export_time")
    table_vendor.client.create_table(table)
    connection = other_table(table_vendor, "by_export")
    table_vendor.table = "by_export"
    table_vendor.append([row("1"), row("2", at=AT - timedelta(days=60)), row("4", month="202504")])
    wide = CollectWindow(first_period="2025-04", last_period="2025-06")
    narrow = CollectWindow(first_period="2025-06", last_period="2025-06")
    found = [
        open_collector(connection, environ=ENVIRON).discover(window, known={})["2025-06"] for window in (wide, narrow)
    ]
    assert found[0] == found[1]
    assert isinstance(found[0], Delivery)
    assert tag_of(found[0]) == "1 rows, cost 1, credits 0"


def test_a_cost_of_twelve_places_is_counted_and_fetched_to_the_last(
    table_vendor: BigQueryVendor, tmp_path: Path
) -> None:
    table_vendor.append(
        [
            row("0.000000000001", credits=[credit("-0.000000000002", "FREE_TIER")]),
            row("1234.000000000003"),
            row("0.0000000000004"),
        ]
    )
    with RewritingProxy(table_vendor.proxy.url, *EXACT_DECIMALS) as proxy:
        connection = replace(table_vendor.connection, endpoints={"bigquery": proxy.url})
        collector = open_collector(connection, environ=ENVIRON)
        delivery = collector.discover(WINDOW, known={})["2025-06"]
        assert isinstance(delivery, Delivery)
        # The thirteenth place is rounded away, half away from zero.
        assert tag_of(delivery) == "3 rows, cost 1234.000000000004, credits -0.000000000002"
        (path,) = collector.fetch(delivery, tmp_path)
    fetched = pq.read_table(path)
    assert set(fetched["cost"].to_pylist()) == {Decimal(0), Decimal("1e-12"), Decimal("1234.000000000003")}
    assert str(fetched.schema.field("cost").type) == "decimal128(38, 12)"
    assert collector.dialect.read_natively is not None
    assert collector.dialect.read_natively(path).billed_cost == Decimal("1234.000000000002")


def test_a_long_month_is_written_in_pages(table_vendor: BigQueryVendor, tmp_path: Path) -> None:
    cells = ", ".join(f"s.{field.name}" for field in bigquery_schema() if field.name != "cost")
    table_vendor.append([row("0")])
    table_vendor.client.query(
        f"INSERT INTO `{table_vendor.table_id}` (cost, {cells.replace('s.', '')}) "
        f"SELECT n / 10, {cells} FROM `{table_vendor.table_id}` AS s, UNNEST(GENERATE_ARRAY(1, 10500)) AS n"
    ).result()
    collector = table_vendor.open()
    delivery = collector.discover(WINDOW, known={})["2025-06"]
    assert isinstance(delivery, Delivery)
    (path,) = collector.fetch(delivery, tmp_path)
    with pq.ParquetFile(path) as stored:
        assert (stored.metadata.num_rows, stored.num_row_groups) == (10_501, 2)
    # 0.1 x (1 + ... + 10500) = 0.1 x 10500 x 10501 / 2 = 5513025
    assert tag_of(delivery) == "10501 rows, cost 5513025, credits 0"


def test_googles_focus_export_is_read_by_its_own_columns(table_vendor: BigQueryVendor, tmp_path: Path) -> None:
    table_id = f"{table_vendor.client.project}.{table_vendor.dataset}.gcp_billing_export_focus_X"
    table_vendor.client.create_table(bq.Table(table_id, schema=bigquery_schema(FOCUS_SCHEMA)))
    vendor_rows = [focus_export_row("1.5"), focus_export_row("-0.000000001")]
    table_vendor.table, detailed = "gcp_billing_export_focus_X", table_vendor.table
    table_vendor.append(vendor_rows)
    table_vendor.table = detailed
    connection = GcpFocusTable(
        name="gcp-focus",
        project=table_vendor.client.project,
        billing_account=ACCOUNT,
        dataset=table_vendor.dataset,
        table="gcp_billing_export_focus_X",
        credentials="env:TEST_GCP",
        endpoints={"bigquery": table_vendor.proxy.url},
    )
    collector = open_collector(connection, environ=ENVIRON)
    delivery = collector.discover(WINDOW, known={})["2025-06"]
    assert isinstance(delivery, Delivery)
    assert tag_of(delivery) == "2 rows, cost 1.499999999, credits 0"
    (path,) = collector.fetch(delivery, tmp_path)
    assert sorted(pq.read_table(path)["BilledCost"].to_pylist()) == [Decimal("-1e-9"), Decimal("1.5")]
    assert collector.dialect.name == "gcp_focus"
    assert collector.dialect.read_natively is not None
    assert collector.dialect.read_natively(path).billed_cost == Decimal("1.499999999")


def other_table(vendor: BigQueryVendor, table: str, **changes: Any) -> GcpDetailedTable:
    """A connection to another table of the vendor's."""
    settings: dict[str, Any] = {"dataset": vendor.dataset, "table": table} | changes
    return GcpDetailedTable(
        name="other",
        project=vendor.client.project,
        billing_account=ACCOUNT,
        credentials="env:TEST_GCP",
        endpoints={"bigquery": vendor.proxy.url},
        **settings,
    )


def test_a_table_that_is_no_billing_export_is_refused_by_the_columns_that_it_lacks(
    table_vendor: BigQueryVendor,
) -> None:
    table_id = f"{table_vendor.client.project}.{table_vendor.dataset}.other"
    table_vendor.client.create_table(bq.Table(table_id, schema=[bq.SchemaField("cost", "FLOAT")]))
    collector = open_collector(other_table(table_vendor, "other"), environ=ENVIRON)
    with pytest.raises(InvalidManifest, match=r"other has no column invoice\.month, export_time, credits\.amount"):
        collector.discover(WINDOW, known={})


@pytest.mark.parametrize("changes", [{"table": "nowhere"}, {"table": "t", "dataset": "nowhere"}])
def test_a_table_that_is_not_there_is_named(table_vendor: BigQueryVendor, changes: dict[str, str]) -> None:
    collector = open_collector(other_table(table_vendor, **{"table": "t", **changes}), environ=ENVIRON)
    with pytest.raises(NotFoundAtProvider, match=r"nowhere\b.*; check project, dataset, table"):
        collector.discover(WINDOW, known={})


def test_a_query_that_would_cost_too_much_says_what_to_raise(table_vendor: BigQueryVendor) -> None:
    body = b'{"error": {"code": 400, "message": "too much", "errors": [{"reason": "bytesBilledLimitExceeded"}]}}'
    table_vendor.proxy.fail_next(400, {"Content-Type": "application/json"}, body, on="POST")
    with pytest.raises(QueryRefused, match="raise most_bytes_billed"):
        found_in(table_vendor)


def test_a_denied_query_names_the_permission(table_vendor: BigQueryVendor) -> None:
    table_vendor.break_next("denied", "2025-06")
    with pytest.raises(AccessDenied, match=r"grant bigquery\.tables\.get on it") as caught:
        found_in(table_vendor)
    assert caught.value.permission == "bigquery.tables.get"


def test_a_throttled_vendor_is_waited_for_as_long_as_it_asks_and_then_given_up(table_vendor: BigQueryVendor) -> None:
    table_vendor.append([row("1")])
    table_vendor.break_next("throttled", "2025-06", variant=0)
    assert sorted(found_in(table_vendor)) == ["2025-06"]
    assert table_vendor.pauses == [2, 2]
    table_vendor.pauses.clear()
    table_vendor.break_next("throttled", "2025-06", variant=3)
    with pytest.raises(ProviderUnavailable, match="rateLimitExceeded"):
        found_in(table_vendor)
    # The moment that it asks for is five seconds after its own present moment.
    assert table_vendor.pauses == [5, 5, 5, 5]

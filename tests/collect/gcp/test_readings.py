"""Prices, commitments, storage and access, against the emulators and the price list's own messages."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import google.cloud.bigquery as bq
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from google.cloud.billing_v1.types import Category, PricingExpression, PricingInfo, Service, Sku
from google.protobuf.timestamp_pb2 import Timestamp
from google.type.money_pb2 import Money

from collectors.collector import Collector, CollectWindow
from collectors.commit.readings import collect_readings
from collectors.errors import InvalidManifest, NotFoundAtProvider, TornDelivery
from collectors.gcp import open_collector
from collectors.gcp.access import sees_every_project
from collectors.readings import Reading, SignalReading
from collectors.signals.records import AccessReading, StateReading
from collectors.store import EngineLimits, IngestStore
from tests.collect.gcp.vendor import ENVIRON, BigQueryVendor, GcsFilesVendor, ndjson
from tests.peers.gcp_catalog import GcpCatalogServer

NOW = datetime.now(UTC)
WINDOW = CollectWindow.ending_at(NOW, months=2)
STORAGE = "services/95FF-2EF5-5EA1"


def changed(vendor: BigQueryVendor | GcsFilesVendor, **settings: Any) -> Collector:
    """A collector of the vendor's connection with further settings."""
    endpoints = dict(vendor.connection.endpoints) | settings.pop("endpoints", {})
    return open_collector(
        replace(vendor.connection, endpoints=endpoints, **settings), environ=ENVIRON, sleep=vendor.pauses.append
    )


def sku(
    sku_id: str, tiers: list[tuple[float, int, int]], *, usage_type: str = "OnDemand", regions: Any = ("us",)
) -> Sku:
    """A SKU with tiers of start, units and nanos."""
    rates = [
        PricingExpression.TierRate(
            start_usage_amount=start, unit_price=Money(currency_code="USD", units=units, nanos=nanos)
        )
        for start, units, nanos in tiers
    ]
    return Sku(
        name=f"{STORAGE}/skus/{sku_id}",
        sku_id=sku_id,
        description=f"SKU {sku_id}",
        category=Category(service_display_name="Cloud Storage", usage_type=usage_type),
        service_regions=list(regions),
        pricing_info=[
            PricingInfo(
                effective_time=Timestamp(seconds=1_750_000_000),
                pricing_expression=PricingExpression(usage_unit="GiBy.mo", tiered_rates=rates),
            )
        ],
    )


@pytest.fixture
def price_list(gcp_catalog: GcpCatalogServer) -> Iterator[GcpCatalogServer]:
    """A price list of one service, in pages of two."""
    gcp_catalog.reset()
    gcp_catalog.page_size = 2
    gcp_catalog.services = [
        Service(name=STORAGE, service_id="95FF-2EF5-5EA1", display_name="Cloud Storage"),
        Service(name="services/OTHER", service_id="OTHER", display_name="Other"),
    ]
    gcp_catalog.skus = {
        "services/OTHER": [],
        STORAGE: [
            sku("A", [(0, 0, 0), (5, 0, 26_000_000), (1000.5, 1, 1)], regions=("us-central1", "us-east1")),
            sku("B", [(0, 2, 500_000_000)], usage_type="Preemptible"),
            sku("C", [(0, 0, 4)], usage_type="Commit1Yr", regions=()),
        ],
    }
    yield gcp_catalog
    gcp_catalog.reset()


@pytest.mark.covers("gcp", "prices")
def test_prices_have_a_row_for_every_sku_region_and_tier(
    price_list: GcpCatalogServer, files_vendor: GcsFilesVendor
) -> None:
    collector = changed(
        files_vendor, endpoints={"catalog": f"http://{price_list.address}"}, price_services=("cloud storage",)
    )
    (reading,) = collector.readings("prices", WINDOW)
    assert isinstance(reading, Reading)
    assert (reading.table, reading.unit) == ("sku_price", "current")
    rows = reading.rows.to_pylist()
    found = [
        (row["sku_price_id"], row["region"], f"{row['unit_price'].normalize():f}", row["quantity_to"], row["term"])
        for row in rows
    ]
    five, thousand = Decimal(5), Decimal("1000.5")
    assert found == [
        ("A:0", "us-central1", "0", five, "on_demand"),
        ("A:0", "us-east1", "0", five, "on_demand"),
        ("A:5", "us-central1", "0.026", thousand, "on_demand"),
        ("A:5", "us-east1", "0.026", thousand, "on_demand"),
        ("A:1000.5", "us-central1", "1.000000001", None, "on_demand"),
        ("A:1000.5", "us-east1", "1.000000001", None, "on_demand"),
        ("B:0", "us", "2.5", None, "spot"),
        ("C:0", None, "0.000000004", None, "committed_1y"),
    ]
    assert rows[0]["effective_from"] == datetime.fromtimestamp(1_750_000_000, UTC)
    assert {(row["provider"], row["service"], row["unit"], row["currency"]) for row in rows} == {
        ("gcp", "Cloud Storage", "GiBy.mo", "USD")
    }
    assert {call.currency_code for call in price_list.requests if call.method == "ListSkus"} == {"USD"}
    collector.close()


def test_a_service_may_be_named_by_its_id_and_must_be_on_the_list(
    price_list: GcpCatalogServer, files_vendor: GcsFilesVendor
) -> None:
    endpoints = {"catalog": f"http://{price_list.address}"}
    (reading,) = changed(files_vendor, endpoints=endpoints, price_services=("OTHER",)).readings("prices", WINDOW)
    assert isinstance(reading, Reading)
    assert reading.rows.num_rows == 0
    with pytest.raises(NotFoundAtProvider, match="no service Cloud Nothing"):
        list(changed(files_vendor, endpoints=endpoints, price_services=("Cloud Nothing",)).readings("prices", WINDOW))


@pytest.mark.parametrize("purpose", ["usage", "prices", "access"])
def test_nothing_is_read_where_nothing_is_named(files_vendor: GcsFilesVendor, purpose: Any) -> None:
    assert list(files_vendor.open().readings(purpose, WINDOW)) == []
    assert files_vendor.proxy.requests == []


def load(vendor: BigQueryVendor, name: str, schema: list[bq.SchemaField], rows: list[dict[str, Any]]) -> str:
    """A further table with rows, partitioned by day of ingestion."""
    table = bq.Table(f"{vendor.client.project}.{vendor.dataset}.{name}", schema=schema)
    table.time_partitioning = bq.TimePartitioning(type_="DAY")
    vendor.client.create_table(table)
    config = bq.LoadJobConfig(schema=schema, source_format="NEWLINE_DELIMITED_JSON", write_disposition="WRITE_APPEND")
    vendor.client.load_table_from_file(ndjson(rows), table, job_config=config).result()
    return str(table.reference)


def record(name: str, *fields: bq.SchemaField, repeated: bool = False) -> bq.SchemaField:
    """A structure."""
    return bq.SchemaField(name, "RECORD", mode="REPEATED" if repeated else "NULLABLE", fields=fields)


def text(name: str) -> bq.SchemaField:
    """A text."""
    return bq.SchemaField(name, "STRING")


@pytest.mark.covers("gcp", "usage")
@pytest.mark.parametrize("amount", ["commitent_amount", "commitment_amount"])
def test_commitments_are_those_of_the_newest_snapshot(table_vendor: BigQueryVendor, amount: str) -> None:
    schema = [
        text("billing_account_id"),
        record("cud_product", text("id"), text("display_name"), text("type")),
        record("subscription", text("instance_id"), text("display_name")),
        text("region"),
        record(amount, text("unit"), bq.SchemaField("value", "FLOAT")),
        text("term"),
        bq.SchemaField("start_time", "TIMESTAMP"),
        bq.SchemaField("end_time", "TIMESTAMP"),
        text("state"),
    ]
    row = {
        "cud_product": {"id": "p", "display_name": "Flexible CUD", "type": "Spend-Based"},
        "subscription": {"instance_id": "sub-1"},
        "region": "us-central1",
        amount: {"unit": "$/hr", "value": 0.05},
        "start_time": "2025-01-01T00:00:00Z",
        "end_time": "2026-01-01T00:00:00Z",
        "state": "Active",
    }
    other = row | {"subscription": {"instance_id": "sub-2"}, amount: {"unit": "slots", "value": 100}, "region": None}
    table = load(table_vendor, "cud_subscriptions_export", schema, [row, row, other])
    (reading,) = changed(table_vendor, commitments_table=table).readings("usage", WINDOW)
    assert isinstance(reading, Reading)
    assert (reading.table, reading.unit) == ("commitment_state", "current")
    first, second = reading.rows.to_pylist()
    assert first == {
        "provider": "gcp",
        "commitment_id": "sub-1",
        "kind": "spend_based",
        "service": "Flexible CUD",
        "region": "us-central1",
        "state": "active",
        "starts_at": datetime(2025, 1, 1, tzinfo=UTC),
        "ends_at": datetime(2026, 1, 1, tzinfo=UTC),
        "currency": "USD",
        "hourly_commitment": Decimal("0.05"),
        "upfront_payment": None,
        "quantity": None,
        "instance_type": None,
    }
    assert (second["commitment_id"], second["hourly_commitment"], second["quantity"], second["region"]) == (
        "sub-2", None, Decimal(100), None,
    )  # fmt: skip


def test_a_table_that_is_no_commitments_export_is_refused(table_vendor: BigQueryVendor) -> None:
    table = load(table_vendor, "other", [text("a")], [{"a": "b"}])
    with pytest.raises(InvalidManifest, match=r"no column subscription\.instance_id"):
        list(changed(table_vendor, commitments_table=table).readings("usage", WINDOW))


def test_storage_of_bigquery_is_told_by_table_and_class(table_vendor: BigQueryVendor) -> None:
    schema = [
        *(text(name) for name in ("project_id", "table_schema", "table_name")),
        bq.SchemaField("deleted", "BOOLEAN"),
        *(bq.SchemaField(name, "INTEGER") for name in ("active_logical_bytes", "long_term_logical_bytes")),
        bq.SchemaField("storage_last_modified_time", "TIMESTAMP"),
    ]
    row = {"project_id": "shop", "table_schema": "mart", "table_name": "orders", "deleted": False}
    bytes_of = {"active_logical_bytes": 700, "long_term_logical_bytes": 300}
    relation = load(
        table_vendor, "TABLE_STORAGE", schema, [row | bytes_of, row | {"table_name": "gone", "deleted": True}]
    )
    (reading,) = changed(table_vendor, storage_relation=relation).readings("usage", WINDOW)
    assert isinstance(reading, SignalReading)
    assert isinstance(reading.reading, StateReading)
    assert reading.kind == "bigquery_storage"
    states = [(each.dataset_uri, each.storage_class, each.stored_bytes) for each in reading.reading.states]
    assert states == [
        ("bigquery:shop.mart.orders", "active_logical", 700),
        ("bigquery:shop.mart.orders", "long_term_logical", 300),
    ]


JOBS = [
    *(text(name) for name in ("project_id", "job_id", "user_email", "statement_type", "job_type", "state")),
    bq.SchemaField("creation_time", "TIMESTAMP"),
    *(bq.SchemaField(name, "INTEGER") for name in ("total_bytes_processed", "total_bytes_billed")),
    bq.SchemaField("cache_hit", "BOOLEAN"),
    record("error_result", text("reason")),
    record("referenced_tables", *(text(name) for name in ("project_id", "dataset_id", "table_id")), repeated=True),
    record("destination_table", *(text(name) for name in ("project_id", "dataset_id", "table_id"))),
]


def job(job_id: str, at: datetime, **changes: Any) -> dict[str, Any]:
    """A query that read one table."""
    return {
        "project_id": "shop",
        "job_id": job_id,
        "user_email": "etl@shop",
        "statement_type": "SELECT",
        "job_type": "QUERY",
        "state": "DONE",
        "creation_time": at.isoformat(),
        "total_bytes_processed": 1000,
        "referenced_tables": [{"project_id": "shop", "dataset_id": "mart", "table_id": "orders"}],
    } | changes


@pytest.mark.covers("gcp", "access")
def test_jobs_are_told_day_by_day_with_the_days_that_were_watched(table_vendor: BigQueryVendor) -> None:
    day = NOW.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=3)
    rows = [
        job("one", day + timedelta(hours=1)),
        job("two", day + timedelta(hours=2), cache_hit=True),
        job("running", day, state="RUNNING"),
        job("load", day, job_type="LOAD"),
        job("old", day - timedelta(days=400)),
        job("three", day + timedelta(days=2)),
    ]
    relation = load(table_vendor, "all_jobs", JOBS, rows)
    collector = changed(table_vendor, jobs_relation=relation)
    first, second, quiet = collector.readings("access", WINDOW)
    assert isinstance(first, SignalReading)
    assert isinstance(second, SignalReading)
    assert isinstance(quiet, SignalReading)
    assert isinstance(first.reading, AccessReading)
    assert isinstance(second.reading, AccessReading)
    assert [(each.event_key, each.dataset_uri, each.moved_bytes) for each in first.reading.events] == [
        ("shop:one|read|bigquery:shop.mart.orders", "bigquery:shop.mart.orders", 1000),
        ("shop:two|read|bigquery:shop.mart.orders", "bigquery:shop.mart.orders", 0),
    ]
    assert len(second.reading.events) == 1
    windows = [each.coverage[0].window for each in (first, second, quiet) if each.coverage]
    assert windows[0].from_at == datetime(int(WINDOW.first_period[:4]), int(WINDOW.first_period[5:]), 1, tzinfo=UTC)
    assert [window.to_at for window in windows[:2]] == [day + timedelta(days=1), day + timedelta(days=3)]
    assert [window.from_at for window in windows[1:]] == [day + timedelta(days=1), day + timedelta(days=3)]
    assert {each.scope for each in first.coverage or ()} == {"bigquery:shop", f"bigquery:{table_vendor.client.project}"}
    again = next(iter(collector.readings("access", WINDOW)))
    assert isinstance(again, SignalReading)
    assert again.fingerprint == first.fingerprint


def test_jobs_of_one_project_claim_to_have_watched_nothing() -> None:
    assert not sees_every_project("shop.region-us.INFORMATION_SCHEMA.JOBS")
    assert sees_every_project("shop.region-us.INFORMATION_SCHEMA.JOBS_BY_ORGANIZATION")
    assert sees_every_project("shop.monitoring.all_jobs")


CONFIG = "fc95c52f-157a-494f-af4a-d4a53a69ba66"


def put_inventory(vendor: GcsFilesVendor, taken_at: str, shards: dict[str, bytes], **changes: Any) -> None:
    """A report and, last, its manifest."""
    for name, content in shards.items():
        vendor.bucket.blob(f"inv/{name}").upload_from_string(content)
    document = {"snapshot_time": taken_at, "records_processed": 3, "report_shards_file_names": list(shards)} | changes
    vendor.bucket.blob(f"inv/{CONFIG}_{taken_at}_manifest.json").upload_from_string(json.dumps(document))


def inventories(vendor: GcsFilesVendor) -> list[StateReading]:
    """What is read of the vendor's inventories."""
    collector = changed(vendor, storage_inventories=(f"gs://{vendor.bucket.name}/inv",))
    read = [each.reading for each in collector.readings("usage", WINDOW) if isinstance(each, SignalReading)]
    found = [each() if callable(each) else each for each in read]
    return [each for each in found if isinstance(each, StateReading)]


CSV = (
    b"project,bucket,name,location,size,storageClass,updated\r\n"
    b'1,lake,"raw/orders/a, b.parquet",US-CENTRAL1,100,STANDARD,2025-06-01T00:00:00Z\r\n'
    b"1,lake,raw/orders/c.parquet,US-CENTRAL1,50,STANDARD,2025-06-02T00:00:00Z\r\n"
)


def parquet_of(folder: Path, rows: list[dict[str, Any]]) -> bytes:
    """A shard in Parquet."""
    pq.write_table(pa.Table.from_pylist(rows), folder / "shard.parquet")
    return (folder / "shard.parquet").read_bytes()


def test_the_newest_inventory_is_added_up_from_its_shards(files_vendor: GcsFilesVendor, tmp_path: Path) -> None:
    shard = parquet_of(
        tmp_path, [{"bucket": "lake", "name": "logs/x", "location": "US", "size": 7, "storageClass": "NEARLINE"}]
    )
    put_inventory(files_vendor, "2025-06-02T00:00", {"old_0.csv": CSV.replace(b"100", b"999")})
    put_inventory(files_vendor, "2025-06-03T00:00", {"new_0.csv": CSV, "new_1.parquet": shard})
    (reading,) = inventories(files_vendor)
    states = sorted((each.dataset_uri, each.storage_class, each.stored_bytes) for each in reading.states)
    assert states == [("gs://lake/logs", "NEARLINE", 7), ("gs://lake/raw/orders", "STANDARD", 150)]
    assert {each.day_on for each in reading.states} == {date(2025, 6, 3)}


def test_the_shards_of_an_inventory_that_is_stored_are_not_fetched_again(
    files_vendor: GcsFilesVendor, tmp_path: Path
) -> None:
    put_inventory(files_vendor, "2025-06-03T00:00", {"a.csv": CSV}, records_processed=2)
    collector = changed(files_vendor, storage_inventories=(f"gs://{files_vendor.bucket.name}/inv",))
    store = IngestStore.open(tmp_path / "store", limits=EngineLimits(memory_mb=300, threads=1))
    fetched = []
    for _ in range(2):
        files_vendor.proxy.reset()
        report = collect_readings(collector, store, "usage", WINDOW, now=NOW)
        assert report.error is None
        fetched.append(files_vendor.proxy.calls("a.csv"))
    assert (fetched[0] > 0, fetched[1]) == (True, 0)


def test_an_inventory_may_be_separated_by_something_else(files_vendor: GcsFilesVendor) -> None:
    put_inventory(
        files_vendor,
        "2025-06-03T00:00",
        {"a.csv": b"bucket|name|size\nlake|a/b|5\n"},
        records_processed=1,
        report_config={"csv_options": {"delimiter": "|"}},
    )
    (reading,) = inventories(files_vendor)
    assert [each.stored_bytes for each in reading.states] == [5]


def test_an_inventory_whose_shards_are_not_all_there_yet_is_torn(files_vendor: GcsFilesVendor) -> None:
    put_inventory(files_vendor, "2025-06-03T00:00", {"a.csv": CSV})
    with pytest.raises(TornDelivery, match="states 3 objects, its shards hold 2"):
        inventories(files_vendor)


@pytest.mark.parametrize(
    ("shards", "changes", "reason"),
    [
        ({"a.csv": b"1,lake,a/b,5\n"}, {}, "let the report have a header line"),
        ({"a.parquet": b"PAR1"}, {}, "cannot be read"),
        ({}, {"report_shards_file_names": ["../../x.csv"]}, "not a list of names"),
        ({}, {"report_shards_file_names": ["a.csv", "a.csv"]}, "names a shard twice"),
        ({}, {"snapshot_time": "yesterday"}, "cannot be read"),
        ({}, {"report_shards_file_names": None}, "cannot be read"),
    ],
)
def test_an_inventory_that_cannot_be_read_says_why(
    files_vendor: GcsFilesVendor, shards: dict[str, bytes], changes: dict[str, Any], reason: str
) -> None:
    put_inventory(files_vendor, "2025-06-03T00:00", shards, **changes)
    with pytest.raises(InvalidManifest, match=reason):
        inventories(files_vendor)

"""Inventories and metrics become states, added up by dataset and class."""

from __future__ import annotations

from datetime import UTC, date, datetime

from collectors.signals.records import DATASET_STATE_SCHEMA, StateReading, states_table
from collectors.signals.state.azure_inventory import read_azure_inventory
from collectors.signals.state.bigquery_storage import read_bigquery_storage
from collectors.signals.state.cloudwatch_sizes import read_cloudwatch_sizes
from collectors.signals.state.gcs_inventory import read_gcs_inventory
from collectors.signals.state.s3_inventory import read_s3_inventory, s3_inventory_rows
from collectors.signals.state.snowflake_storage import read_snowflake_storage
from collectors.signals.state.storage_lens import read_storage_lens

DAY = date(2026, 9, 7)


def stored(reading: StateReading) -> dict[tuple[str, str], tuple[int, int | None]]:
    return {
        (state.dataset_uri, state.storage_class): (state.stored_bytes, state.object_count) for state in reading.states
    }


def test_objects_of_an_inventory_add_up_by_folder_and_class_with_keys_decoded() -> None:
    lines = [
        '"lake","raw/my+orders/dt%3D2026-09-01/a","10","2026-09-01T00:00:00.000Z","STANDARD",""',
        '"lake","raw/my+orders/dt%3D2026-09-02/b","5","2026-09-02T00:00:00.000Z","STANDARD",""',
        '"lake","raw/x","7","2026-09-02T00:00:00.000Z","INTELLIGENT_TIERING","INFREQUENT"',
        '"lake","raw/bad","many","2026-09-02T00:00:00.000Z","STANDARD",""',
        '"lake","short"',
    ]
    schema = "Bucket, Key, Size, LastModifiedDate, StorageClass, IntelligentTieringAccessTier"
    reading = read_s3_inventory(s3_inventory_rows(lines, schema), day_on=DAY, region="us-east-1")
    assert stored(reading) == {
        ("s3://lake/raw/my orders", "STANDARD"): (15, 2),
        ("s3://lake/raw", "INTELLIGENT_TIERING:INFREQUENT"): (7, 1),
    }
    assert reading.states[0].last_modified_at == datetime(2026, 9, 2, tzinfo=UTC)
    assert [reject.row_number for reject in reading.rejects] == [4, 5]


def test_parquet_rows_of_an_inventory_have_plain_keys_and_delete_markers_hold_nothing() -> None:
    row = {"bucket": "lake", "key": "a%2Fb/c", "size": 3, "last_modified_date": datetime(2026, 9, 1, tzinfo=UTC)}
    marker = {**row, "is_delete_marker": True, "size": None}
    reading = read_s3_inventory([row, marker], day_on=DAY, keys_are_encoded=False)
    assert stored(reading) == {("s3://lake/a%2Fb", "STANDARD"): (3, 1)}
    assert reading.skipped == {"delete marker": 1}


def test_storage_lens_joins_bytes_and_objects_and_ignores_levels_that_repeat_them() -> None:
    row = {
        "version_number": "V_1", "report_date": "2026-09-07", "aws_account_number": "1", "aws_region": "us-east-1",
        "storage_class": "STANDARD", "record_type": "BUCKET", "bucket_name": "lake", "metric_name": "StorageBytes",
        "metric_value": "12345",
    }  # fmt: skip
    rows = [row, {**row, "metric_name": "ObjectCount", "metric_value": "9"}, {**row, "record_type": "ACCOUNT"}]
    assert stored(read_storage_lens(rows)) == {("s3://lake", "STANDARD"): (12345, 9)}


def test_cloudwatch_overheads_are_billed_with_their_class() -> None:
    base = {"bucket": "lake", "at": "2026-09-07T00:00:00Z", "metric": "BucketSizeBytes", "region": "eu-west-1"}
    rows = [
        {**base, "storage_type": "StandardIAStorage", "value": 100.0},
        {**base, "storage_type": "StandardIASizeOverhead", "value": 20.0},
        {**base, "metric": "NumberOfObjects", "storage_type": "AllStorageTypes", "value": 3.0},
        {**base, "storage_type": "BrandNewStorage", "value": 1},
    ]
    assert stored(read_cloudwatch_sizes(rows)) == {
        ("s3://lake", "STANDARD_IA"): (120, None),
        ("s3://lake", "all"): (0, 3),
        ("s3://lake", "BrandNewStorage"): (1, None),
    }


def test_azure_knows_the_last_access_only_when_it_tracks_it() -> None:
    rows = [
        {
            "Name": "gold/orders/a",
            "Content-Length": "8",
            "AccessTier": "Cool",
            "LastAccessTime": "2026-08-01T00:00:00Z",
        },
        {"Name": "gold/orders/b", "Content-Length": "4", "AccessTier": "Cool", "LastAccessTime": ""},
        {"Name": "gold/orders", "hdi_isfolder": "true"},
    ]
    reading = read_azure_inventory(rows, account="acct", day_on=DAY, region="westeurope")
    assert stored(reading) == {("abfss://gold@acct.dfs.core.windows.net/orders", "Cool"): (12, 2)}
    assert reading.states[0].last_access_at == datetime(2026, 8, 1, tzinfo=UTC)


def test_cloud_storage_inventory_names_its_place() -> None:
    rows = [{"bucket": "lake", "name": "x/a", "location": "US-CENTRAL1", "size": "5", "storageClass": "NEARLINE"}]
    (state,) = read_gcs_inventory(rows, day_on=DAY).states
    assert (state.dataset_uri, state.region, state.storage_class, state.stored_bytes) == (
        "gs://lake/x", "us-central1", "NEARLINE", 5,
    )  # fmt: skip


def test_bigquery_bytes_follow_the_billing_model() -> None:
    row = {
        "project_id": "p", "table_schema": "d", "table_name": "t", "active_logical_bytes": 100,
        "long_term_logical_bytes": 50, "active_physical_bytes": 40, "long_term_physical_bytes": 10,
        "time_travel_physical_bytes": 15, "fail_safe_physical_bytes": 5,
    }  # fmt: skip
    uri = "bigquery:p.d.t"
    assert stored(read_bigquery_storage([row], day_on=DAY, region="us")) == {
        (uri, "active_logical"): (100, None), (uri, "long_term_logical"): (50, None),
    }  # fmt: skip
    assert stored(read_bigquery_storage([row], day_on=DAY, region="us", physical_billing=True)) == {
        (uri, "active_physical"): (25, None), (uri, "long_term_physical"): (10, None),
        (uri, "time_travel"): (15, None), (uri, "fail_safe"): (5, None),
    }  # fmt: skip


def test_snowflake_versions_of_a_table_add_up() -> None:
    row = {"TABLE_CATALOG": "DB", "TABLE_SCHEMA": "S", "TABLE_NAME": "T", "ACTIVE_BYTES": 10, "FAILSAFE_BYTES": 0}
    dropped = {**row, "ACTIVE_BYTES": 0, "FAILSAFE_BYTES": 4}
    reading = read_snowflake_storage([row, dropped], account="Org-A", day_on=DAY)
    uri = "snowflake://org-a/DB.S.T"
    assert stored(reading) == {(uri, "active"): (10, None), (uri, "fail_safe"): (4, None)}
    assert states_table(reading.states, source="snowflake_storage").schema == DATASET_STATE_SCHEMA

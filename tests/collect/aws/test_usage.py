"""States of buckets, commitments, advice and accounts, from moto and the replay server."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.orc as pa_orc
import pyarrow.parquet as pq
import pytest

from collectors.collector import CollectWindow
from collectors.errors import AccessDenied, InvalidManifest, NotFoundAtProvider, ProviderUnavailable, TornDelivery
from collectors.readings import Reading, SignalReading
from collectors.signals.errors import UnreadableSignals
from collectors.signals.records import StateReading
from tests.collect.aws.bucket import BillingBucket
from tests.peers.aws_json import AwsJsonServer
from tests.peers.emulators import MotoPeer

WINDOW = CollectWindow(first_period="2026-01", last_period="2026-03")
REPORTS = "inventory/lake/daily"
LENS = "lens/StorageLens/123456789012/default/V_1"


def usage(bucket: BillingBucket, **settings: Any) -> list[Reading | SignalReading]:
    return list(bucket.open("focus", **settings).readings("usage", WINDOW))


def states(found: Sequence[Reading | SignalReading]) -> set[tuple[date, str, str, int, int | None]]:
    """Day, dataset, class, bytes and objects of every state."""
    return {
        (state.day_on, state.dataset_uri, state.storage_class, state.stored_bytes, state.object_count)
        for each in found
        if isinstance(each, SignalReading) and isinstance(each.reading, StateReading)
        for state in each.reading.states
    }


def rows(found: Reading | SignalReading) -> list[dict[str, Any]]:
    assert isinstance(found, Reading)
    return found.rows.to_pylist()


def test_nothing_is_read_that_the_connection_does_not_name(bucket: BillingBucket, aws_json: AwsJsonServer) -> None:
    assert usage(bucket) == []
    assert aws_json.requests == []


@pytest.mark.covers("aws", "usage")
def test_sizes_of_buckets_are_read_by_class_and_day(bucket: BillingBucket, moto: MotoPeer) -> None:
    cloudwatch = moto.client("cloudwatch", "eu-west-1")
    for day, size in ((1, 100.0), (2, 300.0)):
        cloudwatch.put_metric_data(
            Namespace="AWS/S3",
            MetricData=[
                {
                    "MetricName": name,
                    "Dimensions": [
                        {"Name": "BucketName", "Value": bucket.name},
                        {"Name": "StorageType", "Value": kind},
                    ],
                    "Timestamp": datetime(2026, 3, day, tzinfo=UTC),
                    "Value": value,
                }
                for name, kind, value in (
                    ("BucketSizeBytes", "StandardIAStorage", size),
                    ("BucketSizeBytes", "StandardIASizeOverhead", 5.0),
                    ("BucketSizeBytes", "GlacierS3ObjectOverhead", 7.0),
                    ("NumberOfObjects", "AllStorageTypes", 3.0),
                )
            ],
        )
    found = usage(bucket, metric_regions=("eu-west-1",))
    uri = f"s3://{bucket.name}"
    assert {state for state in states(found) if state[1] == uri} == {
        (date(2026, 3, 1), uri, "STANDARD_IA", 105, None),  # 100 + 5 that small objects are billed more
        (date(2026, 3, 1), uri, "STANDARD", 7, None),  # names of archived objects are kept as standard storage
        (date(2026, 3, 1), uri, "all", 0, 3),
        (date(2026, 3, 2), uri, "STANDARD_IA", 305, None),
        (date(2026, 3, 2), uri, "STANDARD", 7, None),
        (date(2026, 3, 2), uri, "all", 0, 3),
    }
    assert [each.kind for each in found if isinstance(each, SignalReading)] == ["cloudwatch_sizes"]


def test_a_window_that_has_not_begun_has_no_sizes(bucket: BillingBucket) -> None:
    bucket.now = datetime(2026, 1, 1, 5, tzinfo=UTC)
    assert usage(bucket, metric_regions=("eu-west-1",)) == []


OBJECTS = [
    ("lake", "raw/orders/dt%3D2026-01-01/a+b.parquet", 100, "STANDARD"),
    ("lake", "raw/orders/dt%3D2026-01-02/c.parquet", 50, "STANDARD"),
    ("lake", "raw/clicks/c.parquet", 7, "GLACIER"),
]
EXPECTED = {
    (date(2026, 3, 2), "s3://lake/raw/orders", "STANDARD", 150, 2),
    (date(2026, 3, 2), "s3://lake/raw/clicks", "GLACIER", 7, 1),
}
SCHEMA = "Bucket, Key, Size, LastModifiedDate, StorageClass"


def inventory_file(file_format: str) -> tuple[str, bytes]:
    """Name and content of a data file."""
    if file_format == "CSV":
        at = "2026-03-01T00:00:00.000Z"
        lines = [f'"{name}","{key}","{size}","{at}","{kind}"\n' for name, key, size, kind in OBJECTS]
        return "data.csv.gz", gzip.compress("".join(lines).encode())
    columns = list(zip(*OBJECTS, strict=True))
    table = pa.table(
        {
            "bucket": columns[0],
            "key": [key.replace("%3D", "=").replace("+", " ") for key in columns[1]],
            "size": pa.array(columns[2], pa.int64()),
            "storage_class": columns[3],
            "last_modified_date": [datetime(2026, 3, 1, tzinfo=UTC)] * len(OBJECTS),
        }
    )
    out = io.BytesIO()
    if file_format == "ORC":
        pa_orc.write_table(table, out)
        return "data.orc", out.getvalue()
    pq.write_table(table, out)
    return "data.parquet", out.getvalue()


def put_inventory(
    bucket: BillingBucket, file_format: str = "CSV", *, day: str = "2026-03-02", **changes: Any
) -> tuple[str, bytes]:
    """A whole report; key and content of its data file."""
    name, content = inventory_file(file_format)
    key = f"{REPORTS}/data/{day}-{name}"
    bucket.put(key, content)
    created_at = datetime.fromisoformat(f"{day}T01:00:00+00:00")
    manifest = {
        "sourceBucket": "lake",
        "destinationBucket": f"arn:aws:s3:::{bucket.name}",
        "version": "2016-11-30",
        "creationTimestamp": str(int(created_at.timestamp() * 1000)),
        "fileFormat": file_format,
        "fileSchema": SCHEMA,
        "files": [{"key": key, "size": len(content), "MD5checksum": hashlib.md5(content).hexdigest()}],
        **changes,
    }
    body = json.dumps(manifest).encode()
    bucket.put(f"{REPORTS}/{day}T01-00Z/manifest.json", body)
    bucket.put(f"{REPORTS}/{day}T01-00Z/manifest.checksum", hashlib.md5(body).hexdigest().encode())
    return key, content


@pytest.mark.parametrize("file_format", ["CSV", "Parquet", "ORC"])
@pytest.mark.parametrize("folder", [REPORTS, "inventory"])
def test_an_inventory_is_added_up_by_dataset_and_class(bucket: BillingBucket, file_format: str, folder: str) -> None:
    put_inventory(bucket, file_format)
    found = usage(bucket, inventories=(f"s3://{bucket.name}/{folder}",))
    assert states(found) == EXPECTED


def test_the_newest_whole_inventory_of_the_window_is_read(bucket: BillingBucket) -> None:
    put_inventory(bucket, day="2026-03-01")
    put_inventory(bucket, day="2026-03-02")
    put_inventory(bucket, day="2026-03-03")
    bucket.s3.delete_object(Bucket=bucket.name, Key=f"{REPORTS}/2026-03-03T01-00Z/manifest.checksum")
    put_inventory(bucket, day="2026-04-01")
    found = usage(bucket, inventories=(f"s3://{bucket.name}/{REPORTS}/",))
    assert states(found) == EXPECTED
    (first,) = [each.fingerprint for each in found if isinstance(each, SignalReading)]
    put_inventory(bucket, day="2026-03-04")
    (second,) = [
        each.fingerprint
        for each in usage(bucket, inventories=(f"s3://{bucket.name}/{REPORTS}/",))
        if isinstance(each, SignalReading)
    ]
    assert first != second, "the same objects on another day are another report"


@pytest.mark.parametrize("spoiled", ["manifest", "file"])
def test_an_inventory_that_is_not_what_its_checksum_says_is_torn(bucket: BillingBucket, spoiled: str) -> None:
    key, content = put_inventory(bucket)
    bucket.put(f"{REPORTS}/2026-03-02T01-00Z/manifest.json" if spoiled == "manifest" else key, content + b" ")
    with pytest.raises(TornDelivery, match=r"AWS is rewriting s3://.*it is not what"):
        usage(bucket, inventories=(f"s3://{bucket.name}/{REPORTS}",))


def test_an_inventory_that_cannot_be_read_is_named(bucket: BillingBucket) -> None:
    with pytest.raises(NotFoundAtProvider, match="no S3 Inventory report below s3://"):
        usage(bucket, inventories=(f"s3://{bucket.name}/{REPORTS}",))
    put_inventory(bucket, fileFormat="XML")
    with pytest.raises(InvalidManifest, match=r"fileFormat 'XML'.*one of CSV, Parquet, ORC"):
        usage(bucket, inventories=(f"s3://{bucket.name}/{REPORTS}",))
    put_inventory(bucket, files="none")
    with pytest.raises(InvalidManifest, match="expected sourceBucket, fileFormat"):
        usage(bucket, inventories=(f"s3://{bucket.name}/{REPORTS}",))


@pytest.mark.parametrize(
    ("name", "content", "file_format"),
    [
        ("cut.csv.gz", gzip.compress(b"lake,a,1,2026-03-01T00:00:00Z,STANDARD\n" * 999, mtime=0)[:60], "CSV"),
        ("no.parquet", b"no parquet", "Parquet"),
        ("no.orc", b"no orc", "ORC"),
    ],
)
def test_a_broken_data_file_is_named(bucket: BillingBucket, name: str, content: bytes, file_format: str) -> None:
    bucket.put(f"{REPORTS}/data/{name}", content)
    files = [{"key": f"{REPORTS}/data/{name}", "size": 1, "MD5checksum": hashlib.md5(content).hexdigest()}]
    put_inventory(bucket, files=files, fileFormat=file_format)
    with pytest.raises(UnreadableSignals, match=f"{name}: not a "):
        usage(bucket, inventories=(f"s3://{bucket.name}/{REPORTS}",))


LENS_SCHEMA = (
    "version_number,configuration_id,report_date,aws_account_number,aws_region,storage_class,record_type,record_value,"
    "bucket_name,metric_name,metric_value"
)


def lens_rows(day: str) -> list[str]:
    head = f"V_1,default,{day},123456789012"
    return [
        f"{head},eu-west-1,STANDARD,BUCKET,lake,lake,StorageBytes,4096",
        f"{head},eu-west-1,STANDARD,BUCKET,lake,lake,ObjectCount,3",
        f"{head},,,ACCOUNT,123456789012,,StorageBytes,4096",
    ]


def put_lens(bucket: BillingBucket, day: str, *, file_format: str = "CSV", with_header: bool = False) -> None:
    """A day's export."""
    lines = [*([LENS_SCHEMA] if with_header else []), *lens_rows(day)]
    content, name = ("\n".join(lines) + "\n").encode(), "report.csv"
    if file_format == "Parquet":
        cells = [line.split(",") for line in lens_rows(day)]
        columns = {column: [row[n] for row in cells] for n, column in enumerate(LENS_SCHEMA.split(","))}
        out = io.BytesIO()
        pq.write_table(pa.table(columns), out)
        content, name = out.getvalue(), "report.parquet"
    key = f"{LENS}/reports/dt={day}/{name}"
    bucket.put(key, content)
    manifest = {
        "sourceAccountId": "123456789012", "configId": "default", "destinationBucket": f"arn:aws:s3:::{bucket.name}",
        "reportVersion": "V_1", "reportDate": day, "reportFormat": file_format, "reportSchema": LENS_SCHEMA,
        "reportFiles": [{"key": key, "size": len(content), "md5Checksum": hashlib.md5(content).hexdigest()}],
    }  # fmt: skip
    bucket.put(f"{LENS}/manifests/dt={day}/manifest.json", json.dumps(manifest).encode())


@pytest.mark.parametrize(("file_format", "with_header"), [("CSV", False), ("CSV", True), ("Parquet", False)])
def test_the_newest_day_of_storage_lens_is_read(bucket: BillingBucket, file_format: str, with_header: bool) -> None:
    for day in ("2026-03-01", "2026-03-02", "2026-04-01"):
        put_lens(bucket, day, file_format=file_format, with_header=with_header)
    found = usage(bucket, storage_lens=(f"s3://{bucket.name}/lens",))
    assert states(found) == {(date(2026, 3, 2), "s3://lake", "STANDARD", 4096, 3)}


def test_a_storage_lens_folder_without_exports_is_named(bucket: BillingBucket) -> None:
    with pytest.raises(NotFoundAtProvider, match="no Storage Lens export below"):
        usage(bucket, storage_lens=(f"s3://{bucket.name}/lens",))


PLAN = {
    "savingsPlanId": "p", "savingsPlanArn": "arn:aws:savingsplans::123456789012:savingsplan/p", "state": "active",
    "start": "2026-01-01T00:00:00.000Z", "end": "2027-01-01T00:00:00.000Z", "savingsPlanType": "Compute",
    "currency": "USD", "commitment": "1.50000000", "upfrontPaymentAmount": "0.0",
}  # fmt: skip
RESERVED = {
    "ReservedInstancesId": "r-1", "InstanceType": "m5.large", "InstanceCount": 3, "State": "active",
    "Start": datetime(2026, 1, 1, tzinfo=UTC), "End": datetime(2027, 1, 1, tzinfo=UTC), "CurrencyCode": "USD",
    "FixedPrice": 100.0, "UsagePrice": 0.0, "RecurringCharges": [{"Amount": 0.031, "Frequency": "Hourly"}],
}  # fmt: skip


def test_savings_plans_and_reserved_instances_are_commitments(bucket: BillingBucket, aws_json: AwsJsonServer) -> None:
    pages = {"": {"savingsPlans": [PLAN], "nextToken": "2"}, "2": {"savingsPlans": [{**PLAN, "savingsPlanArn": "b"}]}}
    aws_json.on("savingsplans", "DescribeSavingsPlans")(lambda request: pages[request.get("nextToken", "")])
    aws_json.on("ec2", "DescribeReservedInstances")(lambda request: {"ReservedInstances": [RESERVED]})
    (found,) = usage(bucket, estate=("commitments",), metric_regions=())
    plan, second, reserved = rows(found)
    assert plan == {
        "provider": "aws", "commitment_id": PLAN["savingsPlanArn"], "kind": "savings_plan", "service": "Compute",
        "region": None, "state": "active", "starts_at": datetime(2026, 1, 1, tzinfo=UTC),
        "ends_at": datetime(2027, 1, 1, tzinfo=UTC), "currency": "USD", "hourly_commitment": Decimal("1.5"),
        "upfront_payment": Decimal(0), "quantity": None, "instance_type": None,
    }  # fmt: skip
    assert second["commitment_id"] == "b"
    assert reserved["commitment_id"] == "arn:aws:ec2:us-east-1:123456789012:reserved-instances/r-1"
    assert reserved["hourly_commitment"] == Decimal("0.093")  # 3 x 0.031 an hour
    assert (reserved["upfront_payment"], reserved["quantity"]) == (Decimal(300), Decimal(3))


def test_the_advice_of_aws_is_kept_as_it_says(bucket: BillingBucket, aws_json: AwsJsonServer) -> None:
    item = {
        "recommendationId": "a-1", "accountId": "123456789012", "region": "eu-west-1", "resourceId": "i-1",
        "resourceArn": "arn:aws:ec2:eu-west-1:123456789012:instance/i-1", "estimatedMonthlySavings": 12.3,
        "currencyCode": "USD", "actionType": "Rightsize", "currentResourceSummary": "m5.4xlarge",
        "recommendedResourceSummary": "m5.xlarge", "lastRefreshTimestamp": datetime(2026, 3, 19, tzinfo=UTC),
    }  # fmt: skip
    aws_json.on("cost-optimization-hub", "ListRecommendations")(lambda request: {"items": [item]})
    (found,) = usage(bucket, estate=("advice",))
    assert rows(found) == [
        {
            "provider": "aws", "advice_id": "a-1", "account_id": "123456789012", "region": "eu-west-1",
            "resource_id": "arn:aws:ec2:eu-west-1:123456789012:instance/i-1", "action": "Rightsize",
            "description": "m5.4xlarge -> m5.xlarge", "currency": "USD", "estimated_monthly_saving": Decimal("12.3"),
            "refreshed_at": datetime(2026, 3, 19, tzinfo=UTC),
        }
    ]  # fmt: skip


def test_accounts_of_the_organisation_are_listed(bucket: BillingBucket, moto: MotoPeer) -> None:
    client = moto.client("organizations")
    client.create_organization(FeatureSet="ALL")
    try:
        (found,) = usage(bucket, estate=("accounts",))
    finally:
        client.delete_organization()
    assert {(row["account_id"], row["name"], row["state"]) for row in rows(found)} == {
        ("123456789012", "master", "ACTIVE")
    }


def test_what_may_not_be_read_does_not_keep_the_rest_from_being_read(
    bucket: BillingBucket, aws_json: AwsJsonServer
) -> None:
    put_inventory(bucket)
    aws_json.on("cost-optimization-hub", "ListRecommendations")(lambda request: {"items": []})
    aws_json.fail_next("AccessDeniedException", 403, times=9, on="savingsplans")
    aws_json.fail_next("AccessDeniedException", 403, times=9, on="DescribeSavingsPlans")
    collector = bucket.open(estate=("commitments", "advice"), inventories=(f"s3://{bucket.name}/{REPORTS}",))
    found: list[Reading | SignalReading] = []
    with pytest.raises(AccessDenied, match="grant savingsplans:DescribeSavingsPlans"):
        found.extend(_until_error(collector.readings("usage", WINDOW), found))
    assert [each.kind if isinstance(each, SignalReading) else each.table for each in found] == [
        "s3_inventory",
        "vendor_advice",
    ]


def _until_error(readings: Any, found: list[Reading | SignalReading]) -> list[Reading | SignalReading]:
    for each in readings:
        found.append(each)  # noqa: PERF402 - what came before an error is wanted
    return []


def test_pages_without_an_end_are_given_up(bucket: BillingBucket, aws_json: AwsJsonServer) -> None:
    aws_json.on("savingsplans", "DescribeSavingsPlans")(lambda request: {"savingsPlans": [], "nextToken": "again"})
    with pytest.raises(ProviderUnavailable, match="in pages that have no end"):
        usage(bucket, estate=("commitments",))
    assert aws_json.calls("savingsplans", "DescribeSavingsPlans") == 2

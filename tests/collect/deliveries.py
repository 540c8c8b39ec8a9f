"""Deliveries of AWS Data Exports as they lie in a bucket."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from collectors.connections import AwsFocusExport
from tests.focus.bills import Cells, row, write_bill

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client


def month_row(period: str, cost: str) -> dict[str, str | None]:
    """A row of a billing period."""
    year, month = int(period[:4]), int(period[5:])
    following = f"{year + month // 12:04d}-{month % 12 + 1:02d}"
    return row(
        BilledCost=cost,
        BillingPeriodStart=f"{period}-01T00:00:00Z",
        BillingPeriodEnd=f"{following}-01T00:00:00Z",
        ChargePeriodStart=f"{period}-02T00:00:00Z",
        ChargePeriodEnd=f"{period}-02T01:00:00Z",
    )


def put_data(
    client: S3Client,
    connection: AwsFocusExport,
    period: str,
    files: Sequence[Sequence[Cells]],
    *,
    execution: str,
    suffix: str = ".snappy.parquet",
    create_new: bool = False,
) -> list[str]:
    """Put data files and return their URIs; an overwriting export writes the same keys at every run."""
    folder = f"{connection.base_key}data/billing_period={period}/"
    if create_new:
        folder += f"2025-03-01T01:00:00.000Z-{execution}/"
    uris = []
    for number, rows in enumerate(files):
        key = f"{folder}{connection.export}-{number + 1:05d}{suffix}"
        with tempfile.TemporaryDirectory() as name:
            path = write_bill(Path(name) / f"bill{suffix}", rows, version="1.2")
            client.put_object(Bucket=connection.bucket, Key=key, Body=path.read_bytes())
        uris.append(f"s3://{connection.bucket}/{key}")
    return uris


def put_manifest(
    client: S3Client,
    connection: AwsFocusExport,
    period: str,
    uris: Sequence[str],
    *,
    execution: str,
    partition: str = "billing_period",
    create_new: bool = False,
) -> None:
    """Put the manifest, as AWS does, after the data; an export that keeps runs writes a copy deeper."""
    body = json.dumps(
        {
            "executionId": execution,
            "exportArn": "arn:aws:bcm-data-exports:us-east-1:111122223333:export/focus-daily",
            "columns": [{"name": "BilledCost", "type": "double"}],
            "dataFiles": list(uris),
            "additionalOutputFiles": [],
        }
    ).encode()
    folder = f"{connection.base_key}metadata/{partition}={period}/"
    name = f"{connection.export}-Manifest.json"
    client.put_object(Bucket=connection.bucket, Key=folder + name, Body=body)
    if create_new:
        deeper = f"{folder}2025-03-01T01:00:00.000Z-{execution}/{name}"
        client.put_object(Bucket=connection.bucket, Key=deeper, Body=body)


def deliver(
    client: S3Client,
    connection: AwsFocusExport,
    period: str,
    costs: Sequence[str],
    *,
    execution: str,
    suffix: str = ".snappy.parquet",
    partition: str = "billing_period",
    create_new: bool = False,
) -> None:
    """A whole delivery of two data files."""
    rows = [month_row(period, cost) for cost in costs]
    uris = put_data(
        client,
        connection,
        period,
        [rows[::2], rows[1::2]],
        execution=execution,
        suffix=suffix,
        create_new=create_new,
    )
    put_manifest(client, connection, period, uris, execution=execution, partition=partition, create_new=create_new)

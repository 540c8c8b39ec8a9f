"""S3 Storage Lens exports: daily bytes and objects of every bucket, one metric a row.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage_lens_view_metrics_export_schema.html.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from collectors.signals.cells import (
    NotCounted,
    Row,
    count_of,
    day_of,
    lowered,
    mapping_of,
    needed_text,
    read_states,
    text_of,
)
from collectors.signals.errors import InvalidRecord
from collectors.signals.records import DatasetState, StateReading
from collectors.signals.uris import object_store_uri


def read_storage_lens(rows: Iterable[object]) -> StateReading:
    """One state for every bucket, day and storage class, from the metrics ``StorageBytes`` and ``ObjectCount``.

    Rows of accounts, prefixes and groups repeat what the rows of buckets say and count nothing.
    """
    return read_states(rows, lambda row: _states(lowered(mapping_of(row))))


def _states(row: Row) -> Iterator[DatasetState]:
    if text_of(row.get("record_type")).upper() != "BUCKET":
        raise NotCounted("row of an account, prefix or group")
    metric = text_of(row.get("metric_name"))
    if metric not in ("StorageBytes", "ObjectCount"):
        raise NotCounted("another metric")
    amount = count_of(row.get("metric_value"), "metric_value")
    if amount is None:
        raise InvalidRecord("no metric_value")
    is_bytes = metric == "StorageBytes"
    yield DatasetState(
        day_on=day_of(row.get("report_date"), "report_date"),
        dataset_uri=str(object_store_uri("s3", needed_text(row.get("bucket_name"), "bucket_name"), "")),
        provider="aws",
        region=text_of(row.get("aws_region")) or None,
        storage_class=needed_text(row.get("storage_class"), "storage_class"),
        stored_bytes=amount if is_bytes else 0,
        object_count=None if is_bytes else amount,
    )

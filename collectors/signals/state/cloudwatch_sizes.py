"""Daily bucket metrics of CloudWatch (``AWS/S3``): bytes by storage type, objects of the bucket as a whole.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/metrics-dimensions.html.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

from collectors.signals.cells import (
    NotCounted,
    Row,
    count_of,
    mapping_of,
    moment_of,
    needed_text,
    read_states,
    text_of,
)
from collectors.signals.errors import InvalidRecord
from collectors.signals.records import DatasetState, StateReading
from collectors.signals.uris import object_store_uri

CLASSES: Final = {
    "StandardStorage": "STANDARD",
    "StandardIAStorage": "STANDARD_IA",
    "StandardIASizeOverhead": "STANDARD_IA",
    "OneZoneIAStorage": "ONEZONE_IA",
    "OneZoneIASizeOverhead": "ONEZONE_IA",
    "ReducedRedundancyStorage": "REDUCED_REDUNDANCY",
    "IntelligentTieringFAStorage": "INTELLIGENT_TIERING:FREQUENT",
    "IntelligentTieringIAStorage": "INTELLIGENT_TIERING:INFREQUENT",
    "IntelligentTieringAIAStorage": "INTELLIGENT_TIERING:ARCHIVE_INSTANT_ACCESS",
    "IntelligentTieringAAStorage": "INTELLIGENT_TIERING:ARCHIVE",
    "IntelligentTieringDAAStorage": "INTELLIGENT_TIERING:DEEP_ARCHIVE",
    "GlacierInstantRetrievalStorage": "GLACIER_IR",
    "GlacierIRSizeOverhead": "GLACIER_IR",
    "GlacierStorage": "GLACIER",
    "GlacierObjectOverhead": "GLACIER",
    "GlacierS3ObjectOverhead": "STANDARD",
    "GlacierStagingStorage": "STANDARD",
    "DeepArchiveStorage": "DEEP_ARCHIVE",
    "DeepArchiveObjectOverhead": "DEEP_ARCHIVE",
    "DeepArchiveS3ObjectOverhead": "STANDARD",
    "DeepArchiveStagingStorage": "STANDARD",
    "ExpressOneZone": "EXPRESS_ONEZONE",
    "AllStorageTypes": "all",
}
"""Storage type of CloudWatch -> storage class that it is billed as; an unknown type keeps its own name."""


def read_cloudwatch_sizes(rows: Iterable[object]) -> StateReading:
    """One state for every bucket, day and storage class.

    A row is one data point: ``bucket``, ``storage_type``, ``metric`` (``BucketSizeBytes`` or ``NumberOfObjects``),
    ``at``, ``value`` and ``region``. Objects are told for the bucket as a whole, under the class ``all`` with no bytes.
    """
    return read_states(rows, lambda row: _states(mapping_of(row)))


def _states(row: Row) -> Iterator[DatasetState]:
    metric = text_of(row.get("metric"))
    if metric not in ("BucketSizeBytes", "NumberOfObjects"):
        raise NotCounted("another metric")
    amount = count_of(row.get("value"), "value")
    if amount is None:
        raise InvalidRecord("no value")
    at: datetime = moment_of(row.get("at"), "at")
    storage_type = needed_text(row.get("storage_type"), "storage_type")
    is_bytes = metric == "BucketSizeBytes"
    yield DatasetState(
        day_on=at.date(),
        dataset_uri=str(object_store_uri("s3", needed_text(row.get("bucket"), "bucket"), "")),
        provider="aws",
        region=text_of(row.get("region")) or None,
        storage_class=CLASSES.get(storage_type, storage_type),
        stored_bytes=amount if is_bytes else 0,
        object_count=None if is_bytes else amount,
    )

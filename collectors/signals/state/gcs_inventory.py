"""Storage Insights inventory of Cloud Storage: every object of a bucket on a day, added up by dataset and class.

Source: https://cloud.google.com/storage/docs/insights/inventory-reports.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from collectors.signals.cells import (
    NotCounted,
    Row,
    count_of,
    lowered,
    mapping_of,
    needed_text,
    optional_moment,
    read_states,
    text_of,
)
from collectors.signals.errors import InvalidRecord
from collectors.signals.records import DatasetState, StateReading
from collectors.signals.uris import DEFAULT_PREFIX_DEPTH, object_store_uri


def read_gcs_inventory(
    rows: Iterable[object], *, day_on: date, prefix_depth: int = DEFAULT_PREFIX_DEPTH
) -> StateReading:
    """One state for every dataset and storage class; noncurrent versions are billed and count.

    The region is the row's ``location`` in lower case.
    """
    return read_states(rows, lambda row: _states(lowered(mapping_of(row)), day_on, prefix_depth))


def _states(row: Row, day_on: date, prefix_depth: int) -> Iterator[DatasetState]:
    name = needed_text(row.get("name"), "name")
    if name.endswith("/"):
        raise NotCounted("folder")
    size = count_of(row.get("size"), "size")
    if size is None:
        raise InvalidRecord("no size; add it to the metadata fields of the report")
    bucket = needed_text(row.get("bucket"), "bucket")
    yield DatasetState(
        day_on=day_on,
        dataset_uri=str(object_store_uri("gs", bucket, name, prefix_depth=prefix_depth)),
        provider="gcp",
        region=text_of(row.get("location")).lower() or None,
        storage_class=text_of(row.get("storageclass")) or "STANDARD",
        stored_bytes=size,
        object_count=1,
        last_modified_at=optional_moment(row.get("updated"), "updated"),
    )

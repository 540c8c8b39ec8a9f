"""S3 Inventory: every object of a bucket on a day, added up by dataset and storage class.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-inventory.html.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Final
from urllib.parse import unquote_plus

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

_TRUE: Final = ("true", "True", True)


def s3_inventory_rows(lines: Iterable[str], schema: str) -> Iterator[object]:
    """Rows of a CSV data file, which has no header: ``schema`` is ``fileSchema`` of the manifest.

    A line with another number of cells comes as the list of its cells, which the reader keeps as a reject.
    """
    names = [name.strip() for name in schema.split(",")]
    for cells in csv.reader(lines):
        yield dict(zip(names, cells, strict=True)) if len(cells) == len(names) else ",".join(cells)


def read_s3_inventory(
    rows: Iterable[object],
    *,
    day_on: date,
    region: str | None = None,
    keys_are_encoded: bool = True,
    prefix_depth: int = DEFAULT_PREFIX_DEPTH,
) -> StateReading:
    """One state for every dataset (bucket and folders) and storage class, all versions counted, as they are billed.

    Column names are those of CSV (``LastModifiedDate``) or Parquet (``last_modified_date``). Keys of CSV files are
    URL-encoded, keys of Parquet files are not. The class of an object in Intelligent-Tiering is told with its tier.
    """

    def convert(row: object) -> Iterator[DatasetState]:
        return _states(_named(mapping_of(row)), day_on, region, keys_are_encoded, prefix_depth)

    return read_states(rows, convert)


def _named(row: Row) -> dict[str, object]:
    return {name.replace("_", ""): value for name, value in lowered(row).items()}


def _states(
    row: Row, day_on: date, region: str | None, keys_are_encoded: bool, prefix_depth: int
) -> Iterator[DatasetState]:
    if row.get("isdeletemarker") in _TRUE:
        raise NotCounted("delete marker")
    bucket, key = needed_text(row.get("bucket"), "Bucket"), needed_text(row.get("key"), "Key")
    size = count_of(row.get("size"), "Size")
    if size is None:
        raise InvalidRecord("no Size; add it to the optional fields of the inventory")
    storage_class = text_of(row.get("storageclass")) or "STANDARD"
    tier = text_of(row.get("intelligenttieringaccesstier"))
    plain_key = text_of(unquote_plus(key)) if keys_are_encoded else key
    yield DatasetState(
        day_on=day_on,
        dataset_uri=str(object_store_uri("s3", bucket, plain_key, prefix_depth=prefix_depth)),
        provider="aws",
        region=region,
        storage_class=f"{storage_class}:{tier}" if tier else storage_class,
        stored_bytes=size,
        object_count=1,
        last_modified_at=optional_moment(row.get("lastmodifieddate"), "LastModifiedDate"),
    )

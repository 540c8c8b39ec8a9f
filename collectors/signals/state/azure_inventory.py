"""Azure blob inventory: every blob of an account on a day, added up by dataset and access tier.

Source: https://learn.microsoft.com/en-us/azure/storage/blobs/blob-inventory.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Final

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
from collectors.signals.uris import DEFAULT_PREFIX_DEPTH, azure_blob_uri

_TRUE: Final = ("true", "True", True)


def read_azure_inventory(
    rows: Iterable[object],
    *,
    account: str,
    day_on: date,
    region: str | None = None,
    prefix_depth: int = DEFAULT_PREFIX_DEPTH,
) -> StateReading:
    """One state for every dataset and tier. ``Name`` starts with the container.

    ``LastAccessTime`` is there only while last-access tracking is on. Snapshots, versions and soft-deleted blobs are
    billed and count; folders do not.
    """
    return read_states(rows, lambda row: _states(lowered(mapping_of(row)), account, day_on, region, prefix_depth))


def _states(row: Row, account: str, day_on: date, region: str | None, prefix_depth: int) -> Iterator[DatasetState]:
    if row.get("hdi_isfolder") in _TRUE:
        raise NotCounted("folder")
    container, slash, key = needed_text(row.get("name"), "Name").lstrip("/").partition("/")
    size = count_of(row.get("content-length"), "Content-Length")
    if not slash or size is None:
        raise InvalidRecord("no container in Name, or no Content-Length; add it to the schema fields of the rule")
    yield DatasetState(
        day_on=day_on,
        dataset_uri=str(azure_blob_uri(account, container, key, prefix_depth=prefix_depth)),
        provider="azure",
        region=region,
        storage_class=text_of(row.get("accesstier")) or "Hot",
        stored_bytes=size,
        object_count=1,
        last_modified_at=optional_moment(row.get("last-modified"), "Last-Modified"),
        last_access_at=optional_moment(row.get("lastaccesstime"), "LastAccessTime"),
    )

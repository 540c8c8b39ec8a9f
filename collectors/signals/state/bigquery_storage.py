"""Rows of BigQuery's ``INFORMATION_SCHEMA.TABLE_STORAGE``.

Source: https://cloud.google.com/bigquery/docs/information-schema-table-storage.
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
)
from collectors.signals.records import DatasetState, StateReading
from collectors.signals.uris import bigquery_uri


def read_bigquery_storage(
    rows: Iterable[object], *, day_on: date, region: str, physical_billing: bool = False
) -> StateReading:
    """One state for every table and class of bytes that is billed.

    With logical billing the classes are ``active_logical`` and ``long_term_logical``; with physical billing
    ``active_physical`` (without time travel), ``long_term_physical``, ``time_travel`` and ``fail_safe``.
    """
    return read_states(rows, lambda row: _states(lowered(mapping_of(row)), day_on, region, physical_billing))


def _states(row: Row, day_on: date, region: str, physical_billing: bool) -> Iterator[DatasetState]:
    if row.get("deleted") is True and not physical_billing:
        raise NotCounted("deleted table, which logical billing does not charge")
    names = ("project_id", "table_schema", "table_name")
    uri = str(bigquery_uri(".".join(needed_text(row.get(name), name) for name in names)))
    for storage_class, stored_bytes in _classes(row, physical_billing):
        if stored_bytes:
            yield DatasetState(
                day_on=day_on,
                dataset_uri=uri,
                provider="gcp",
                region=region,
                storage_class=storage_class,
                stored_bytes=stored_bytes,
                last_modified_at=optional_moment(row.get("storage_last_modified_time"), "storage_last_modified_time"),
            )


def _classes(row: Row, physical_billing: bool) -> tuple[tuple[str, int], ...]:
    def stored_bytes(name: str) -> int:
        return count_of(row.get(name), name) or 0

    if not physical_billing:
        return (
            ("active_logical", stored_bytes("active_logical_bytes")),
            ("long_term_logical", stored_bytes("long_term_logical_bytes")),
        )
    time_travel = stored_bytes("time_travel_physical_bytes")
    return (
        ("active_physical", max(stored_bytes("active_physical_bytes") - time_travel, 0)),
        ("long_term_physical", stored_bytes("long_term_physical_bytes")),
        ("time_travel", time_travel),
        ("fail_safe", stored_bytes("fail_safe_physical_bytes")),
    )

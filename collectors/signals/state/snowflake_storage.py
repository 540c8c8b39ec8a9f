"""Rows of Snowflake's ``ACCOUNT_USAGE.TABLE_STORAGE_METRICS``.

Source: https://docs.snowflake.com/en/sql-reference/account-usage/table_storage_metrics.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Final

from collectors.signals.cells import Row, count_of, lowered, mapping_of, needed_text, read_states
from collectors.signals.records import DatasetState, StateReading
from collectors.signals.uris import DatasetUri

_CLASSES: Final = (
    ("active", "active_bytes"),
    ("time_travel", "time_travel_bytes"),
    ("fail_safe", "failsafe_bytes"),
    ("retained_for_clone", "retained_for_clone_bytes"),
)


def read_snowflake_storage(
    rows: Iterable[object], *, account: str, day_on: date, region: str | None = None
) -> StateReading:
    """One state for every table and kind of bytes; dropped versions of a table are added to it.

    The view counts the bytes that clones share once, at the table that owns them, so states can be added up.
    """
    return read_states(rows, lambda row: _states(lowered(mapping_of(row)), account.lower(), day_on, region))


def _states(row: Row, account: str, day_on: date, region: str | None) -> Iterator[DatasetState]:
    names = ("table_catalog", "table_schema", "table_name")
    path = tuple(needed_text(row.get(name), name.upper()) for name in names)
    uri = str(DatasetUri(scheme="snowflake", authority=(account,), path=path))
    for storage_class, column in _CLASSES:
        stored_bytes = count_of(row.get(column), column.upper())
        if stored_bytes:
            yield DatasetState(
                day_on=day_on,
                dataset_uri=uri,
                provider="snowflake",
                region=region,
                storage_class=storage_class,
                stored_bytes=stored_bytes,
            )

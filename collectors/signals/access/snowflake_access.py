"""Rows of Snowflake's ``ACCOUNT_USAGE.ACCESS_HISTORY``: which tables a query read and which it changed.

Source: https://docs.snowflake.com/en/sql-reference/account-usage/access_history.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from collectors.signals.cells import (
    Row,
    count_of,
    list_of,
    lowered,
    mapping_of,
    member,
    moment_of,
    needed_text,
    read_access,
    shares,
    text_of,
)
from collectors.signals.records import AccessEvent, AccessReading
from collectors.signals.uris import parse_uri, snowflake_uri

_EXTERNAL: tuple[str, ...] = ("s3://", "gcs://", "gs://", "azure://", "abfss://", "https://")


def read_snowflake_access(rows: Iterable[object], *, account: str, region: str | None = None) -> AccessReading:
    """One read for every base object of a query, one write for every object that it modified.

    ``account`` is ``organisation-account``. Rows are those of ACCESS_HISTORY, best joined with QUERY_HISTORY for
    ``WAREHOUSE_NAME`` (the job becomes ``account/warehouse/NAME``), ``BYTES_SCANNED`` and ``BYTES_WRITTEN``; bytes of
    several objects are shared equally, without those columns they are unknown. Column names in any case; arrays as
    lists or JSON text. Objects that the view cut off or cannot name (an id of -1) are left out.
    """
    return read_access(rows, lambda row: _events(lowered(mapping_of(row)), account, region))


def _events(row: Row, account: str, region: str | None) -> Iterator[AccessEvent]:
    query_id = needed_text(row.get("query_id"), "QUERY_ID")
    at = moment_of(row.get("query_start_time"), "QUERY_START_TIME")
    warehouse = text_of(row.get("warehouse_name"))
    for op, column, bytes_column in (
        ("read", "base_objects_accessed", "bytes_scanned"),
        ("write", "objects_modified", "bytes_written"),
    ):
        objects = list_of(row.get(column), column.upper())
        uris = sorted({uri for each in objects if (uri := _uri(each, account)) is not None})
        moved = count_of(row.get(bytes_column), bytes_column.upper())
        for uri, part in zip(uris, shares(moved, len(uris)), strict=True):
            yield AccessEvent(
                event_key=f"{query_id}|{op}|{uri}",
                at=at,
                dataset_uri=uri,
                op=op,
                principal=text_of(row.get("user_name")),
                job=f"{account.lower()}/warehouse/{warehouse}" if warehouse else "",
                reader_region=region,
                moved_bytes=part,
            )


def _uri(accessed: object, account: str) -> str | None:
    """The dataset of an entry; a stage that lies in the customer's own bucket is that bucket. None when it has none."""
    location = text_of(member(accessed, "location"))
    if location.startswith(_EXTERNAL):
        return str(parse_uri(location.replace("azure://", "https://", 1)))
    name = text_of(member(accessed, "objectName"))
    if not name or text_of(member(accessed, "objectId")) == "-1":
        return None
    return str(snowflake_uri(account, name))

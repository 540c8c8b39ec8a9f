"""Rows of BigQuery's ``INFORMATION_SCHEMA.JOBS``: which tables a query read and which it wrote.

Source: https://cloud.google.com/bigquery/docs/information-schema-jobs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from collectors.signals.cells import (
    NotCounted,
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
from collectors.signals.uris import bigquery_uri


def read_bigquery_jobs(rows: Iterable[object], *, region: str | None = None) -> AccessReading:
    """One read for every table that a finished job names, one write for its destination.

    ``region`` is where the jobs ran. A job says how many bytes it processed (billed, when it says nothing else) over
    all its tables together: several tables get equal parts, so that the job's total stays true. How much a job wrote
    it does not say. Failed jobs, scripts (their statements are jobs of their own) and temporary results count nothing.
    """
    return read_access(rows, lambda row: _events(lowered(mapping_of(row)), region))


def _events(row: Row, region: str | None) -> Iterator[AccessEvent]:
    if row.get("error_result"):
        raise NotCounted("failed job")
    if text_of(row.get("statement_type")).upper() == "SCRIPT":
        raise NotCounted("script, whose statements are jobs of their own")
    job_id = needed_text(row.get("job_id"), "job_id")
    project = needed_text(row.get("project_id"), "project_id")
    key = f"{project}:{job_id}"
    at = moment_of(row.get("creation_time"), "creation_time")
    principal = text_of(row.get("user_email"))
    moved = count_of(row.get("total_bytes_processed"), "total_bytes_processed")
    if moved is None:
        moved = count_of(row.get("total_bytes_billed"), "total_bytes_billed")
    if row.get("cache_hit") is True:
        moved = 0
    tables = sorted({_table(table) for table in list_of(row.get("referenced_tables"), "referenced_tables")})
    for uri, part in zip(tables, shares(moved, len(tables)), strict=True):
        yield AccessEvent(
            event_key=f"{key}|read|{uri}", at=at, dataset_uri=uri, op="read", principal=principal,
            job=f"bigquery:{project}", reader_region=region, moved_bytes=part,
        )  # fmt: skip
    target = row.get("destination_table")
    if target and not text_of(member(target, "dataset_id")).startswith("_"):
        uri = _table(target)
        yield AccessEvent(
            event_key=f"{key}|write|{uri}", at=at, dataset_uri=uri, op="write", principal=principal,
            job=f"bigquery:{project}", reader_region=region,
        )  # fmt: skip


def _table(table: object) -> str:
    parts = (member(table, "project_id"), member(table, "dataset_id"), member(table, "table_id"))
    return str(bigquery_uri(".".join(needed_text(part, "project, dataset and table of a table") for part in parts)))

"""Who reads which table: the jobs of BigQuery.

Source: https://cloud.google.com/bigquery/docs/information-schema-jobs, which keeps 180 days.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, time, timedelta
from itertools import groupby
from typing import Any, Final

from collectors.collector import CollectWindow
from collectors.connections.gcp import GcpBilling
from collectors.gcp.client import GcpClients, gcp_faults
from collectors.gcp.relations import read_clock, relation_sql, run_query
from collectors.months import month_bounds
from collectors.readings import SignalReading
from collectors.signals.access.bigquery_jobs import read_bigquery_jobs
from collectors.signals.coverage import Coverage, Window
from collectors.signals.uris import parse_uri

JOBS_PERMISSION: Final = "bigquery.jobs.listAll"
_KEPT: Final = timedelta(days=180)
_COLUMNS: Final = (
    "project_id",
    "job_id",
    "user_email",
    "creation_time",
    "statement_type",
    "total_bytes_processed",
    "total_bytes_billed",
    "cache_hit",
    "error_result",
    "referenced_tables",
    "destination_table",
)


def read_access(clients: GcpClients, connection: GcpBilling, window: CollectWindow) -> Iterator[SignalReading]:
    """The events of one UTC day of the window after the other; none without ``jobs_relation``.

    ``JOBS`` shows the jobs of one project only. That nobody read a table is claimed for a relation that sees every
    project: ``JOBS_BY_ORGANIZATION``, or a table that somebody collects jobs in.

    Raises:
        QueryRefused, NotFoundAtProvider, AccessDenied, ProviderUnavailable, CredentialsMissing: see ``run_query``.
    """
    if connection.jobs_relation is None:
        return
    now = read_clock(clients)
    starts_at = max(month_bounds(window.first_period)[0], now - _KEPT)
    ends_at = min(month_bounds(window.last_period)[1], now)
    if starts_at >= ends_at:
        return
    rows = run_query(
        clients,
        f"SELECT {', '.join(_COLUMNS)} FROM {relation_sql(connection.jobs_relation)} "
        "WHERE creation_time >= @starts_at AND creation_time < @ends_at AND job_type = 'QUERY' AND state = 'DONE' "
        "ORDER BY creation_time",
        reads=connection.jobs_relation,
        parameters={"starts_at": starts_at, "ends_at": ends_at},
    )
    region = str(rows.location).lower() if rows.location else None
    sees_all = sees_every_project(connection.jobs_relation)
    jobs = (dict(row.items()) for row in _rows(rows, connection.jobs_relation))
    next_at = starts_at
    for day, of_day in groupby(jobs, key=lambda job: job["creation_time"].astimezone(UTC).date()):
        # Days without a job before this one were watched as well.
        until_at = min(ends_at, datetime.combine(day + timedelta(days=1), time(), UTC))
        yield _reading(connection, of_day, region, Window(from_at=next_at, to_at=until_at) if sees_all else None)
        next_at = until_at
    if sees_all and next_at < ends_at:
        yield _reading(connection, (), region, Window(from_at=next_at, to_at=ends_at))


def _rows(rows: Any, relation: str) -> Iterator[Any]:
    with gcp_faults(f"table {relation}", permission=JOBS_PERMISSION):
        yield from rows


def _reading(
    connection: GcpBilling, jobs: Iterable[Mapping[str, Any]], region: str | None, watched: Window | None
) -> SignalReading:
    found = read_bigquery_jobs(jobs, region=region)
    facts = repr(
        (connection.jobs_relation, watched, sorted((event.event_key, event.moved_bytes) for event in found.events))
    )
    scopes = {parse_uri(event.dataset_uri).scope for event in found.events} | {f"bigquery:{connection.project}"}
    coverage = [Coverage(source="bigquery_jobs", scope=scope, window=watched) for scope in sorted(scopes) if watched]
    return SignalReading(
        kind="bigquery_jobs",
        reading=found,
        fingerprint=hashlib.sha256(facts.encode()).hexdigest(),
        coverage=tuple(coverage),
    )


def sees_every_project(relation: str) -> bool:
    """Whether a relation shows the jobs of all projects, so that a table without a job was not read.

    >>> sees_every_project("p.region-us.INFORMATION_SCHEMA.JOBS"), sees_every_project("p.monitoring.all_jobs")
    (False, True)
    """
    return "INFORMATION_SCHEMA" not in relation or relation.endswith("JOBS_BY_ORGANIZATION")

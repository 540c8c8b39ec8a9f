"""Rows of Databricks' ``system.access.table_lineage``: which tables and paths a job, notebook or query touched.

Source: https://docs.databricks.com/aws/en/admin/system-tables/lineage.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator

from collectors.signals.cells import (
    NotCounted,
    Row,
    lowered,
    mapping_of,
    moment_of,
    read_access,
    text_of,
)
from collectors.signals.errors import InvalidRecord
from collectors.signals.records import AccessEvent, AccessReading
from collectors.signals.uris import databricks_uri, parse_uri


def read_databricks_lineage(rows: Iterable[object], *, region: str | None = None) -> AccessReading:
    """One read for the source of a row, one write for its target; how much moved the view does not say.

    The dataset is the table, or the path where there is no table; a row with both makes them symlinks. The job becomes
    ``databricks:<workspace>/<entity type>/<entity id>``, for instance ``databricks:42/job/7``.
    """
    kept = list(rows)
    reading = read_access(kept, lambda row: _events(lowered(mapping_of(row)), region))
    symlinks = {pair for row in kept if isinstance(row, dict) for pair in _symlinks(lowered(row))}
    return AccessReading(
        events=reading.events, rejects=reading.rejects, skipped=reading.skipped, symlinks=tuple(sorted(symlinks))
    )


def _events(row: Row, region: str | None) -> Iterator[AccessEvent]:
    at = moment_of(row.get("event_time"), "event_time")
    sides = [(op, _uri(row, side)) for op, side in (("read", "source"), ("write", "target"))]
    if not any(uri for _, uri in sides):
        raise NotCounted("neither a table nor a path")
    entity = "/".join(text for text in (text_of(row.get("entity_type")).lower(), text_of(row.get("entity_id"))) if text)
    for op, uri in sides:
        if uri is not None:
            yield AccessEvent(
                event_key=f"{_key(row)}|{op}|{uri}",
                at=at,
                dataset_uri=uri,
                op=op,
                principal=text_of(row.get("created_by")),
                job=f"databricks:{text_of(row.get('workspace_id'))}/{entity}" if entity else "",
                reader_region=region,
            )


def _key(row: Row) -> str:
    """The row's own id where the release of the view has one, else a hash of what tells rows apart."""
    own = text_of(row.get("record_id"))
    if own:
        return own
    names = ("workspace_id", "entity_type", "entity_id", "entity_run_id", "event_id", "statement_id", "created_by")
    moment = moment_of(row.get("event_time"), "event_time").isoformat()
    return hashlib.sha256("\x1f".join((moment, *(text_of(row.get(name)) for name in names))).encode()).hexdigest()[:32]


def _uri(row: Row, side: str) -> str | None:
    table, path = text_of(row.get(f"{side}_table_full_name")), text_of(row.get(f"{side}_path"))
    if table:
        return str(databricks_uri(table))
    return str(parse_uri(path)) if path else None


def _symlinks(row: Row) -> Iterator[tuple[str, str]]:
    for side in ("source", "target"):
        table, path = text_of(row.get(f"{side}_table_full_name")), text_of(row.get(f"{side}_path"))
        if table and path:
            try:
                yield str(databricks_uri(table)), str(parse_uri(path))
            except InvalidRecord:
                continue  # the row is a reject already

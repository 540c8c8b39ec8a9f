"""What readers query: events without doubles, accesses by day, states by day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import duckdb
import pyarrow as pa

from collectors.signals.coverage import Coverage
from collectors.signals.records import ACCESS_EVENT_SCHEMA, DATASET_STATE_SCHEMA
from collectors.store.sql import identifier, literal, path_list

EVENT_VIEW: Final = "access_events"
ACCESS_VIEW: Final = "dataset_access"
STATE_VIEW: Final = "dataset_state"
REJECT_VIEW: Final = "signal_rejects"
_REJECT_TYPES: Final = {
    "source": "VARCHAR",
    "delivery": "VARCHAR",
    "row_number": "BIGINT",
    "reason": "VARCHAR",
    "text": "VARCHAR",
}

ONCE: Final = (
    "max(accessed_at) AS accessed_at, max(dataset_uri) AS dataset_uri, max(scope) AS scope, max(op) AS op, "
    "max(principal) AS principal, max(job) AS job, max(reader_region) AS reader_region, max(requests) AS requests, "
    "max(bytes) AS bytes, max(objects) AS objects"
)
"""Records of one event key as one: whatever their order and number, the same largest values."""
_LARGEST: Final = 2**63 - 1
_SUMS: Final = ", ".join(
    f"CAST(CASE WHEN sum({name}) > {_LARGEST} THEN {_LARGEST} ELSE sum({name}) END AS BIGINT) AS {name}"
    for name in ("requests", "bytes", "objects")
)
_COVERAGE_SCHEMA: Final[dict[str, pa.DataType]] = {
    "source": pa.string(),
    "scope": pa.string(),
    "from_at": pa.timestamp("us", tz="UTC"),
    "to_at": pa.timestamp("us", tz="UTC"),
}


def create_signal_views(
    connection: duckdb.DuckDBPyConnection,
    *,
    access_parts: Mapping[str, Sequence[Path]],
    state_parts: Sequence[Path],
    reject_parts: Mapping[str, Sequence[Path]],
    coverage: Iterable[Coverage],
) -> None:
    """Make ``access_events``, ``dataset_access``, ``dataset_state``, ``signal_rejects`` and the table ``coverage``.

    ``access_parts`` and ``reject_parts`` are the files of each source. Without files the views are empty but typed.
    """
    _create_coverage(connection, coverage)
    connection.execute(f"CREATE VIEW {EVENT_VIEW} AS {_event_query(access_parts)}")
    connection.execute(f"CREATE VIEW {ACCESS_VIEW} AS {_ACCESS_QUERY}")
    connection.execute(f"CREATE VIEW {STATE_VIEW} AS {_state_query(state_parts)}")
    connection.execute(f"CREATE VIEW {REJECT_VIEW} AS {_reject_query(reject_parts)}")


_ACCESS_QUERY: Final = (
    "SELECT CAST(accessed_at AS DATE) AS day, dataset_uri, reader_region, principal, job, op, "
    f"{_SUMS}, event.source AS source, coverage.from_at AS coverage_from, coverage.to_at AS coverage_to "
    f"FROM {EVENT_VIEW} AS event LEFT JOIN coverage ON event.source = coverage.source AND event.scope = coverage.scope "
    "AND event.accessed_at >= coverage.from_at AND event.accessed_at < coverage.to_at "
    "GROUP BY day, dataset_uri, reader_region, principal, job, op, event.source, coverage_from, coverage_to"
)


def _create_coverage(connection: duckdb.DuckDBPyConnection, coverage: Iterable[Coverage]) -> None:
    rows = list(coverage)
    columns: dict[str, list[str] | list[datetime]] = {
        "source": [row.source for row in rows],
        "scope": [row.scope for row in rows],
        "from_at": [row.window.from_at for row in rows],
        "to_at": [row.window.to_at for row in rows],
    }
    arrays = {name: pa.array(columns[name], type=kind) for name, kind in _COVERAGE_SCHEMA.items()}
    connection.register("delivered_coverage", pa.table(arrays))
    connection.execute("CREATE TABLE coverage AS SELECT * FROM delivered_coverage")
    connection.unregister("delivered_coverage")


def _event_query(parts: Mapping[str, Sequence[Path]]) -> str:
    if not parts:
        return _empty({"source": "VARCHAR", **_sql_types(ACCESS_EVENT_SCHEMA)})
    return f"SELECT source, event_key, {ONCE} FROM ({_with_source(parts)}) GROUP BY source, event_key"


def _reject_query(parts: Mapping[str, Sequence[Path]]) -> str:
    return _with_source(parts) if parts else _empty(_REJECT_TYPES)


def _with_source(parts: Mapping[str, Sequence[Path]]) -> str:
    return " UNION ALL ".join(
        f"SELECT {literal(source)} AS source, * FROM {_parquet(paths)}" for source, paths in sorted(parts.items())
    )


def _state_query(parts: Sequence[Path]) -> str:
    return f"SELECT * FROM {_parquet(parts)}" if parts else _empty(_sql_types(DATASET_STATE_SCHEMA))


def _parquet(paths: Sequence[Path]) -> str:
    return f"read_parquet({path_list(list(paths))}, hive_partitioning = false)"


def _empty(types: Mapping[str, str]) -> str:
    columns = ", ".join(f"CAST(NULL AS {kind}) AS {identifier(name)}" for name, kind in types.items())
    return f"SELECT {columns} WHERE false"


def _sql_types(schema: pa.Schema) -> dict[str, str]:
    return {field.name: _sql_type(field) for field in schema}


def _sql_type(field: pa.Field[Any]) -> str:
    if pa.types.is_timestamp(field.type):
        return "TIMESTAMPTZ"
    if pa.types.is_date(field.type):
        return "DATE"
    return "BIGINT" if pa.types.is_integer(field.type) else "VARCHAR"


def by_source(parts: Iterable[tuple[str, Path]]) -> dict[str, list[Path]]:
    """Files of each source."""
    found: defaultdict[str, list[Path]] = defaultdict(list)
    for source, path in parts:
        found[source].append(path)
    return dict(found)

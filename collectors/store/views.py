"""What readers query: two views over the current versions."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import duckdb

from collectors.store.schema import COLUMNS, DECIMAL_SQL, PERIOD, SOURCE, X_COLUMNS
from collectors.store.sql import identifier, path_list

COST_VIEW: Final = "cost_and_usage"
REJECT_VIEW: Final = "rejects"

# Rows before this file's in its version, and the row's place in the file when the file was split by period.
ROW_OFFSET: Final = "_row_offset"
INPUT_ROW: Final = "_input_row"

COST_TYPES: Final = {
    SOURCE: "VARCHAR",
    "period_version": "VARCHAR",
    "row_number": "BIGINT",
    PERIOD: "VARCHAR",
    **{column.name: column.sql_type for column in COLUMNS},
    X_COLUMNS: "VARCHAR",
}
REJECT_STORED_TYPES: Final = {
    SOURCE: "VARCHAR",
    PERIOD: "VARCHAR",
    "file": "VARCHAR",
    "row_number": "BIGINT",
    "reason": "VARCHAR",
    "currency": "VARCHAR",
    "billed_cost": DECIMAL_SQL,
    "billed_cost_text": "VARCHAR",
    "cells": "VARCHAR",
}
REJECT_TYPES: Final = {**REJECT_STORED_TYPES, "period_version": "VARCHAR"}


def create_views(connection: duckdb.DuckDBPyConnection, row_parts: list[Path], reject_parts: list[Path]) -> None:
    """Make ``cost_and_usage`` and ``rejects`` over the given files; without files they are empty but typed."""
    connection.execute(f"CREATE VIEW {COST_VIEW} AS {_cost_query(row_parts)}")
    connection.execute(f"CREATE VIEW {REJECT_VIEW} AS {_reject_query(reject_parts)}")


def _empty(types: dict[str, str]) -> str:
    columns = ", ".join(f"CAST(NULL AS {kind}) AS {identifier(name)}" for name, kind in types.items())
    return f"SELECT {columns} WHERE false"


def _cost_query(parts: list[Path]) -> str:
    if not parts:
        return _empty(COST_TYPES)
    computed = {
        "period_version": "split_part(filename, '/', -2)",
        "row_number": f"{ROW_OFFSET} + coalesce({INPUT_ROW}, file_row_number + 1)",
    }
    columns = ", ".join(f"{computed.get(name, identifier(name))} AS {identifier(name)}" for name in COST_TYPES)
    # One part that is never read gives INPUT_ROW its type when no stored part has that column.
    return (
        f"SELECT {columns} FROM (SELECT * FROM read_parquet({path_list(parts)}, union_by_name = true, "
        "hive_partitioning = false, filename = true, file_row_number = true) "
        f"UNION ALL BY NAME SELECT CAST(NULL AS BIGINT) AS {INPUT_ROW} WHERE false)"
    )


def _reject_query(parts: list[Path]) -> str:
    if not parts:
        return _empty(REJECT_TYPES)
    columns = ", ".join(identifier(name) for name in REJECT_STORED_TYPES)
    return (
        f"SELECT {columns}, split_part(filename, '/', -2) AS period_version "
        f"FROM read_parquet({path_list(parts)}, hive_partitioning = false, filename = true)"
    )

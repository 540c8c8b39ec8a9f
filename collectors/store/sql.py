"""Quoting for DuckDB SQL, and connections with the store's limits."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb

SMALL_FILE_BYTES: Final = 1 << 20
# For the hundreds of conditions of one bill these two passes cost more than they save unless the bill is long.
_COSTLY_PASSES: Final = "common_subexpressions,in_clause"


def identifier(name: str) -> str:
    """A quoted SQL identifier.

    >>> identifier('odd "name"')
    '"odd ""name\"""'
    """
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A quoted SQL string.

    >>> literal("it's")
    "'it''s'"
    """
    return "'" + text.replace("'", "''") + "'"


def path_list(paths: list[Path]) -> str:
    """A SQL list of file paths."""
    return "[" + ", ".join(literal(str(path)) for path in paths) + "]"


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineLimits:
    """What one DuckDB connection may use."""

    memory_mb: int = 1100
    threads: int = 2


def open_engine(limits: EngineLimits, *, spill_folder: Path | None = None) -> duckdb.DuckDBPyConnection:
    """An in-memory DuckDB within ``limits`` whose clock zone is UTC; it spills to ``spill_folder`` or not at all."""
    connection = duckdb.connect(
        config={
            "memory_limit": f"{limits.memory_mb}MB",
            "threads": limits.threads,
            "temp_directory": str(spill_folder) if spill_folder else "",
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        }
    )
    connection.execute("SET TimeZone = 'UTC'")
    return connection


def plan_for(connection: duckdb.DuckDBPyConnection, *, byte_count: int) -> None:
    """From now on plan for files of that size: over a small one without passes that only pay for a long one."""
    passes = _COSTLY_PASSES if byte_count < SMALL_FILE_BYTES else ""
    connection.execute(f"SET disabled_optimizers = {literal(passes)}")

"""Quoting for DuckDB SQL, and connections with the store's limits."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb


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

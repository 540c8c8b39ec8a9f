"""The columns of a delivered file before any row is read: line 1 of a CSV, the schema of a Parquet file."""

from __future__ import annotations

from pathlib import Path
from typing import IO, Final

import duckdb

from collectors.errors import InvalidFocusFile
from collectors.store.sql import literal

_LIMIT_BYTES: Final = 1 << 20


def first_line(stream: IO[bytes], origin: Path) -> str:
    """Line 1 of a CSV file, which names its columns, without its line end.

    Raises:
        InvalidFocusFile: it is empty, or not UTF-8.
    """
    head = stream.read(_LIMIT_BYTES)
    try:
        line = head.split(b"\n", 1)[0].decode("utf-8-sig").rstrip("\r")
    except UnicodeDecodeError as fault:
        raise InvalidFocusFile(
            f"line 1 is not UTF-8 text ({fault.reason} at byte {fault.start}); export it as UTF-8", path=origin
        ) from fault
    if not line.strip():
        raise InvalidFocusFile(
            "line 1 is empty; expected the names of columns; an empty delivery never replaces what is stored; export "
            "it again",
            path=origin,
        )
    return line


def parquet_types(path: Path, engine: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    """Every column of a Parquet file as DuckDB names it, with its DuckDB type, in the file's order.

    Raises:
        duckdb.Error: it is no Parquet file.
    """
    rows = engine.execute(
        f"DESCRIBE SELECT * FROM read_parquet({literal(str(path))}, hive_partitioning = false)"
    ).fetchall()
    return [(name, kind) for name, kind, *_ in rows]

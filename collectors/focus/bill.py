"""A bill on disk: its format, its columns under FOCUS names, and how DuckDB reads it."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final, cast

import duckdb
import pyarrow as pa

from collectors.errors import InvalidFocusFile
from collectors.focus.headers import first_line, parquet_types
from collectors.focus.unpacking import refuse_parquet_bomb
from collectors.focus.versions import REMOVED_COLUMNS, SUCCESSOR, detect_version, missing_mandatory
from collectors.store.raw import RawFile
from collectors.store.schema import COLUMN_BY_NAME
from collectors.store.sql import literal

_DELIMITERS: Final = (",", ";", "\t", "|")
_KNOWN: Final = {name.casefold(): name for name in (*COLUMN_BY_NAME, *REMOVED_COLUMNS)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """One delivered file, opened and understood.

    Attributes:
        raw: the file as it was delivered and lies in the store.
        path: what is read: the raw file itself, or its translation into FOCUS columns.
        version: FOCUS version by the columns present.
        delimiter: what separates cells, or None for Parquet.
        header: every column as the file spells it, in the file's order.
        cells: FOCUS column -> the file's column that feeds it.
        extra: the file's columns that FOCUS 1.4 has no place for, in the file's order.
        text_columns: the file's columns whose values are text.
        double_columns: the file's columns whose values are binary floating point.
        nested_columns: the file's columns whose values are maps, lists or structures.
    """

    raw: RawFile
    path: Path
    version: str
    delimiter: str | None
    header: tuple[str, ...]
    cells: Mapping[str, str]
    extra: tuple[str, ...]
    text_columns: frozenset[str]
    double_columns: frozenset[str]
    nested_columns: frozenset[str]

    @property
    def unknown_columns(self) -> tuple[str, ...]:
        """Extra columns that break the rule that a name outside the specification starts with ``x_``."""
        return tuple(
            name
            for name in self.extra
            if not name.strip().startswith("x_") and _KNOWN.get(name.strip().casefold()) not in REMOVED_COLUMNS
        )

    @property
    def respelled_columns(self) -> Mapping[str, str]:
        """FOCUS column -> the file's spelling, where it is the same name in another spelling."""
        return {
            name: found
            for name, found in self.cells.items()
            if found != name and _KNOWN.get(found.strip().casefold()) == name
        }

    def relation(self, *, keep_malformed: bool) -> str:
        """The SQL table expression that yields the file's rows, all columns of a CSV as text.

        With ``keep_malformed`` a line that is no row goes to the table ``reject_errors`` instead of failing the query.
        """
        path = literal(str(self.path))
        if self.delimiter is None:
            return f"read_parquet({path}, hive_partitioning = false)"
        columns = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in self.header)
        malformed = ", store_rejects = true" if keep_malformed else ""
        return (
            f"read_csv({path}, auto_detect = false, header = true, delim = {literal(self.delimiter)}, "
            f"quote = '\"', escape = '\"', nullstr = '', columns = {{{columns}}}{malformed})"
        )


def open_bill(raw: RawFile, connection: duckdb.DuckDBPyConnection, *, translated: Path | None = None) -> Bill:
    """Understand a file, or what it was translated into, by its columns.

    Raises:
        InvalidFocusFile: empty, unreadable, a column twice, or a mandatory column missing.
    """
    path = translated or raw.path
    if path.name.endswith(".parquet"):
        delimiter, types = None, _parquet_types(path, raw.origin, connection)
    else:
        delimiter, header = _read_header(raw)
        types = dict.fromkeys(header, "VARCHAR")
    header = tuple(types)
    spelled = {_KNOWN[key]: name for name in header if (key := name.strip().casefold()) in _KNOWN}
    version = detect_version(spelled)
    missing = missing_mandatory(spelled, version)
    if missing:
        raise InvalidFocusFile(
            f"no column {', '.join(missing)}, which FOCUS {version} makes mandatory; nothing of this file was stored; "
            "export it again with every mandatory column",
            path=raw.origin,
            column=missing[0],
        )
    cells = {name: found for name, found in spelled.items() if name in COLUMN_BY_NAME}
    for name, predecessor in SUCCESSOR.items():
        if name not in cells and predecessor in spelled:
            cells[name] = spelled[predecessor]
    fed = set(cells.values())
    return Bill(
        raw=raw,
        path=path,
        version=version,
        delimiter=delimiter,
        header=header,
        cells=cells,
        extra=tuple(name for name in header if name not in fed),
        text_columns=frozenset(name for name, kind in types.items() if kind == "VARCHAR"),
        double_columns=frozenset(name for name, kind in types.items() if kind in ("DOUBLE", "FLOAT")),
        nested_columns=frozenset(
            name for name, kind in types.items() if kind.endswith("]") or kind.startswith(("MAP(", "STRUCT("))
        ),
    )


def _read_header(raw: RawFile) -> tuple[str, tuple[str, ...]]:
    opener = gzip.open if raw.path.name.endswith(".gz") else open
    try:
        with opener(raw.path, "rb") as stream:
            line = first_line(cast(IO[bytes], stream), raw.origin)
    except (EOFError, gzip.BadGzipFile, zlib.error) as fault:
        raise InvalidFocusFile(f"not a whole gzip file ({fault}); fetch or export it again", path=raw.origin) from fault
    delimiter = max(_DELIMITERS, key=line.count)
    header = tuple(next(csv.reader(io.StringIO(line), delimiter=delimiter)))
    folded = [name.strip().casefold() for name in header]
    for position, name in enumerate(folded):
        if not name:
            raise InvalidFocusFile(f"line 1: column {position + 1} has no name; give it one", path=raw.origin)
        if name in folded[:position]:
            raise InvalidFocusFile(
                f"line 1: column {header[position]} stands there twice; remove one",
                path=raw.origin,
                column=header[position],
            )
    return delimiter, header


def _parquet_types(path: Path, origin: Path, connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    try:
        refuse_parquet_bomb(path, origin=origin)
        return dict(parquet_types(path, connection))
    except (pa.ArrowInvalid, duckdb.Error, OSError) as fault:
        raise InvalidFocusFile(
            f"not a readable Parquet file ({str(fault).splitlines()[0]}); fetch or export it again", path=origin
        ) from fault

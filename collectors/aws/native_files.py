"""Files of a Cost and Usage Report, opened for two parsers: CSV (plain, gzip, zip) and Parquet.

Columns are numbered, ``c0`` and so on, because reports name two of them alike but for the case of letters (tags do),
which DuckDB would take for one.
"""

from __future__ import annotations

import csv
import gzip
import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final, cast

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from collectors.errors import InvalidFocusFile
from collectors.focus.headers import first_line, parquet_types
from collectors.focus.unpacking import ALWAYS_ALLOWED_BYTES, refuse_bomb, refuse_parquet_bomb
from collectors.store.sql import literal

REPORT_SUFFIXES: Final = (".csv.gz", ".csv.zip", ".zip", ".csv", ".parquet")
_CHUNK_BYTES: Final = 1 << 20
_DEFLATE_MOST_TIMES: Final = 1032
"""No deflate stream, which is what gzip and zip hold, unpacks to more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NativeColumn:
    """A column: its name in the file, its place from 0, and its DuckDB type."""

    name: str
    position: int
    sql_type: str

    @property
    def cell(self) -> str:
        """What SQL calls it."""
        return f"c{self.position}"


@dataclass(frozen=True, slots=True, kw_only=True)
class NativeFile:
    """An opened file. ``origin`` is what it is called in errors."""

    origin: Path
    columns: tuple[NativeColumn, ...]

    @property
    def is_parquet(self) -> bool:
        """Parquet, else CSV."""
        return _is_parquet(self.origin)

    def relation(self, path: Path) -> str:
        """SQL that yields the rows of ``path`` (the file, or what it was unpacked into) with ``native_row`` from 1."""
        if self.is_parquet:
            names = ", ".join(column.cell for column in self.columns)
            return (
                f"SELECT *, file_row_number + 1 AS native_row FROM read_parquet({literal(str(path))}, "
                f"hive_partitioning = false, file_row_number = true) AS file({names}, file_row_number)"
            )
        types = ", ".join(f"{column.cell}: 'VARCHAR'" for column in self.columns)
        return (
            f"SELECT *, row_number() OVER () AS native_row FROM read_csv({literal(str(path))}, auto_detect = false, "
            f"header = true, delim = ',', quote = '\"', escape = '\"', nullstr = '', columns = {{{types}}})"
        )


def open_native(path: Path, engine: duckdb.DuckDBPyConnection | None = None) -> NativeFile:
    """The file's columns; of a Parquet file with their types when ``engine`` is given.

    Raises:
        InvalidFocusFile: it cannot be read, has no header, or unpacks to far more than any bill does.
    """
    found = _parquet_columns(path, engine) if _is_parquet(path) else [(name, "VARCHAR") for name in _csv_header(path)]
    columns = tuple(
        NativeColumn(name=name, position=position, sql_type=kind) for position, (name, kind) in enumerate(found)
    )
    return NativeFile(origin=path, columns=columns)


@contextmanager
def unpacked(native: NativeFile, scratch: Path) -> Iterator[Path]:
    """A file that DuckDB reads: the one itself, or for zip its only member, in ``scratch`` as long as needed.

    Raises:
        InvalidFocusFile: it is cut off, or unpacks to far more than any bill does.
    """
    path = native.origin
    if not path.name.lower().endswith((".zip", ".gz")):
        yield path
        return
    is_zip = path.name.lower().endswith(".zip")
    packed_bytes = path.stat().st_size
    try:
        if is_zip or packed_bytes * _DEFLATE_MOST_TIMES > ALWAYS_ALLOWED_BYTES:
            _unpack(path, scratch if is_zip else None, packed_bytes)
        yield scratch if is_zip else path
    finally:
        scratch.unlink(missing_ok=True)


@contextmanager
def open_bytes(path: Path) -> Iterator[IO[bytes]]:
    """The bytes of a CSV file, unpacked.

    Raises:
        InvalidFocusFile: it is no whole gzip or zip file.
    """
    name = path.name.lower()
    try:
        if name.endswith(".zip"):
            with zipfile.ZipFile(path) as archive, archive.open(_only_member(archive, path)) as stream:
                yield stream
        elif name.endswith(".gz"):
            with gzip.open(path, "rb") as stream:
                yield cast(IO[bytes], stream)
        else:
            with path.open("rb") as stream:
                yield stream
    except (EOFError, gzip.BadGzipFile, zlib.error, zipfile.BadZipFile) as fault:
        raise InvalidFocusFile(f"not a whole compressed file ({fault}); fetch or export it again", path=path) from fault


def _is_parquet(path: Path) -> bool:
    return path.name.lower().endswith(".parquet")


def _unpack(path: Path, target: Path | None, packed_bytes: int) -> None:
    """Read the file to its end, into ``target`` if there is one, and refuse it as soon as it grows too much."""
    unpacked_bytes = 0
    with open_bytes(path) as stream, nullcontext() if target is None else target.open("wb") as writing:
        while chunk := stream.read(_CHUNK_BYTES):
            unpacked_bytes += len(chunk)
            refuse_bomb(path, packed_bytes=packed_bytes, unpacked_bytes=unpacked_bytes)
            if writing is not None:
                writing.write(chunk)


def _only_member(archive: zipfile.ZipFile, path: Path) -> zipfile.ZipInfo:
    members = [each for each in archive.infolist() if not each.is_dir()]
    if len(members) != 1:
        raise InvalidFocusFile(
            f"the archive holds {len(members)} files; expected one CSV file, as AWS writes it", path=path
        )
    return members[0]


def _csv_header(path: Path) -> list[str]:
    with open_bytes(path) as stream:
        line = first_line(stream, path)
    return next(csv.reader(io.StringIO(line)))


def _parquet_columns(path: Path, engine: duckdb.DuckDBPyConnection | None) -> list[tuple[str, str]]:
    try:
        refuse_parquet_bomb(path, origin=path)
        names = list(pq.read_schema(path).names)
        if engine is None:
            return [(name, "") for name in names]
        types = [kind for _, kind in parquet_types(path, engine)]
    except (pa.ArrowInvalid, OSError, duckdb.Error) as fault:
        raise InvalidFocusFile(
            f"not a readable Parquet file ({str(fault).splitlines()[0]}); fetch or export it again", path=path
        ) from fault
    return list(zip(names, types, strict=True))

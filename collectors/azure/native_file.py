"""A delivered file of Azure's, opened: its columns whatever their letter case, and how DuckDB and Arrow read it."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final, cast

import duckdb
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from collectors.errors import InvalidFocusFile
from collectors.focus.headers import first_line, parquet_types
from collectors.focus.unpacking import Unpacking, refuse_parquet_bomb
from collectors.focus.values import NULL_TEXTS
from collectors.store.schema import DECIMAL_SQL
from collectors.store.sql import identifier, literal

_BLOCK_BYTES: Final = 4 << 20
_PARQUET_ROWS: Final = 1 << 18
_PIECE_BYTES: Final = 4 << 20
_EMPTY: Final = ("", *NULL_TEXTS)
_DATE_FORMATS: Final = ("%m/%d/%Y", "%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M")


@dataclass(frozen=True, slots=True, kw_only=True)
class NativeFile:
    """A file and its columns.

    Attributes:
        path: a CSV, a CSV in gzip, or a Parquet file.
        types: every column as the file spells it -> its DuckDB type, in the file's order; VARCHAR for all of a CSV.
        is_csv: whether it is CSV.
    """

    path: Path
    types: Mapping[str, str]
    is_csv: bool

    def find(self, *names: str) -> str | None:
        """The file's spelling of the first of ``names`` that it has."""
        spelled = {name.strip().casefold(): name for name in self.types}
        return next((spelled[name.casefold()] for name in names if name.casefold() in spelled), None)

    def needed(self, *names: str) -> str:
        """``find``, for a column that must be there.

        Raises:
            InvalidFocusFile: the file has none of ``names``.
        """
        found = self.find(*names)
        if found is None:
            raise InvalidFocusFile(
                f"no column {' or '.join(names)}, which exports of this kind have; nothing of this file was stored; "
                "check that the export is of the kind that the connection says",
                path=self.path,
                column=names[0],
            )
        return found

    @property
    def relation(self) -> str:
        """The SQL table expression that yields the file's rows."""
        path = literal(str(self.path))
        if not self.is_csv:
            return f"read_parquet({path}, hive_partitioning = false)"
        columns = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in self.types)
        return (
            f"read_csv({path}, auto_detect = false, header = true, delim = ',', quote = '\"', escape = '\"', "
            f"nullstr = '', columns = {{{columns}}})"
        )

    def text(self, column: str | None) -> str:
        """SQL of a column as text, NULL for no column or an empty cell; cheap, for what is passed on as it is."""
        if column is None:
            return "CAST(NULL AS VARCHAR)"
        kind = self.types[column]
        if kind == "VARCHAR":
            return identifier(column) if self.is_csv else f"nullif({identifier(column)}, '')"
        if kind.endswith("]") or kind.startswith(("MAP(", "STRUCT(")):
            return f"CAST(to_json({identifier(column)}) AS VARCHAR)"
        return f"CAST({identifier(column)} AS VARCHAR)"

    def clean(self, column: str | None) -> str:
        """``text`` without outer blanks, NULL for the word NULL too: for what decides something."""
        cell = f"trim({self.text(column)})"
        return f"CASE WHEN {cell} NOT IN ({', '.join(literal(text) for text in _EMPTY)}) THEN {cell} END"

    def money(self, column: str | None) -> str:
        """SQL of a column as an exact decimal with twelve places; NULL where it is no number.

        A double is read by its shortest decimal text, so that 0.1 is 0.1.
        """
        if column is None:
            return f"CAST(NULL AS {DECIMAL_SQL})"
        if self.types[column].startswith("DECIMAL"):
            return f"TRY_CAST({identifier(column)} AS {DECIMAL_SQL})"
        return f"TRY_CAST({self.text(column)} AS {DECIMAL_SQL})"

    def time(self, column: str | None) -> str:
        """SQL of a column as UTC; texts are ISO 8601, with or without seconds, or month/day/year."""
        if column is None:
            return "CAST(NULL AS TIMESTAMP)"
        if self.types[column] != "VARCHAR":
            return f"CAST(TRY_CAST({identifier(column)} AS TIMESTAMPTZ) AS TIMESTAMP)"
        cell = self.text(column)
        formats = ", ".join(literal(each) for each in _DATE_FORMATS)
        zoned = f"CAST(TRY_CAST({cell} AS TIMESTAMPTZ) AS TIMESTAMP)"
        return f"CASE WHEN contains({cell}, '/') THEN try_strptime(trim({cell}), [{formats}]) ELSE {zoned} END"

    def batches(self, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """The columns by Arrow, which shares no code with DuckDB; cells of a CSV as binary.

        Raises:
            InvalidFocusFile: the file cannot be read to its end, or unpacks to more than any bill does.
        """
        with _readable(self.path):
            if not self.is_csv:
                with pq.ParquetFile(self.path) as stored:
                    yield from stored.iter_batches(batch_size=_PARQUET_ROWS, columns=list(columns))
                return
            with pa_csv.open_csv(
                _unpacked(self.path),
                read_options=pa_csv.ReadOptions(block_size=_BLOCK_BYTES, column_names=list(self.types), skip_rows=1),
                parse_options=pa_csv.ParseOptions(newlines_in_values=True),
                convert_options=pa_csv.ConvertOptions(
                    include_columns=list(columns),
                    column_types=dict.fromkeys(columns, pa.binary()),
                    check_utf8=False,
                    strings_can_be_null=True,
                    quoted_strings_can_be_null=True,
                    null_values=list(_EMPTY),
                ),
            ) as reader:
                yield from reader


def open_native(path: Path, engine: duckdb.DuckDBPyConnection | None = None) -> NativeFile:
    """Read a file's columns; without an engine their names alone count, and the types of Parquet are Arrow's.

    For an engine, which would unpack without end, a compressed file is unpacked once before; Arrow counts as it reads.

    Raises:
        InvalidFocusFile: empty, unreadable, a column twice, or it unpacks to more than any bill does.
    """
    is_csv = not path.name.lower().endswith(".parquet")
    if not is_csv:
        with _readable(path):
            refuse_parquet_bomb(path, origin=path)
    elif engine is not None:
        _refuse_gzip_bomb(path)
    types = dict.fromkeys(_csv_header(path), "VARCHAR") if is_csv else _parquet_types(path, engine)
    folded = [name.strip().casefold() for name in types]
    for position, name in enumerate(folded):
        if not name or name in folded[:position]:
            raise InvalidFocusFile(
                f"column {position + 1} has no name of its own ({name!r}); export the file again", path=path
            )
    return NativeFile(path=path, types=types, is_csv=is_csv)


def write_translation(
    native: NativeFile,
    target: Path,
    engine: duckdb.DuckDBPyConnection,
    columns: Mapping[str, str],
    *,
    facts: Sequence[Mapping[str, str]] = (),
) -> None:
    """Write ``target`` with ``columns`` (name -> SQL), in the order of the native rows.

    ``facts`` are worked out before, one mapping after the other, and may be used by those after it and by ``columns``.

    Raises:
        InvalidFocusFile: the file cannot be read to its end.
    """
    query = native.relation
    for layer in facts:
        named = "".join(f", {sql} AS {name}" for name, sql in layer.items())
        query = f"(SELECT *{named} FROM {query})"
    selected = ", ".join(f"{sql} AS {identifier(name)}" for name, sql in columns.items())
    try:
        engine.execute(
            f"COPY (SELECT {selected} FROM {query}) TO {literal(str(target))} (FORMAT parquet, ROW_GROUP_SIZE 61440)"
        )
    except duckdb.Error as fault:
        if isinstance(fault, duckdb.OutOfMemoryException) or str(target.parent) in str(fault):
            raise
        raise _unreadable(native.path, fault) from fault


def unmapped_columns(native: NativeFile, mapped: Sequence[str]) -> dict[str, str]:
    """``x_<name>`` -> SQL, for every native column that is not among ``mapped``."""
    kept: dict[str, str] = {}
    taken: set[str] = set()
    for column in native.types:
        if column in mapped:
            continue
        name = column.strip() if column.strip().startswith("x_") else f"x_{column.strip()}"
        while name.casefold() in taken:
            name += "_"
        taken.add(name.casefold())
        kept[name] = identifier(column)
    return kept


def _is_gzip(path: Path) -> bool:
    return path.name.lower().endswith(".gz")


def _unpacked(path: Path) -> str | IO[bytes]:
    return cast(IO[bytes], pa.PythonFile(Unpacking(path, origin=path), mode="r")) if _is_gzip(path) else str(path)


def _refuse_gzip_bomb(path: Path) -> None:
    if _is_gzip(path):
        with _readable(path), Unpacking(path, origin=path) as stream:
            while stream.read(_PIECE_BYTES):
                pass


def _csv_header(path: Path) -> tuple[str, ...]:
    with _readable(path), (gzip.open if _is_gzip(path) else open)(path, "rb") as stream:
        line = first_line(cast(IO[bytes], stream), path)
    return tuple(next(csv.reader(io.StringIO(line))))


def _parquet_types(path: Path, engine: duckdb.DuckDBPyConnection | None) -> dict[str, str]:
    if engine is None:
        with _readable(path):
            return {field.name: str(field.type) for field in pq.read_schema(path)}
    try:
        return dict(parquet_types(path, engine))
    except duckdb.Error as fault:
        raise _unreadable(path, fault) from fault


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except (pa.ArrowInvalid, EOFError, gzip.BadGzipFile, zlib.error, OSError) as fault:
        raise _unreadable(path, fault) from fault


def _unreadable(path: Path, fault: Exception) -> InvalidFocusFile:
    reason = next(iter(str(fault).splitlines()), type(fault).__name__)
    return InvalidFocusFile(
        f"cannot be read to its end ({reason}); fetch or export it again; nothing of it was stored", path=path
    )

"""What translations of Parquet files into FOCUS share: columns in any spelling, the second reading, the writing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from collectors.errors import InvalidFocusFile
from collectors.focus.dialect import NativeReading
from collectors.focus.totals import sum_of
from collectors.store.sql import identifier, literal


def spelled_columns(
    native: Path, wanted: Iterable[str], *, fold: Callable[[str], str], table: str, advice: str
) -> dict[str, str]:
    """Folded name -> as the file spells it, for every column of the file.

    Raises:
        InvalidFocusFile: it is no Parquet file, or lacks a wanted column of ``table``; ``advice`` says what to do then.
    """
    try:
        names = pq.read_schema(native).names
    except (pa.ArrowInvalid, OSError) as fault:
        raise InvalidFocusFile(
            f"not a readable Parquet file ({str(fault).splitlines()[0]}); collect it again", path=native
        ) from fault
    spelled = {fold(name): name for name in names}
    for name in wanted:
        if name not in spelled:
            raise InvalidFocusFile(f"no column {name}, which {table} has; {advice}", path=native, column=name)
    return spelled


def rows_sql(native: Path, spelled: Mapping[str, str]) -> str:
    """SQL of the file's rows under their folded names, with ``file_row_number`` from 0."""
    cells = ", ".join(f"{identifier(found)} AS {identifier(name)}" for name, found in spelled.items())
    return f"(SELECT {cells}, file_row_number FROM read_parquet({literal(str(native))}, file_row_number = true))"


def write_translated(query: str, native: Path, target: Path, engine: duckdb.DuckDBPyConnection) -> None:
    """Write what a query over a native file yields.

    Raises:
        InvalidFocusFile: a cell of the file is not what its column says.
    """
    try:
        engine.execute(f"COPY ({query}) TO {literal(str(target))} (FORMAT parquet)")
    except (duckdb.ConversionException, duckdb.InvalidInputException) as fault:
        raise InvalidFocusFile(
            f"a cell cannot be read ({str(fault).splitlines()[0]}); collect it again", path=native
        ) from fault


def read_money_column(native: Path, column: str) -> NativeReading:
    """Rows of a file and the exact sum of one of its columns, by Arrow."""
    cells = pq.read_table(native, columns=[column]).column(0)
    return NativeReading(rows=len(cells), billed_cost=sum((sum_of(chunk) for chunk in cells.chunks), Decimal(0)))

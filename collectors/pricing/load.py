"""Loads a price book from its Parquet files: the one inside the package, or a folder of the same shape."""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from collectors.pricing.errors import InvalidPriceFile
from optimizer.pricing.book import PriceBook
from optimizer.pricing.errors import InvalidPriceBook, InvalidPriceRow
from optimizer.pricing.schema import TABLES

_SUFFIXES: Final = ("", "_cc_by_sa")


def load_price_book(folder: Path | None = None) -> PriceBook:
    """The embedded price book, or the one in ``folder`` (``<table>.parquet``, ``<table>_cc_by_sa.parquet``).

    Raises:
        InvalidPriceFile: a file cannot be read, lacks a column or holds a row that breaks a rule; the error names
            the file and the row.
    """
    root: Traversable = files("collectors.pricing").joinpath("book") if folder is None else folder
    parts = {name: _parts(root, name) for name in TABLES}
    tables = {name: pa.concat_tables([table for _, table in found]) for name, found in parts.items()}
    try:
        return PriceBook(tables)
    except InvalidPriceRow as error:
        file, row = _locate(parts[error.table], error.row)
        raise InvalidPriceFile(f"({error.described}) {error.reason}", file=file, row=row) from error
    except InvalidPriceBook as error:
        raise InvalidPriceFile(str(error), file=f"{root}/{error.table}.parquet") from error


def _parts(root: Traversable, name: str) -> list[tuple[str, pa.Table]]:
    found = [file for suffix in _SUFFIXES if (file := root.joinpath(f"{name}{suffix}.parquet")).is_file()]
    if not found:
        raise InvalidPriceFile("no such file; build the book or name its folder", file=f"{root}/{name}.parquet")
    return [(str(file), _read(file, name)) for file in found]


def _read(file: Traversable, name: str) -> pa.Table:
    schema = TABLES[name]
    try:
        with file.open("rb") as stream:
            table = pq.read_table(stream)
    except (OSError, pa.ArrowException) as error:
        raise InvalidPriceFile(f"is not a readable Parquet file: {error}", file=str(file)) from error
    if table.schema.names != schema.names:
        missing, unknown = (
            sorted(set(schema.names) - set(table.schema.names)),
            set(table.schema.names) - set(schema.names),
        )
        raise InvalidPriceFile(
            f"wrong columns: missing {missing}, unknown {sorted(unknown)}; expected {schema.names}", file=str(file)
        )
    try:
        return table.cast(pa.schema([field.with_nullable(True) for field in schema]))
    except pa.ArrowInvalid as error:
        raise InvalidPriceFile(f"a column has another type than expected: {error}", file=str(file)) from error


def _locate(parts: list[tuple[str, pa.Table]], row: int) -> tuple[str, int]:
    """The file, and the row in it, of a row of the concatenated table."""
    for file, table in parts:
        if row < table.num_rows:
            return file, row
        row -= table.num_rows
    raise IndexError(f"row {row} lies beyond the files {[file for file, _ in parts]}")

"""Loads a price book from its files: the one inside the package, or a folder of the same shape."""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

import pyarrow as pa

from collectors.pricing.errors import InvalidPriceFile
from collectors.pricing.files import MANIFEST, read_tables
from optimizer.pricing.book import PriceBook
from optimizer.pricing.errors import InvalidPriceBook, InvalidPriceRow
from optimizer.pricing.schema import TABLES


def load_price_book(folder: Path | None = None) -> PriceBook:
    """The embedded price book, or the one that ``files.write_book`` wrote to ``folder``.

    Raises:
        InvalidPriceFile: a file is absent, cannot be read, lacks a column, holds a row that breaks a rule (the error
            names the file and the row), or the files do not belong together.
    """
    root: Traversable = files("collectors.pricing").joinpath("book") if folder is None else folder
    snapshot_id, parts = read_tables(root)
    tables = {
        name: pa.concat_tables([table for _, table in found] or [TABLES[name].empty_table()])
        for name, found in parts.items()
    }
    try:
        book = PriceBook(tables)
    except InvalidPriceRow as error:
        file, row = _locate(parts[error.table], error.row)
        raise InvalidPriceFile(f"({error.described}) {error.reason}", file=file, row=row) from error
    except InvalidPriceBook as error:
        raise InvalidPriceFile(str(error), file=f"{root}/{error.table}.parquet") from error
    if book.snapshot_id != snapshot_id:
        raise InvalidPriceFile(
            f"says snapshot {snapshot_id}, but the files hold {book.snapshot_id}: not of one build; build again",
            file=f"{root}/{MANIFEST}",
        )
    return book


def _locate(parts: list[tuple[str, pa.Table]], row: int) -> tuple[str, int]:
    """The file, and the row in it, of a row of the concatenated table."""
    for file, table in parts:
        if row < table.num_rows:
            return file, row
        row -= table.num_rows
    raise IndexError(f"row {row} lies beyond the files {[file for file, _ in parts]}")

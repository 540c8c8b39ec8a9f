"""Writes an inventory folder: one CSV or Parquet file per table, the same bytes for the same rows."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from collectors.inventory.cells import cell_text
from collectors.inventory.rows import Inventory
from collectors.inventory.tables import SUFFIXES, TABLES, Table


def write_inventory(inventory: Inventory, folder: Path, *, suffix: str = ".csv") -> tuple[Path, ...]:
    """Write every table to ``folder`` (made when absent) and return the files, in the order of ``TABLES``.

    Values in Parquet files are the same texts as in CSV files, so that both read back alike.

    Raises:
        ValueError: ``suffix`` is neither ``.csv`` nor ``.parquet``.
    """
    if suffix not in SUFFIXES:
        raise ValueError(f"an inventory is written as one of {list(SUFFIXES)}, not {suffix!r}")
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for table in TABLES:
        path = folder / f"{table.name}{suffix}"
        rows = getattr(inventory, table.name)
        if suffix == ".csv":
            path.write_bytes(_csv_bytes(table, rows))
        else:
            pq.write_table(_arrow_table(table, rows), path)
        written.append(path)
    return tuple(written)


def _csv_bytes(table: Table, rows: tuple[Any, ...]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    names = tuple(table.columns)
    writer.writerow(names)
    writer.writerows([cell_text(getattr(row, name)) for name in names] for row in rows)
    return text.getvalue().encode()


def _arrow_table(table: Table, rows: tuple[Any, ...]) -> pa.Table:
    return pa.table(
        {name: pa.array([cell_text(getattr(row, name)) for row in rows], type=pa.string()) for name in table.columns}
    )

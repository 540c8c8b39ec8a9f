"""Tables as texts with line numbers, from CSV or Parquet, before any cell is understood."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from collectors.inventory.cells import cell_text
from collectors.inventory.errors import InventoryFault


class UnreadableTable(Exception):
    """A file that is not a table at all; ``fault`` says why. Never leaves the package: the reader reports the fault."""

    def __init__(self, fault: InventoryFault) -> None:
        super().__init__(str(fault))
        self.fault = fault


@dataclass(frozen=True, slots=True, kw_only=True)
class RawTable:
    """``lines[i]`` is where ``rows[i]`` begins: a physical line (CSV) or a row counted from 1 (Parquet)."""

    file: str
    header: tuple[str, ...]
    header_line: int | None
    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]

    def numbered_rows(self) -> Iterator[tuple[int, tuple[str, ...]]]:
        """Every row with its line."""
        return zip(self.lines, self.rows, strict=True)


def read_raw_table(path: Path) -> RawTable:
    """The table in ``path``, by its suffix.

    Raises:
        UnreadableTable: the file is not text in UTF-8, not well-formed CSV, empty, or not Parquet.
    """
    return _read_parquet(path) if path.suffix == ".parquet" else _read_csv(path)


def _fault(path: Path, line: int | None, found: str, expected: str, fix: str) -> UnreadableTable:
    return UnreadableTable(
        InventoryFault(file=path.name, line=line, column=None, found=found, expected=expected, fix=fix)
    )


def _read_csv(path: Path) -> RawTable:
    try:
        text = path.read_bytes().decode("utf-8-sig")  # spreadsheets put a byte order mark in front
    except UnicodeDecodeError as undecodable:
        line = path.read_bytes()[: undecodable.start].count(b"\n") + 1
        raise _fault(path, line, "bytes that are not text", "text in UTF-8", "save it as UTF-8") from undecodable
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows, lines = [], []
    begins = 1
    try:
        for cells in reader:
            if cells:
                rows.append(tuple(cells))
                lines.append(begins)
            begins = reader.line_num + 1
    except csv.Error as malformed:
        raise _fault(
            path, begins, f"malformed CSV ({malformed})", "comma-separated cells", "correct the row's quotes"
        ) from malformed
    if not rows:
        raise _fault(path, None, "an empty file", "a header and rows", "write at least the header")
    return RawTable(file=path.name, header=rows[0], header_line=lines[0], rows=tuple(rows[1:]), lines=tuple(lines[1:]))


def _read_parquet(path: Path) -> RawTable:
    try:
        table = pq.read_table(path)
    except (pa.ArrowInvalid, OSError) as unreadable:
        raise _fault(path, None, f"not readable ({unreadable})", "a Parquet file", "write it again") from unreadable
    columns = [[cell_text(value) for value in column.to_pylist()] for column in table.columns]
    rows = tuple(zip(*columns, strict=True))
    return RawTable(
        file=path.name,
        header=tuple(table.column_names),
        header_line=None,
        rows=rows,
        lines=tuple(range(1, len(rows) + 1)),
    )

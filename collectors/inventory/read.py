"""Reads an inventory folder and checks every cell, every id and every reference in it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from collectors.inventory.errors import InventoryError, InventoryFault
from collectors.inventory.raw_table import RawTable, UnreadableTable, read_raw_table
from collectors.inventory.references import reference_faults
from collectors.inventory.rows import Inventory
from collectors.inventory.tables import SUFFIXES, TABLES, Table


def read_inventory(folder: Path) -> Inventory:
    """The inventory in ``folder``: one file per table, named after it, ``.csv`` or ``.parquet``.

    Cells and columns of every file are checked first; only when they are all sound are ids and references, which
    need whole tables.

    Raises:
        InventoryError: the folder or a file is missing, a column is unknown or missing, a cell is not what its column
            holds, a key stands twice, or a reference leads nowhere. All faults come together.
    """
    faults: list[InventoryFault] = []
    rows_by_table: dict[str, list[Any]] = {}
    raw_by_table: dict[str, RawTable] = {}
    for table in TABLES:
        raw = _open(folder, table, faults)
        if raw is not None:
            raw_by_table[table.name] = raw
            rows_by_table[table.name] = _rows(table, raw, faults)
    if not faults:
        inventory = Inventory(**{name: tuple(rows) for name, rows in rows_by_table.items()})
        faults.extend(reference_faults(inventory, raw_by_table))
        if not faults:
            return inventory
    raise InventoryError(faults, folder=folder)


def _open(folder: Path, table: Table, faults: list[InventoryFault]) -> RawTable | None:
    found = [folder / f"{table.name}{suffix}" for suffix in SUFFIXES if (folder / f"{table.name}{suffix}").is_file()]
    if len(found) != 1:
        faults.append(
            InventoryFault(
                file=f"{table.name}.csv",
                line=None,
                column=None,
                found="there are a .csv and a .parquet file" if found else "the file is missing",
                expected=f"one file {table.name}.csv or {table.name}.parquet in the folder",
                fix="keep one of them" if found else "add it (a header alone will do when there is nothing to list)",
            )
        )
        return None
    try:
        raw = read_raw_table(found[0])
    except UnreadableTable as unreadable:
        faults.append(unreadable.fault)
        return None
    problems = list(_header_faults(table, raw))
    faults.extend(problems)
    return None if problems else raw


def _header_faults(table: Table, raw: RawTable) -> Iterable[InventoryFault]:
    expected = f"the columns {', '.join(table.columns)}"
    for name in raw.header:
        if name not in table.columns:
            yield InventoryFault(
                file=raw.file, line=raw.header_line, column=name, found="an unknown column", expected=expected,
                fix="remove or rename it",
            )  # fmt: skip
    for name in sorted({name for name in raw.header if raw.header.count(name) > 1 and name in table.columns}):
        yield InventoryFault(
            file=raw.file, line=raw.header_line, column=name, found="a column that stands twice", expected=expected,
            fix="keep one of them",
        )  # fmt: skip
    for name in table.columns:
        if name not in raw.header:
            yield InventoryFault(
                file=raw.file, line=raw.header_line, column=name, found="a missing column", expected=expected,
                fix="add it",
            )  # fmt: skip


def _rows(table: Table, raw: RawTable, faults: list[InventoryFault]) -> list[Any]:
    """Rows that could be read; the faults of the others are added to ``faults``."""
    rows = []
    first_line: dict[tuple[Any, ...], int] = {}
    for line, cells in raw.numbered_rows():
        before = len(faults)
        if len(cells) != len(raw.header):
            faults.append(
                InventoryFault(
                    file=raw.file, line=line, column=None, found=f"{len(cells)} cells",
                    expected=f"{len(raw.header)} cells, as in the header",
                    fix="add or remove commas, or quote a text that holds one",
                )
            )  # fmt: skip
            continue
        values = {
            name: _value(table, raw.file, line, name, cell, faults)
            for name, cell in zip(raw.header, cells, strict=True)
        }
        if len(faults) > before:
            continue
        key = tuple(values[name] for name in table.key)
        if key in first_line:
            faults.append(_duplicate(table, raw.file, line, key, first_line[key]))
            continue
        first_line[key] = line
        rows.append(table.row_type(**values))
    return rows


def _value(table: Table, file: str, line: int, name: str, cell: str, faults: list[InventoryFault]) -> Any:
    kind = table.columns[name]
    if not cell and kind.optional:
        return None
    try:
        return kind.parse(cell)
    except ValueError:
        shown = repr(cell) if cell else "an empty cell"
        faults.append(
            InventoryFault(
                file=file, line=line, column=name, found=shown, expected=kind.expected, fix="correct the cell"
            )
        )
        return None


def _duplicate(table: Table, file: str, line: int, key: tuple[Any, ...], first_line: int) -> InventoryFault:
    shown = ", ".join(map(str, key))
    return InventoryFault(
        file=file,
        line=line,
        column=table.key[0],
        found=f"{shown!r} already stands in line {first_line}",
        expected=f"every {' + '.join(table.key)} once",
        fix="remove one of the two rows or give one another id",
    )

"""Errors of the inventory.

CollectorError
└── InventoryError         one or more faults in an inventory folder (Terminal)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from collectors.errors import CollectorError, Terminal

SHOWN_FAULTS: Final = 20
"""How many faults one error lists; the rest is counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InventoryFault:
    """One thing that is wrong in one file.

    ``line`` is the physical line of a CSV file, counting from 1 with the header; in a Parquet file it is the row
    counting from 1. It is None when the fault is the file's as a whole. ``column`` is None when no column is at fault.
    """

    file: str
    line: int | None
    column: str | None
    found: str
    expected: str
    fix: str

    def __str__(self) -> str:
        unit = "row" if self.file.endswith(".parquet") else "line"
        where = self.file if self.line is None else f"{self.file}, {unit} {self.line}"
        if self.column is not None:
            where += f", column {self.column}"
        return f"{where}: {self.found}; expected {self.expected}; {self.fix}"


class InventoryError(CollectorError, Terminal):
    """An inventory folder that cannot be used. Nothing of it was taken over.

    ``faults`` holds the first twenty in file and line order, ``fault_count`` how many there are. ``file``, ``line``,
    ``column``, ``expected`` and ``fix`` are those of the first.
    """

    def __init__(self, faults: Sequence[InventoryFault], *, folder: Path) -> None:
        if not faults:
            raise ValueError("an inventory error needs at least one fault")
        self.folder = folder
        self.fault_count = len(faults)
        self.faults = tuple(faults[:SHOWN_FAULTS])
        first = self.faults[0]
        self.file, self.line, self.column = first.file, first.line, first.column
        self.expected, self.fix = first.expected, first.fix
        noun = "fault" if self.fault_count == 1 else "faults"
        lines = [f"inventory {folder}: {self.fault_count} {noun}", *(f"  {fault}" for fault in self.faults)]
        if self.fault_count > SHOWN_FAULTS:
            lines.append(f"  and {self.fault_count - SHOWN_FAULTS} more")
        super().__init__("\n".join(lines))

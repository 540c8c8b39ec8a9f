"""How a vendor's own billing format becomes FOCUS: one dialect per format, each with its version.

The version is part of every fingerprint, so bills normalised by an older one are recognised and read again from the
raw files.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Final

import duckdb

NATIVE_ROW: Final = "x_NativeRow"
"""Column of a translation in which rows made of one native row bear its number."""

FOCUS_SUFFIXES: Final = (".csv", ".csv.gz", ".parquet")


@dataclass(frozen=True, slots=True, kw_only=True)
class NativeReading:
    """What a second, independent parser finds in one native file: every row, and what they cost together.

    ``billed_cost`` sums the native column that becomes BilledCost, whatever the currency: a checksum, not an amount.
    """

    rows: int
    billed_cost: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """A billing format.

    Attributes:
        name: for instance ``aws_cur_2``.
        version: changed by whoever changes what comes out.
        suffixes: of the files it reads, longest first where one ends in another.
        translate: None when the files are FOCUS already. Else ``translate(native, target, engine)`` writes ``target``,
            a Parquet file with FOCUS 1.4 column names (money DECIMAL(38, 12), times TIMESTAMP in UTC; any other column
            named ``x_...``) in the order of the native rows. A native row may become several rows (an allocation),
            which then carry a column ``x_NativeRow`` that counts native rows from 1; none may be lost, and the sum of
            BilledCost must equal the native one exactly, at twelve decimals. A row that cannot be understood is
            passed on with what it has: the ordinary checks reject it, with its cost.
            Raises ``InvalidFocusFile`` for a file that is not of the format, naming the missing column.
        read_natively: with ``translate``, the second reading, by another parser (Arrow) than ``translate`` (DuckDB).
    """

    name: str
    version: str
    suffixes: tuple[str, ...] = FOCUS_SUFFIXES
    translate: Callable[[Path, Path, duckdb.DuckDBPyConnection], None] | None = None
    read_natively: Callable[[Path], NativeReading] | None = None

    def __post_init__(self) -> None:
        if (self.translate is None) != (self.read_natively is None):
            raise ValueError(f"dialect {self.name!r} must have translate and read_natively, or neither")


FOCUS: Final = Dialect(name="focus", version="1")

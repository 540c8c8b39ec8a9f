"""The rows of a file and the sum of their BilledCost, by another parser than the one that stores it.

DuckDB reads a bill to store it; Arrow reads it again here for one column. Both must find the same money, so a cell that
one of them misreads, or a row that one of them loses, does not pass unnoticed.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation, localcontext
from typing import IO, Any, Final, Literal, cast

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from collectors.focus.bill import Bill
from collectors.focus.dialect import NativeReading
from collectors.focus.unpacking import Unpacking
from collectors.focus.values import NULL_TEXTS
from collectors.store.schema import DECIMAL_DIGITS, DECIMAL_PLACES

_BLOCK_BYTES: Final = 4 << 20
_PARQUET_ROWS: Final = 1 << 18
# A cell with more than 38 decimals is read by Decimal, which is slower and as exact.
_EXACT: Final = pa.decimal256(76, 38)
_STORED: Final = Decimal(1).scaleb(-DECIMAL_PLACES)
# What DECIMAL(38, 12) cannot hold: such a cell is rejected as unreadable and counts in neither sum.
_UNREADABLE_FROM: Final = Decimal(10) ** (DECIMAL_DIGITS - DECIMAL_PLACES)
_EMPTY: Final = frozenset((*NULL_TEXTS, ""))


def read_again(bill: Bill) -> NativeReading:
    """Every row of the file, broken lines too, and the sum of every readable BilledCost, whatever the currency.

    Raises:
        pyarrow.ArrowInvalid, OSError: the file cannot be read to its end.
        InvalidFocusFile: it unpacks to more than any bill does.
    """
    broken: list[int] = []
    rows = 0
    billed_cost = Decimal(0)
    with localcontext() as context:
        context.prec = 80
        for cells in _chunks(bill, broken):
            rows += len(cells)
            billed_cost += sum_of(cells)
    return NativeReading(rows=rows + len(broken), billed_cost=billed_cost)


def _chunks(bill: Bill, broken: list[int]) -> Iterator[pa.Array[Any]]:
    column = bill.cells["BilledCost"]
    if bill.delimiter is None:
        with pq.ParquetFile(bill.path) as stored:
            for batch in stored.iter_batches(batch_size=_PARQUET_ROWS, columns=[column]):
                yield batch.column(0)
        return

    def skip(_: pa_csv.InvalidRow) -> Literal["skip"]:
        broken.append(1)
        return "skip"

    with _unpacked(bill) as stream:
        reader = pa_csv.open_csv(
            cast(IO[Any], stream),
            read_options=pa_csv.ReadOptions(block_size=_BLOCK_BYTES, column_names=list(bill.header), skip_rows=1),
            parse_options=pa_csv.ParseOptions(
                delimiter=bill.delimiter, newlines_in_values=True, invalid_row_handler=skip
            ),
            convert_options=pa_csv.ConvertOptions(
                include_columns=[column],
                column_types={column: pa.binary()},
                check_utf8=False,
                null_values=sorted(_EMPTY),
                strings_can_be_null=True,
                quoted_strings_can_be_null=True,
            ),
        )
        with reader:
            for batch in reader:
                yield batch.column(0)


def _unpacked(bill: Bill) -> pa.NativeFile:
    if not bill.path.name.endswith(".gz"):
        return pa.OSFile(str(bill.path), "rb")
    return pa.PythonFile(Unpacking(bill.path, origin=bill.raw.origin), mode="r")


def sum_of(cells: pa.Array[Any]) -> Decimal:
    """The exact sum of cells that hold money as text, decimals or doubles; what is no readable number counts nothing.

    Each cell is rounded to the store's twelve decimals before it is added, a half away from zero. A double counts as
    the shortest decimal that names it, which is what its writer meant.
    """
    try:
        if not pa.types.is_decimal(cells.type):
            cells = cells.cast(pa.string())
        amounts = cells.cast(_EXACT)
        readable = amounts.filter(pc.less(pc.abs(amounts), pa.scalar(_UNREADABLE_FROM, _EXACT)))
        return _decimal(pc.sum(pc.round(readable, DECIMAL_PLACES, "half_towards_infinity")).as_py())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return sum((_read(cell) for cell in cells.to_pylist()), Decimal(0))


def _decimal(total: Decimal | None) -> Decimal:
    return Decimal(0) if total is None else total


def _read(cell: bytes | str | Decimal | int | None) -> Decimal:
    """One cell as DuckDB's decimals read it: anything that is no finite number counts nothing."""
    if cell is None:
        return Decimal(0)
    text = cell.decode("utf-8", "replace") if isinstance(cell, bytes) else str(cell)
    if text in _EMPTY:
        return Decimal(0)
    try:
        amount = Decimal(text.strip())
    except InvalidOperation:
        return Decimal(0)
    if not amount.is_finite() or abs(amount) >= _UNREADABLE_FROM:
        return Decimal(0)
    return amount.quantize(_STORED, ROUND_HALF_UP)

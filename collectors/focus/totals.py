"""The sum of BilledCost of a file, by another parser than the one that stores it.

DuckDB reads a bill to store it; Arrow reads it again here for one column. Both must find the same money, so a cell that
one of them misreads, or a row that one of them loses, does not pass unnoticed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation, localcontext
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from collectors.focus.bill import Bill
from collectors.focus.values import NULL_TEXTS
from collectors.store.schema import DECIMAL_DIGITS, DECIMAL_PLACES

_BLOCK_BYTES: Final = 4 << 20
_PARQUET_ROWS: Final = 1 << 18
# Sums are made with 20 decimals; a cell with more is read by Decimal, which is slower and exact.
_EXACT: Final = pa.decimal256(60, 20)
# What DECIMAL(38, 12) cannot hold: such a cell is rejected as unreadable and counts in neither sum.
_UNREADABLE_FROM: Final = Decimal(10) ** (DECIMAL_DIGITS - DECIMAL_PLACES)
_EMPTY: Final = frozenset((*NULL_TEXTS, ""))


def sum_billed_cost(bill: Bill) -> Decimal:
    """Sum of every readable BilledCost in the file, whatever the currency: a checksum, not an amount of money.

    Raises:
        pyarrow.ArrowInvalid: the file cannot be read to its end.
    """
    with localcontext() as context:
        context.prec = 80
        return sum((_sum_of(chunk) for chunk in _chunks(bill)), Decimal(0))


def _chunks(bill: Bill) -> Iterator[pa.Array[Any]]:
    column = bill.cells["BilledCost"]
    if bill.delimiter is None:
        with pq.ParquetFile(bill.raw.path) as stored:
            for batch in stored.iter_batches(batch_size=_PARQUET_ROWS, columns=[column]):
                yield batch.column(0)
        return
    reader = pa_csv.open_csv(
        bill.raw.path,
        read_options=pa_csv.ReadOptions(block_size=_BLOCK_BYTES, column_names=list(bill.header), skip_rows=1),
        parse_options=pa_csv.ParseOptions(
            delimiter=bill.delimiter, newlines_in_values=True, invalid_row_handler=lambda row: "skip"
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


def _sum_of(cells: pa.Array[Any]) -> Decimal:
    if pa.types.is_floating(cells.type):
        return Decimal(math.fsum(x for x in cells.to_pylist() if x is not None and abs(x) < _UNREADABLE_FROM))
    try:
        if pa.types.is_binary(cells.type) or pa.types.is_large_binary(cells.type):
            cells = cells.cast(pa.string())
        amounts = cells.cast(_EXACT)
        readable = pc.less(pc.abs(amounts), pa.scalar(_UNREADABLE_FROM, _EXACT))
        return _decimal(pc.sum(amounts.filter(readable)).as_py())
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
    return amount if amount.is_finite() and abs(amount) < _UNREADABLE_FROM else Decimal(0)

"""A native Parquet file: its columns as SQL that DuckDB understands, and its money as Arrow reads it.

Column names are matched in any letter case. Amounts may be decimals, or floats, of which the decimal number that they
are written as counts, at twelve places, half away from zero.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import ROUND_HALF_UP, Decimal, localcontext
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from collectors.errors import InvalidFocusFile
from collectors.focus.dialect import NativeReading
from collectors.gcp.tally import Tally
from collectors.store.schema import DECIMAL_DIGITS, DECIMAL_PLACES, DECIMAL_SQL
from collectors.store.sql import identifier, literal

_BATCH_ROWS: Final = 1 << 16
_SUM: Final = pa.decimal256(60, 20)
_STEP: Final = Decimal(1).scaleb(-DECIMAL_PLACES)
_UNREADABLE_FROM: Final = Decimal(10) ** (DECIMAL_DIGITS - DECIMAL_PLACES)


class NativeColumns:
    """The columns of a file; remembers which were asked for, so that what is left can be kept as it is."""

    def __init__(self, schema: pa.Schema) -> None:
        self._schema = schema
        self._used: set[str] = set()

    def kind(self, path: str) -> pa.DataType | None:
        """The type of the column, or with dots of the column inside a structure or list of structures."""
        steps = self._steps(path)
        return steps[-1].type if steps else None

    def raw(self, path: str) -> str:
        """SQL of the value as it is; NULL where the file has no such column."""
        steps = self._steps(path)
        if not steps:
            return "NULL"
        self._used.add(path.casefold())
        if pa.types.is_null(steps[-1].type):
            return "NULL"
        found = identifier(steps[0].name)
        for step in steps[1:]:
            found = f"struct_extract({found}, {literal(step.name)})"
        return found

    def text(self, path: str) -> str:
        """SQL of the value as text, NULL where it is empty."""
        return f"nullif(CAST({self.raw(path)} AS VARCHAR), '')"

    def decimal(self, path: str) -> str:
        """SQL of the value as an exact decimal; NULL where it is no number."""
        return decimal_sql(self.raw(path), self.kind(path))

    def time(self, path: str) -> str:
        """SQL of the moment as a UTC timestamp without zone."""
        kind = self.kind(path)
        if isinstance(kind, pa.TimestampType) and kind.tz is not None:
            return f"timezone('UTC', {self.raw(path)})"
        if kind is not None and pa.types.is_string(kind):
            return f"timezone('UTC', TRY_CAST({self.raw(path)} AS TIMESTAMPTZ))"
        return f"CAST({self.raw(path)} AS TIMESTAMP)"

    def rest(self) -> Iterator[tuple[str, str]]:
        """Name and SQL of all that was not asked for and can hold a value: columns, and columns inside structures."""
        for field in self._schema:
            if field.name.casefold() in self._used or pa.types.is_null(field.type):
                continue
            if not pa.types.is_struct(field.type):
                yield field.name, identifier(field.name)
                continue
            for inner in field.type:
                is_used = f"{field.name}.{inner.name}".casefold() in self._used
                if not is_used and not pa.types.is_null(inner.type):
                    yield (
                        f"{field.name}_{inner.name}",
                        f"struct_extract({identifier(field.name)}, {literal(inner.name)})",
                    )

    def _steps(self, path: str) -> list[pa.Field[Any]]:
        steps: list[pa.Field[Any]] = []
        fields: Sequence[pa.Field[Any]] = list(self._schema)
        for name in path.split("."):
            found = next((each for each in fields if each.name.casefold() == name.casefold()), None)
            if found is None:
                return []
            steps.append(found)
            inner = found.type.value_type if isinstance(found.type, pa.ListType) else found.type
            fields = list(inner) if isinstance(inner, pa.StructType) else []
        return steps


def decimal_sql(expression: str, kind: pa.DataType | None) -> str:
    """SQL of an amount as an exact decimal: floats by their shortest text, because that is what was billed."""
    if kind is not None and pa.types.is_floating(kind):
        return f"TRY_CAST(CAST({expression} AS VARCHAR) AS {DECIMAL_SQL})"
    return f"TRY_CAST({expression} AS {DECIMAL_SQL})"


def open_columns(path: Path, required: Sequence[str]) -> NativeColumns:
    """The columns of a file that must have at least ``required``.

    Raises:
        InvalidFocusFile: not a Parquet file, or a column is missing.
    """
    try:
        columns = NativeColumns(pq.read_schema(path))
    except (pa.ArrowInvalid, OSError) as fault:
        raise InvalidFocusFile(
            f"not a readable Parquet file ({str(fault).splitlines()[0]}); fetch or export it again", path=path
        ) from fault
    for name in required:
        if columns.kind(name) is None:
            raise InvalidFocusFile(
                f"no column {name}, which the billing export of Google Cloud has; export the table as it is",
                path=path,
                column=name,
            )
    return columns


def tally_of(path: Path, *, cost: str, credit_list: str | None) -> Tally:
    """Rows, cost and credits of a file, row group by row group."""
    total = Tally()
    with localcontext() as context, pq.ParquetFile(path) as stored:
        context.prec = 80
        names = [_actual(stored, name) for name in (cost, credit_list) if name is not None]
        for batch in stored.iter_batches(batch_size=_BATCH_ROWS, columns=names):
            amounts = batch.column(names[0])
            credit = _sum(_credit_amounts(batch.column(names[1]))) if credit_list is not None else Decimal(0)
            total = total.plus(Tally(rows=batch.num_rows, cost=_sum(amounts), credit=credit))
    return total


def read_tally(path: Path, *, cost: str, credit_list: str | None) -> NativeReading:
    """The second reading of a file: rows, and what becomes BilledCost."""
    tally = tally_of(path, cost=cost, credit_list=credit_list)
    return NativeReading(rows=tally.rows, billed_cost=tally.cost + tally.credit)


def _actual(stored: pq.ParquetFile, name: str) -> str:
    return next(each for each in stored.schema_arrow.names if each.casefold() == name.casefold())


def _credit_amounts(lists: pa.Array[Any]) -> pa.Array[Any]:
    flat: Any = pc.list_flatten(lists)
    position = next(i for i, field in enumerate(flat.type) if field.name.casefold() == "amount")
    amounts: pa.Array[Any] = pc.struct_field(flat, [position])
    return amounts


def _sum(amounts: pa.Array[Any]) -> Decimal:
    kind = amounts.type
    if pa.types.is_integer(kind) or (pa.types.is_decimal(kind) and kind.scale <= DECIMAL_PLACES):
        total: Any = pc.sum(amounts.cast(_SUM)).as_py()
        return Decimal(0) if total is None else Decimal(total).normalize()
    return sum((_amount(each) for each in amounts.to_pylist()), Decimal(0)).normalize()


def _amount(cell: Any) -> Decimal:
    if cell is None:
        return Decimal(0)
    number = Decimal(repr(cell) if isinstance(cell, float) else cell)
    if not number.is_finite() or abs(number) >= _UNREADABLE_FROM:
        return Decimal(0)
    return number.quantize(_STEP, rounding=ROUND_HALF_UP)

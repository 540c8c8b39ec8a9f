"""Money of the table format: plainly written amounts a column at a time, the rest row by row as in the JSON format."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from optimizer.errors import InvalidProblem
from optimizer.exchange.schemas import money
from optimizer.exchange.table_columns import is_text
from optimizer.problem.arrow import Column, values_of
from optimizer.units import MAX_TOTAL_MICRO_USD, MICRO_USD_PER_USD, micro_usd_exactly

MICRO: Final = pa.decimal128(38, 6)
"""Decimals whose stored integer is micro-USD."""
BEYOND_MICRO_USD: Final = MAX_TOTAL_MICRO_USD // MICRO_USD_PER_USD * MICRO_USD_PER_USD
PLAIN_PATTERN: Final = r"^-?[0-9]{1,12}(\.[0-9]{1,6})?$"
MAX_PLAIN_FLOAT_USD: Final = 2.0**32
"""Below it, neighbouring doubles are less than a micro-USD apart, so that each amount has a double of its own."""


def micro_amounts(column: Column, path: str) -> npt.NDArray[np.int64]:
    """Whole micro-USD; what the JSON format refuses is refused here too."""
    micro = np.zeros(len(column), dtype=np.int64)
    is_plain = np.zeros(len(column), dtype=np.bool_)
    first = 0
    for chunk in column.chunks:
        rows = slice(first, first := first + len(chunk))
        micro[rows], is_plain[rows] = _plain(chunk)
    for row in np.flatnonzero(~is_plain).tolist():
        amount = column[row].as_py()
        try:
            micro[row] = micro_usd_exactly(money(amount))
        except ValueError as error:
            raise InvalidProblem(f"row {row}: {error} (found {amount!r})", path=path) from error
    return micro


def decimals(micro_usd: npt.NDArray[np.int64]) -> pa.Array[Any]:
    """The reverse of ``micro_amounts``."""
    words = np.stack([micro_usd, micro_usd >> 63], axis=1).astype("<i8")
    return pa.Array.from_buffers(MICRO, len(micro_usd), [None, pa.py_buffer(words.tobytes())])


Amounts = tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]


def _plain(chunk: pa.Array[Any]) -> Amounts:
    """Micro-USD, and where they are right; elsewhere the amount must be looked at by itself."""
    if pa.types.is_floating(chunk.type):
        return _from_floats(chunk)
    try:
        if is_text(chunk.type):
            return _from_text(chunk)
        if pa.types.is_integer(chunk.type) or pa.types.is_decimal(chunk.type):
            return _from_decimals(chunk)
    except pa.ArrowInvalid:
        pass  # An amount that no decimal of this precision holds: the row by row reading finds and names it.
    return np.zeros(len(chunk), dtype=np.int64), np.zeros(len(chunk), dtype=np.bool_)


def _from_decimals(chunk: pa.Array[Any]) -> Amounts:
    stored = chunk.cast(MICRO)
    words = np.frombuffer(memoryview(stored.buffers()[1] or b""), dtype="<i8").reshape(-1, 2)
    low, high = words[stored.offset : stored.offset + len(stored)].T
    fits = (high == low >> 63) & (low > -BEYOND_MICRO_USD) & (low < BEYOND_MICRO_USD)
    return low, fits & values_of(stored.is_valid())


def _from_text(chunk: pa.Array[Any]) -> Amounts:
    is_plain = pc.match_substring_regex(chunk, PLAIN_PATTERN)
    return _from_decimals(pc.if_else(is_plain, chunk, pa.nulls(len(chunk), chunk.type)))


def _from_floats(chunk: pa.Array[Any]) -> Amounts:
    """A double means its shortest decimal: one with at most six decimals where whole micro-USD give the double back."""
    usd = values_of(chunk.cast(pa.float64()), null=np.nan)
    usd = np.where(np.abs(usd) < MAX_PLAIN_FLOAT_USD, usd, np.nan)
    micro = np.rint(usd * MICRO_USD_PER_USD)
    is_plain = micro / MICRO_USD_PER_USD == usd
    return np.where(is_plain, micro, 0).astype(np.int64), is_plain

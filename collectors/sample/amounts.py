"""Exact money and quantities as columns: integers of a billionth, turned into decimals only when written."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

NANO_PER_UNIT: Final = 1_000_000_000
PICO_PER_UNIT: Final = 1_000_000_000_000
NANO_DIGITS: Final = 9
PICO_DIGITS: Final = 12
_AMOUNT: Final = pa.decimal128(38, 12)

Integers = npt.NDArray[np.int64]


def nano_usd(quantity_nano: Integers, pico_usd: Integers) -> Integers:
    """Quantity (billionths of a unit) times unit price (pico-USD), in billionths of a dollar, rounded half to even.

    >>> nano_usd(np.array([2_500_000_000]), np.array([40_000_000_000])).tolist()
    [100000000]
    """
    return np.rint(quantity_nano.astype(np.float64) / PICO_PER_UNIT * pico_usd).astype(np.int64)


def decimals(values: Integers, digits: int) -> pa.Array[Any]:
    """DECIMAL(38, 12) of integers that count units of ``10 ** -digits``, exactly."""
    words = np.empty((len(values), 2), dtype="<i8")  # low and high half of each 128-bit integer
    words[:, 0] = values
    words[:, 1] = values >> 63
    counted = pa.Array.from_buffers(pa.decimal128(38, digits), len(values), [None, pa.py_buffer(words.tobytes())])
    return counted.cast(_AMOUNT)

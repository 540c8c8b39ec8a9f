"""Arrow columns as numpy: exact decimals as integers of pico-USD, names as codes of a sorted vocabulary."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from optimizer.pricing.schema import PRICE

Values = TypeVar("Values", bound=npt.NDArray[Any])


def frozen(values: Values) -> Values:
    """The same array, made read-only: answers that are shared must not be changed by who asked."""
    values.setflags(write=False)
    return values


def pico_usd_of(column: pa.ChunkedArray[Any]) -> npt.NDArray[np.int64]:
    """DECIMAL(24, 12) amounts in USD as int64 pico-USD, exactly: the stored integer of such a decimal *is* pico-USD.

    Raises:
        OverflowError: an amount beyond about 9.2 million USD, which int64 does not hold.
    """
    values = _one_array(column)
    if len(values) == 0:
        return np.zeros(0, dtype=np.int64)
    words = np.frombuffer(values.buffers()[1], dtype="<i8").reshape(-1, 2)[values.offset : values.offset + len(values)]
    low, high = words[:, 0], words[:, 1]
    if ((low >> 63) != high).any():
        raise OverflowError("a unit price beyond 9.2 million USD does not fit the price book")
    return low.copy()


def prices_of(pico_usd: npt.NDArray[np.int64]) -> pa.Array[Any]:
    """The reverse of ``pico_usd_of``."""
    words = np.stack([pico_usd, pico_usd >> 63], axis=1).astype("<i8")
    return pa.Array.from_buffers(PRICE, len(pico_usd), [None, pa.py_buffer(words.tobytes())])


def decimal_usd(pico_usd: int) -> Decimal:
    """An amount of pico-USD in USD, exactly."""
    return Decimal(pico_usd).scaleb(-12)


def texts_of(column: pa.ChunkedArray[Any]) -> list[str]:
    """Values of a column of text without nulls, as Python strings.

    Raises:
        TypeError: a value is null.
    """
    texts = column.to_pylist()
    if column.null_count:
        raise TypeError(f"{column.null_count} of {len(texts)} texts are null; the column must not have any")
    return [str(text) for text in texts]


def equals(column: pa.ChunkedArray[Any], text: str) -> npt.NDArray[np.bool_]:
    """Bool ``[row]``: where the column holds ``text``."""
    equal: npt.NDArray[np.bool_] = codes_of(column, (text,)) == 0
    return equal


def codes_of(column: pa.ChunkedArray[Any], vocabulary: Sequence[str]) -> npt.NDArray[np.int64]:
    """Position in ``vocabulary`` of every value, -1 for null and for what it lacks."""
    positions = pc.index_in(_one_array(column), value_set=pa.array(list(vocabulary), type=pa.string()))
    codes: npt.NDArray[np.int64] = positions.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    return codes


def vocabulary_of(column: pa.ChunkedArray[Any]) -> tuple[str, ...]:
    """Distinct values, ascending."""
    return tuple(sorted(value for value in pc.unique(_one_array(column)).to_pylist() if value is not None))


def floats_of(column: pa.ChunkedArray[Any], *, null: float = np.nan) -> npt.NDArray[np.float64]:
    """Float64 values, ``null`` where there is none."""
    filled = pc.fill_null(_one_array(column), null)
    floats: npt.NDArray[np.float64] = filled.to_numpy(zero_copy_only=False).astype(np.float64)
    return floats


def _one_array(column: Any) -> Any:
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if isinstance(array, pa.ChunkedArray):
        array = array.chunk(0) if array.num_chunks == 1 else pa.concat_arrays(array.chunks)
    if isinstance(array, pa.DictionaryArray):
        array = array.dictionary_decode()
    return array

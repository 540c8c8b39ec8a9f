"""Arrow columns from and to numpy.

Whatever pyarrow itself converts from or to Python and numpy makes it import pandas, which takes a second and 50 MB.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Column: TypeAlias = "pa.ChunkedArray[Any]"


def text_array(texts: Iterable[str]) -> pa.Array[Any]:
    """Strings as Arrow text."""
    encoded = [text.encode() for text in texts]
    ends = np.cumsum([0, *map(len, encoded)], dtype=np.int64)
    buffers = [None, pa.py_buffer(ends.data), pa.py_buffer(b"".join(encoded))]
    return pa.Array.from_buffers(pa.large_string(), len(encoded), buffers).cast(pa.string())


def array_of(values: npt.NDArray[Any]) -> pa.Array[Any]:
    """Numbers as an Arrow array of the same width, not copied."""
    buffer = pa.py_buffer(np.ascontiguousarray(values).data)
    return pa.Array.from_buffers(pa.from_numpy_dtype(values.dtype), len(values), [None, buffer])


def values_of(column: Column | pa.Array[Any], *, null: float = 0) -> npt.NDArray[Any]:
    """Numbers or truth values of a column, ``null`` where it has none."""
    if pa.types.is_boolean(column.type):
        return values_of(column.cast(pa.uint8()), null=null).astype(np.bool_)
    chunks = column.chunks if isinstance(column, pa.ChunkedArray) else [column]
    parts = [_chunk_values(chunk, null) for chunk in chunks if len(chunk)]
    if len(parts) == 1:
        return parts[0]
    return np.concatenate(parts) if parts else np.zeros(0, dtype=column.type.to_pandas_dtype())


def _chunk_values(chunk: pa.Array[Any], null: float) -> npt.NDArray[Any]:
    stored = np.frombuffer(memoryview(chunk.buffers()[1] or b""), dtype=chunk.type.to_pandas_dtype())
    values = stored[chunk.offset : chunk.offset + len(chunk)]
    return np.where(values_of(chunk.is_valid()), values, values.dtype.type(null)) if chunk.null_count else values

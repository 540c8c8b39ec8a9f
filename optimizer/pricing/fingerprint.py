"""Content hash of a price book's tables, the same for any order of their rows."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

LENGTH: Final = 16

_SORT_KEYS: Final = {
    "rows": ("sku_price_id",),
    "machines": ("service", "sku"),
    "transfers": ("from_place_id", "to_place_id"),
    "round_trips": ("from_place_id", "to_place_id"),
    "places": ("place_id",),
}


def fingerprint(tables: Mapping[str, pa.Table]) -> str:
    """First 16 hex digits of the SHA-256 of all tables (by the names of ``schema.TABLES``), sorted by their keys."""
    digest = hashlib.sha256()
    for name, keys in _SORT_KEYS.items():
        table = tables[name]
        order = pc.sort_indices(table, sort_keys=[(key, "ascending") for key in keys])
        digest.update(f"{name}:{table.num_rows}".encode())
        for column_name in table.column_names:
            digest.update(column_name.encode())
            _add_column(digest, table.column(column_name).take(order))
    return digest.hexdigest()[:LENGTH]


def _add_column(digest: hashlib._Hash, column: pa.ChunkedArray[Any]) -> None:
    """Feed values in a form that depends on nothing but the values: neither chunks, nor offsets, nor padding."""
    array: Any = pa.concat_arrays(column.chunks) if column.num_chunks != 1 else column.chunk(0)
    digest.update(pc.is_valid(array).cast(pa.uint8()).to_numpy(zero_copy_only=False).tobytes())
    if pa.types.is_list(array.type):
        array = pc.binary_join(array, ";")
    if pa.types.is_string(array.type):
        coded = array.dictionary_encode()
        words = coded.dictionary.to_pylist()
        digest.update("\x1f".join(words).encode())
        digest.update(coded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype("<i4").tobytes())
        return
    if pa.types.is_decimal(array.type):
        digest.update(bytes(array.buffers()[1])[array.offset * 16 : (array.offset + len(array)) * 16])
        return
    if pa.types.is_date(array.type):
        array = array.cast(pa.int32())
    digest.update(array.fill_null(0).to_numpy(zero_copy_only=False).tobytes())

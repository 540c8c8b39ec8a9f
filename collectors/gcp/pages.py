"""Rows of BigQuery as a Parquet file, written a page at a time."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from collectors.store.schema import DECIMAL_DIGITS, DECIMAL_PLACES

_COMPRESSION: Final = "zstd"
_MONEY: Final = pa.decimal128(DECIMAL_DIGITS, DECIMAL_PLACES)


def write_pages(pages: Iterable[pa.RecordBatch], path: Path, *, cost: str, credit_list: str | None) -> None:
    """One row group a page, so that memory holds one page whatever the month's size; no file where there is no page.

    Amounts that come as BIGNUMERIC, which has more digits than DuckDB reads exactly, become decimals of the width that
    is stored; the query rounded them to its places.
    """
    writer: pq.ParquetWriter | None = None
    try:
        for page in pages:
            narrow = page.cast(_narrowed(page.schema, cost, credit_list))
            if writer is None:
                writer = pq.ParquetWriter(path, narrow.schema, compression=_COMPRESSION)
            writer.write_batch(narrow)
    finally:
        if writer is not None:
            writer.close()


def _narrowed(schema: pa.Schema, cost: str, credit_list: str | None) -> pa.Schema:
    return pa.schema([_narrow_field(field, cost, credit_list) for field in schema])


def _narrow_field(field: pa.Field[Any], cost: str, credit_list: str | None) -> pa.Field[Any]:
    if field.name.casefold() == cost.casefold():
        return _narrow(field)
    if credit_list is None or field.name.casefold() != credit_list.casefold():
        return field
    item = field.type.value_field
    inner = [_narrow(each) if each.name.casefold() == "amount" else each for each in item.type]
    return field.with_type(pa.list_(item.with_type(pa.struct(inner))))


def _narrow(field: pa.Field[Any]) -> pa.Field[Any]:
    return field.with_type(_MONEY) if pa.types.is_decimal256(field.type) else field

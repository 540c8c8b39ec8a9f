"""Writing FOCUS files of any version from columns under their 1.4 names."""

from __future__ import annotations

import gzip
import json
import shutil
from pathlib import Path
from typing import Any, Final

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from collectors.errors import InvalidFocusFile
from collectors.focus.versions import VERSIONS, columns_of
from collectors.store.raw import SUFFIXES, suffix_of
from collectors.store.schema import COLUMN_BY_NAME, DECIMAL_DIGITS, DECIMAL_PLACES, Kind

_ARROW_TYPES: Final[dict[Kind, Any]] = {
    Kind.TEXT: pa.string(),
    Kind.JSON: pa.string(),
    Kind.DECIMAL: pa.decimal128(DECIMAL_DIGITS, DECIMAL_PLACES),
    Kind.TIME: pa.timestamp("us"),
}
_TIME_FORMAT: Final = "%Y-%m-%dT%H:%M:%SZ"


def write_focus(table: pa.Table | pd.DataFrame, path: Path, *, version: str = "1.4") -> None:
    """Write rows as a FOCUS file; the suffix of ``path`` chooses CSV, CSV.GZ or Parquet.

    Columns that ``version`` defines and the table lacks are written empty; columns of later versions are left out;
    ``x_`` columns are kept. ``ProviderName`` and ``PublisherName`` of 1.0 to 1.3 are taken from
    ``ServiceProviderName`` unless the table has them.

    Args:
        table: rows under 1.4 names; times in UTC, JSON columns as text or as dicts, money as Decimal, text or numbers.
        path: file to write; its folder exists.
        version: one of ``VERSIONS``.

    Raises:
        InvalidFocusFile: unknown suffix.
        ValueError: unknown version.
    """
    if version not in VERSIONS:
        raise ValueError(f"FOCUS version {version!r} is not one of {', '.join(VERSIONS)}")
    suffix = suffix_of(path)
    if suffix is None:
        raise InvalidFocusFile(f"cannot tell the format; end the name in {', '.join(SUFFIXES)}", path=path)
    rows = pa.Table.from_pandas(table, preserve_index=False) if isinstance(table, pd.DataFrame) else table
    written = _as_version(rows, version)
    if suffix == ".parquet":
        pq.write_table(written, path)
        return
    plain = path if suffix == ".csv" else path.with_name(path.name + ".plain")
    pa_csv.write_csv(_as_text(written), plain)
    if suffix == ".csv.gz":
        # Time 0 and no name in the header: the same rows give the same bytes.
        with (
            plain.open("rb") as reading,
            path.open("wb") as file,
            gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0) as writing,
        ):
            shutil.copyfileobj(reading, writing)
        plain.unlink()


def _as_version(rows: pa.Table, version: str) -> pa.Table:
    arrays: dict[str, Any] = {}
    for name in columns_of(version):
        origin = name if name in rows.column_names or name in COLUMN_BY_NAME else "ServiceProviderName"
        kind = COLUMN_BY_NAME[name].kind if name in COLUMN_BY_NAME else Kind.TEXT
        if origin in rows.column_names:
            arrays[name] = _cast(rows.column(origin), kind)
        else:
            arrays[name] = pa.array([None] * rows.num_rows, _ARROW_TYPES[kind])
    for name in rows.column_names:
        if name.startswith("x_"):
            arrays[name] = rows.column(name)
    return pa.table(arrays)


def _cast(column: Any, kind: Kind) -> Any:
    """An Arrow column as the type of its kind."""
    if kind is Kind.JSON and pa.types.is_nested(column.type):
        return pa.array([_json(value) for value in column.to_pylist()], pa.string())
    if kind is Kind.TIME and (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        column = pc.replace_substring_regex(column, "Z$", "")
    if kind is Kind.TIME and pa.types.is_timestamp(column.type) and column.type.tz is not None:
        column = column.cast(pa.timestamp("us", "UTC"))
    if kind is Kind.DECIMAL and pa.types.is_floating(column.type):
        column = pc.round(column, DECIMAL_PLACES)
    return column.cast(_ARROW_TYPES[kind], safe=False)


def _json(value: Any) -> str | None:
    if value is None:
        return None
    pairs = value if isinstance(value, dict) else dict(value)
    return json.dumps({name: each for name, each in pairs.items() if each is not None}, ensure_ascii=False)


def _as_text(rows: pa.Table) -> pa.Table:
    """Every column as text: times as ISO 8601 in UTC, decimals in plain notation."""
    arrays: dict[str, Any] = {}
    for name in rows.column_names:
        column: Any = rows.column(name)
        if pa.types.is_timestamp(column.type):
            column = pc.strftime(column.cast(pa.timestamp("s"), safe=False), format=_TIME_FORMAT)
        elif pa.types.is_nested(column.type):
            column = pa.array([_json(value) for value in column.to_pylist()], pa.string())
        arrays[name] = column.cast(pa.string())
    return pa.table(arrays)

"""Lines of a CSV that are no rows: too few or too many cells, or text that is not UTF-8. Kept, with what they tell."""

from __future__ import annotations

import csv
import gzip
import io
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import IO, Any, Final, cast

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from collectors.errors import InvalidFocusFile
from collectors.focus.bill import Bill
from collectors.focus.values import CURRENCIES
from collectors.store.schema import DECIMAL_DIGITS, DECIMAL_PLACES, PERIOD, SOURCE
from collectors.store.sql import literal

MALFORMED: Final = "malformed_line"
MOST_LINES: Final = 100_000
_LONGEST_RECORD_LINES: Final = 50
_TYPES: Final[dict[str, Any]] = {
    "row_number": pa.int64(),
    "line": pa.string(),
    "fault": pa.string(),
    "currency": pa.string(),
    "billed_cost": pa.decimal128(DECIMAL_DIGITS, DECIMAL_PLACES),
    "billed_cost_text": pa.string(),
}


def write_malformed(bill: Bill, connection: duckdb.DuckDBPyConnection, path: Path) -> Path:
    """Move the lines that DuckDB set aside from its table ``reject_errors`` into a Parquet file.

    A line with as many cells as the header (its fault is one cell's encoding) still tells its cost and currency.

    Raises:
        InvalidFocusFile: so many lines are broken that the file is no CSV of this shape.
    """
    lines = connection.execute(
        "SELECT line, min(line_byte_position), string_agg(DISTINCT error_message, ' ' ORDER BY error_message) "
        f"FROM reject_errors GROUP BY line ORDER BY line LIMIT {MOST_LINES + 1}"
    ).fetchall()
    if len(lines) > MOST_LINES:
        raise InvalidFocusFile(
            f"more than {MOST_LINES} lines have more or fewer cells than the header, or are not UTF-8, the first of "
            f"them line {lines[0][0]}; nothing of it was stored; export it again",
            path=bill.raw.origin,
        )
    connection.execute("DROP TABLE reject_errors; DROP TABLE reject_scans")
    rows = []
    # DuckDB's own copy of a line drops the characters around a broken one, so the line is read again from the file.
    with _open_bytes(bill.raw.path) as stream:
        for number, byte_position, fault in lines:
            stream.seek(byte_position - 1)
            line, cells = _read_record(bill, stream)
            rows.append((number, line, fault, *_cost_of(bill, cells)))
    columns = list(zip(*rows, strict=True)) or [()] * len(_TYPES)
    table = {name: pa.array(column, kind) for (name, kind), column in zip(_TYPES.items(), columns, strict=True)}
    pq.write_table(pa.table(table), path)
    return path


def malformed_query(path: Path, sha256: str) -> str:
    """SQL of the lines that ``write_malformed`` kept of the file ``sha256``, in the stored form of rejects."""
    return (
        f"SELECT CAST(NULL AS VARCHAR) AS {SOURCE}, CAST(NULL AS VARCHAR) AS {PERIOD}, {literal(sha256)} AS file, "
        f"row_number, '{MALFORMED}' AS reason, currency, billed_cost, billed_cost_text, "
        f"json_object('line', line, 'fault', fault)::VARCHAR AS cells FROM read_parquet({literal(str(path))})"
    )


def _open_bytes(path: Path) -> IO[bytes]:
    return cast(IO[bytes], gzip.open(path)) if path.name.endswith(".gz") else path.open("rb")


def _read_record(bill: Bill, stream: IO[bytes]) -> tuple[str, list[str]]:
    """The record that starts here, as text and cells: one line, or more when a quoted cell runs on."""
    first = text = stream.readline().decode("utf-8", "replace")
    for _ in range(_LONGEST_RECORD_LINES):
        cells = next(csv.reader(io.StringIO(text, newline=""), delimiter=bill.delimiter or ","), [])
        if len(cells) >= len(bill.header):
            return text.rstrip("\r\n"), cells
        following = stream.readline().decode("utf-8", "replace")
        if text.count('"') % 2 == 0 or not following:
            break
        text += following
    return first.rstrip("\r\n"), []


def _cost_of(bill: Bill, cells: list[str]) -> tuple[str | None, Decimal | None, str | None]:
    """Currency, cost and the cost's text, as far as the cells tell them."""
    if len(cells) != len(bill.header):
        return None, None, None
    by_name = dict(zip(bill.header, cells, strict=True))
    currency = by_name[bill.cells["BillingCurrency"]].strip().upper()
    known = currency if currency in CURRENCIES else None
    text = by_name[bill.cells["BilledCost"]]
    try:
        return known, round(Decimal(text.strip()), DECIMAL_PLACES), text
    except InvalidOperation:
        return known, None, text

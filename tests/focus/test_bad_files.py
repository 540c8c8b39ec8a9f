"""A file that is no FOCUS bill is refused with a sentence that says what to do, and leaves nothing behind."""

from __future__ import annotations

import gzip
from datetime import datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from collectors.errors import InvalidFocusFile, Terminal
from collectors.focus import columns_of, ingest_files
from collectors.store import IngestStore
from tests.focus.bills import NOW, csv_text, row, write_bill


def without(*columns: str) -> bytes:
    return csv_text([row()], columns=[name for name in columns_of("1.2") if name not in columns]).encode()


GOOD = csv_text([row()]).encode()
CASES = {
    "empty.csv": (b"", "line 1 is empty"),
    "blank.csv": (b"\n\n", "line 1 is empty"),
    "nocost.csv": (without("BilledCost", "ServiceName"), "no column BilledCost, ServiceName, which FOCUS 1.2 makes"),
    "other.csv": (b"a,b\n1,2\n", "no column BilledCost"),
    "twice.csv": (GOOD.replace(b"BilledCost", b"BillingCurrency", 1), "column BillingCurrency stands there twice"),
    "unnamed.csv": (b"," + GOOD, "column 1 has no name"),
    "latin.csv": (b"caf\xe9,b\n1,2\n", "line 1 is not UTF-8"),
    "cut.csv.gz": (gzip.compress(GOOD * 200)[:-40], "not a whole gzip file"),
    "plain.csv.gz": (GOOD, "not a whole gzip file"),
    "text.parquet": (GOOD, "not a readable Parquet file"),
    "none.parquet": (b"", "not a readable Parquet file"),
    "bill.txt": (GOOD, r"expected a name ending in \.csv, \.csv\.gz, \.parquet"),
}


@pytest.mark.parametrize("name", CASES)
def test_the_error_names_the_file_and_nothing_is_stored(store: IngestStore, tmp_path: Path, name: str) -> None:
    content, message = CASES[name]
    good = write_bill(tmp_path / "good.csv", [row()])
    ingest_files(store, [good], ingested_at=NOW)
    before = store.fingerprint()
    path = tmp_path / name
    path.write_bytes(content)

    with pytest.raises(InvalidFocusFile, match=message) as caught:
        ingest_files(store, [write_bill(tmp_path / "more.csv", [row(BilledCost="9")]), path], ingested_at=NOW)

    assert caught.value.path == path
    assert isinstance(caught.value, Terminal)
    assert (store.fingerprint(), len(store.history())) == (before, 1)
    assert [each.name for each in (store.folder / "staging").iterdir() if each.name.startswith("writer")] == []


def test_a_missing_column_is_an_attribute_of_the_error(store: IngestStore, tmp_path: Path) -> None:
    (tmp_path / "bill.csv").write_bytes(without("ChargeCategory"))
    with pytest.raises(InvalidFocusFile) as caught:
        ingest_files(store, [tmp_path / "bill.csv"], ingested_at=NOW)
    assert caught.value.column == "ChargeCategory"


def test_a_path_that_does_not_exist_is_refused(store: IngestStore, tmp_path: Path) -> None:
    with pytest.raises(InvalidFocusFile, match="no such file or folder"):
        ingest_files(store, [tmp_path / "bill.csv"], ingested_at=NOW)


def test_a_truncated_parquet_file_is_refused(store: IngestStore, tmp_path: Path) -> None:
    bill = write_bill(tmp_path / "bill.parquet", [row() for _ in range(500)])
    bill.write_bytes(bill.read_bytes()[:-100])
    with pytest.raises(InvalidFocusFile, match="not a readable Parquet file"):
        ingest_files(store, [bill], ingested_at=NOW)


def test_a_parquet_file_with_damaged_pages_is_refused(store: IngestStore, tmp_path: Path) -> None:
    bill = write_bill(tmp_path / "bill.parquet", [row(ResourceId=f"r-{n}-{n * n}") for n in range(2000)])
    content = bytearray(bill.read_bytes())
    start = pq.ParquetFile(bill).metadata.row_group(0).column(1).data_page_offset
    content[start : start + 60] = b"\xff" * 60
    bill.write_bytes(bytes(content))
    with pytest.raises(InvalidFocusFile, match="cannot be read to its end"):
        ingest_files(store, [bill], ingested_at=NOW)


def test_a_header_without_rows_stores_and_erases_nothing(store: IngestStore, tmp_path: Path) -> None:
    ingest_files(store, [write_bill(tmp_path / "good.csv", [row()])], ingested_at=NOW)
    before = store.fingerprint()
    for suffix in (".csv", ".parquet"):
        report = ingest_files(store, [write_bill(tmp_path / f"empty{suffix}", [])], ingested_at=NOW)
        assert (report.versions, report.rows, report.unchanged) == ((), 0, False)
    assert store.fingerprint() == before


def test_a_row_of_another_month_stops_a_delivery_of_one_month(store: IngestStore, tmp_path: Path) -> None:
    bill = write_bill(tmp_path / "bill.csv", [row(), row(BillingPeriodStart="2025-02-01T00:00:00Z")])
    with pytest.raises(InvalidFocusFile, match="1 rows have BillingPeriodStart in 2025-02"):
        ingest_files(store, [bill], period="2025-01", ingested_at=NOW)
    assert store.history() == ()


def test_a_moment_without_zone_is_refused(store: IngestStore, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="has no time zone"):
        ingest_files(store, [tmp_path], ingested_at=datetime(2025, 1, 1))


def test_an_empty_call_is_refused(store: IngestStore) -> None:
    with pytest.raises(ValueError, match="no paths were given"):
        ingest_files(store, [], ingested_at=NOW)

"""What is written: the same bytes every time, in each vendor's FOCUS version, read by the real store without loss."""

from __future__ import annotations

import gzip
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from collectors.focus import IngestReport, detect_version
from collectors.inventory import read_inventory
from collectors.sample import SampleManifest, write_sample_estate
from optimizer.errors import MissingPrice
from optimizer.pricing.book import PriceBook
from tests.sample.conftest import SMALL_SCALE, one

VERSIONS = {"aws": "1.2", "azure": "1.0", "gcp": "1.0", "snowflake": "1.3", "databricks": "1.4"}


def _bytes(manifest: SampleManifest) -> dict[str, bytes]:
    return {str(path.relative_to(manifest.folder)): path.read_bytes() for path in manifest.files}


def test_the_same_arguments_give_the_same_bytes(book: PriceBook, small: SampleManifest, tmp_path: Path) -> None:
    again = write_sample_estate(tmp_path, prices=book, scale=SMALL_SCALE)
    assert _bytes(again) == _bytes(small)
    assert again.annual_usd == small.annual_usd


def test_another_seed_gives_another_estate(book: PriceBook, small: SampleManifest, tmp_path: Path) -> None:
    other = write_sample_estate(tmp_path, prices=book, scale=SMALL_SCALE, seed=8)
    assert _bytes(other)["inventory/workloads.csv"] != _bytes(small)["inventory/workloads.csv"]


def test_there_is_a_bill_for_every_vendor_and_month(small: SampleManifest) -> None:
    assert {(path.parent.name, path.name[:7]) for path in small.bills} == {
        (vendor, month) for vendor in VERSIONS for month in ("2026-08", "2026-09", "2026-10")
    }
    assert small.as_of_on == date(2026, 11, 1)


def test_every_vendor_writes_its_own_focus_version(small: SampleManifest) -> None:
    for path in small.bills:
        assert detect_version(_header(path)) == VERSIONS[path.parent.name], path


def _header(path: Path) -> list[str]:
    if path.suffix == ".parquet":
        return list(pq.read_schema(path).names)
    raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return [name.strip('"') for name in raw.split(b"\n", 1)[0].decode().split(",")]


def test_the_store_takes_every_row_and_finds_nothing_odd(
    whole: SampleManifest, ingested: tuple[IngestReport, duckdb.DuckDBPyConnection]
) -> None:
    report, connection = ingested
    assert report.rejected_rows == 0
    assert report.oddities == ()
    assert report.rows == whole.counts["rows"]
    assert len(report.versions) == 15
    assert one(connection, "SELECT count(DISTINCT source) FROM cost_and_usage") == (5,)


def test_the_inventory_passes_its_own_checks_at_every_scale(book: PriceBook, tmp_path: Path) -> None:
    for scale in (0.01, 0.03, 0.3):
        manifest = write_sample_estate(tmp_path / str(scale), prices=book, scale=scale, seed=3)
        assert len(read_inventory(manifest.inventory).workloads) == manifest.counts["workloads"]


def test_a_tenth_of_the_scale_is_a_tenth_of_the_estate(small: SampleManifest, whole: SampleManifest) -> None:
    assert small.counts["stored_gb"] == pytest.approx(whole.counts["stored_gb"] / 10, rel=1e-6)
    assert small.counts["workloads"] == pytest.approx(whole.counts["workloads"] / 10, rel=0.1)
    assert small.total_annual_usd == pytest.approx(whole.total_annual_usd / 10, rel=Decimal("0.35"))


def test_a_scale_that_is_not_positive_is_refused(book: PriceBook, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="scale is 0"):
        write_sample_estate(tmp_path, prices=book, scale=0)
    assert list(tmp_path.iterdir()) == []


def test_a_month_that_does_not_begin_on_its_first_day_is_refused(book: PriceBook, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="first day of a month"):
        write_sample_estate(tmp_path, prices=book, scale=SMALL_SCALE, first_month=date(2026, 8, 2))


def test_a_price_that_the_book_lacks_stops_it_before_anything_is_written(book: PriceBook, tmp_path: Path) -> None:
    tables = dict(book.tables())
    tables["rows"] = duckdb.arrow(tables["rows"]).filter("service <> 'aws_s3'").to_arrow_table()
    with pytest.raises(MissingPrice, match="aws_s3"):
        write_sample_estate(tmp_path, prices=PriceBook(tables), scale=SMALL_SCALE)
    assert list(tmp_path.iterdir()) == []

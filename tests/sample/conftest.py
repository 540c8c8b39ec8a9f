"""The sample estate, written once for all tests of this folder: small, and whole."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import duckdb
import pytest

from collectors.focus import IngestReport, ingest_files
from collectors.inventory import Inventory, read_inventory
from collectors.pricing import load_price_book
from collectors.sample import SampleManifest, write_sample_estate
from collectors.store import IngestStore
from optimizer.pricing.book import PriceBook

SMALL_SCALE = 0.1
INGESTED_AT = datetime(2026, 11, 2, 3, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def book() -> PriceBook:
    return load_price_book()


@pytest.fixture(scope="session")
def small(book: PriceBook, tmp_path_factory: pytest.TempPathFactory) -> SampleManifest:
    return write_sample_estate(tmp_path_factory.mktemp("small"), prices=book, scale=SMALL_SCALE)


@pytest.fixture(scope="session")
def whole(book: PriceBook, tmp_path_factory: pytest.TempPathFactory) -> SampleManifest:
    return write_sample_estate(tmp_path_factory.mktemp("whole"), prices=book)


@pytest.fixture(scope="session")
def inventory(whole: SampleManifest) -> Inventory:
    return read_inventory(whole.inventory)


@pytest.fixture(scope="session")
def ingested(
    whole: SampleManifest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[IngestReport, duckdb.DuckDBPyConnection]:
    store = IngestStore.open(tmp_path_factory.mktemp("store"))
    report = ingest_files(store, whole.bills, ingested_at=INGESTED_AT)
    return report, store.connect()


@pytest.fixture(scope="session")
def bills(ingested: tuple[IngestReport, duckdb.DuckDBPyConnection]) -> duckdb.DuckDBPyConnection:
    """The whole estate's bills as the view ``cost_and_usage``."""
    return ingested[1]


def one(connection: duckdb.DuckDBPyConnection, sql: str) -> tuple[object, ...]:
    """The only row of a query."""
    (row,) = connection.execute(sql).fetchall()
    return tuple(row)


def annual(amount: object) -> Decimal:
    """Twelve months of what three months sum to."""
    return Decimal(str(amount)) * 4

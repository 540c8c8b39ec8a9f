"""What no delivery may be, whatever the vendor: named twice, of another month, of other rows than its manifest says."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Literal

import duckdb
import pytest

from collectors.commit import FailedPeriod, StoredPeriod, UnchangedPeriod
from collectors.errors import InvalidFocusFile, InvalidManifest, RowsDisagree, StoreUnwritable
from collectors.focus import ingest_files
from collectors.focus.dialect import FOCUS, Dialect, NativeReading
from collectors.store import IngestStore
from tests.commit.shelf import FEBRUARY, JANUARY, OF_FEBRUARY, Shelf, collect, shelf_in
from tests.focus.bills import NOW, row, write_bill


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return shelf_in(tmp_path / "shelf")


@pytest.fixture
def store(tmp_path: Path) -> IngestStore:
    return IngestStore.open(tmp_path / "store")


def costs(store: IngestStore) -> dict[str, Decimal]:
    return {version.period: version.billed_cost.get("USD", Decimal(0)) for version in store.periods()}


def test_a_file_named_twice_is_refused_and_what_was_stored_stays(shelf: Shelf, store: IngestStore) -> None:
    shelf.put(JANUARY, [row(BilledCost="10")])
    collect(shelf, store)
    once = shelf.deliveries[JANUARY]
    shelf.deliveries[JANUARY] = replace(once, run_id="two", parts=once.parts * 2)
    outcome = collect(shelf, store).outcomes[0]
    assert isinstance(outcome, FailedPeriod)
    assert isinstance(outcome.error, InvalidManifest)
    assert "2 times" in str(outcome.error)
    assert costs(store) == {JANUARY: Decimal(10)}


def test_two_files_that_hold_the_same_row_are_both_paid(shelf: Shelf, store: IngestStore) -> None:
    shelf.put(JANUARY, [row(BilledCost="10")], [row(BilledCost="10")])
    collect(shelf, store)
    assert costs(store) == {JANUARY: Decimal(20)}


def test_rows_of_no_use_stay_with_their_delivery_whatever_month_they_name(shelf: Shelf, store: IngestStore) -> None:
    stray = row(BilledCost="70", BillingCurrency=None, **OF_FEBRUARY)
    ancient = row(BilledCost="5", BillingPeriodStart="1999-12-01T00:00:00Z")
    shelf.put(JANUARY, [row(BilledCost="10"), stray, ancient])
    shelf.put(FEBRUARY, [row(BilledCost="20", **OF_FEBRUARY), row(BilledCost="6", BillingCurrency="?", **OF_FEBRUARY)])
    assert not collect(shelf, store).failures
    assert {version.period: (version.rows, version.rejected_rows) for version in store.periods()} == {
        JANUARY: (1, 2),
        FEBRUARY: (1, 1),
    }
    again = collect(shelf, store)
    assert [type(each) for each in again.outcomes] == [UnchangedPeriod, UnchangedPeriod]
    assert len(store.history()) == 2
    with store.connect() as connection:
        assert connection.execute("SELECT sum(billed_cost) FROM rejects").fetchone() == (Decimal(81),)


def test_a_manifest_that_counts_other_rows_is_not_believed_even_for_bytes_seen_before(
    shelf: Shelf, store: IngestStore
) -> None:
    shelf.put(JANUARY, [row(BilledCost="10")], row_count=1)
    assert isinstance(collect(shelf, store).outcomes[0], StoredPeriod)
    shelf.deliveries[JANUARY] = replace(shelf.deliveries[JANUARY], run_id="two", row_count=9999)
    outcome = collect(shelf, store).outcomes[0]
    assert isinstance(outcome, FailedPeriod)
    assert isinstance(outcome.error, RowsDisagree)


def test_the_bytes_of_one_month_delivered_as_another_are_refused(shelf: Shelf, store: IngestStore) -> None:
    shelf.put(JANUARY, [row(BilledCost="10")])
    collect(shelf, store)
    shelf.put(FEBRUARY, [row(BilledCost="10")])
    outcome = collect(shelf, store).outcomes[1]
    assert isinstance(outcome, FailedPeriod)
    assert isinstance(outcome.error, InvalidFocusFile)
    assert costs(store) == {JANUARY: Decimal(10)}


def test_a_fault_tells_vendor_month_and_delivered_file_and_no_copy_of_it(shelf: Shelf, store: IngestStore) -> None:
    shelf.put(JANUARY, [row(BilledCost="10")])
    (shelf.folder / f"{JANUARY}-one-0.csv").write_bytes(b"a,b\n1,2\n")
    outcome = collect(shelf, store).outcomes[0]
    assert isinstance(outcome, FailedPeriod)
    assert str(outcome.error).startswith(
        f"focus {JANUARY}, file:{shelf.folder}, {JANUARY}-one-0.csv: no column BilledCost"
    )
    assert str(store.folder) not in str(outcome.error)


@pytest.mark.parametrize("raised_by", ["dialect", "engine"])
def test_a_fault_of_a_translation_names_the_delivered_file_too(
    shelf: Shelf, store: IngestStore, raised_by: Literal["dialect", "engine"]
) -> None:
    def translate(native: Path, target: Path, engine: duckdb.DuckDBPyConnection) -> None:
        if raised_by == "dialect":
            raise InvalidFocusFile("no column cost", path=native)
        engine.execute(f"SELECT * FROM read_csv('{native}', columns = {{a: 'INTEGER'}}, auto_detect = false)")

    def read_natively(native: Path) -> NativeReading:
        raise AssertionError("the translation failed before")

    shelf.dialect = Dialect(name="native", version="1", translate=translate, read_natively=read_natively)
    shelf.put(JANUARY, [row(BilledCost="10")])
    outcome = collect(shelf, store).outcomes[0]
    assert isinstance(outcome, FailedPeriod)
    assert isinstance(outcome.error, InvalidFocusFile)
    assert str(outcome.error).startswith(f"focus {JANUARY}, file:{shelf.folder}, {JANUARY}-one-0.csv: ")
    assert str(store.folder) not in str(outcome.error)


def test_what_is_odd_in_a_collected_file_is_told_by_its_delivered_name(shelf: Shelf, store: IngestStore) -> None:
    shelf.put(JANUARY, [row(), row(ResourceName="NULL")])
    outcome = collect(shelf, store).outcomes[0]
    assert isinstance(outcome, StoredPeriod)
    assert [each.examples for each in outcome.report.oddities] == [(f"{JANUARY}-one-0.csv:row 2",)]


def test_a_full_disk_while_fetching_is_a_fault_of_the_store(shelf: Shelf, store: IngestStore) -> None:
    def fail() -> None:
        raise OSError(28, "No space left on device")

    shelf.put(JANUARY, [row(BilledCost="10")])
    shelf.before_fetch = fail
    with pytest.raises(StoreUnwritable, match="No space left"):
        collect(shelf, store)


def test_what_an_older_normaliser_stored_and_nobody_replayed_is_fetched_again(shelf: Shelf, store: IngestStore) -> None:
    shelf.put(JANUARY, [row(BilledCost="10")])
    collect(shelf, store)
    shelf.dialect = replace(FOCUS, version="2")
    assert isinstance(collect(shelf, store).outcomes[0], StoredPeriod)
    assert isinstance(collect(shelf, store).outcomes[0], UnchangedPeriod)


def test_a_file_ingested_by_hand_still_keeps_a_row_with_the_month_it_names(store: IngestStore, tmp_path: Path) -> None:
    bill = write_bill(tmp_path / "bill.csv", [row(), row(BilledCost="7", BillingCurrency=None, **OF_FEBRUARY)])
    ingest_files(store, [bill], source="hand", ingested_at=NOW)
    assert {version.period: version.rejected_rows for version in store.periods()} == {JANUARY: 0, FEBRUARY: 1}

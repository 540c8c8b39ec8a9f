"""What a collection that went well still has to say: months gone, months changed after closing, rows kept aside."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from collectors.collector import CollectWindow, Delivery, IndependentTotal
from collectors.commit import period_standings, rows_kept_aside
from collectors.commit.remarks import changed_after_closing, lost_months, older_months
from collectors.errors import StoreBusy
from collectors.focus import ingest_files
from collectors.store import IngestStore
from tests.commit.shelf import FEBRUARY, JANUARY, OF_FEBRUARY, Shelf, collect, compare_totals, shelf_in
from tests.focus.bills import NOW, row, write_bill


@pytest.fixture
def store(tmp_path: Path) -> IngestStore:
    return IngestStore.open(tmp_path / "store", lock_wait_seconds=0.1)


@pytest.fixture
def shelf(tmp_path: Path, store: IngestStore) -> Shelf:
    """January and February, as they were collected."""
    made = shelf_in(tmp_path / "shelf")
    made.put(JANUARY, [row(BilledCost="10"), row(BilledCost="7", BillingCurrency="XXQ")])
    made.put(FEBRUARY, [row(BilledCost="20", **OF_FEBRUARY)])
    collect(made, store)
    return made


def test_a_month_that_the_source_no_longer_has_is_told_and_stays(shelf: Shelf, store: IngestStore) -> None:
    del shelf.deliveries[JANUARY]
    shelf.deliveries[FEBRUARY] = Delivery(period=FEBRUARY, run_id="two", parts=(), row_count=0)
    gone, empty = lost_months(collect(shelf, store))
    assert gone.startswith("2025-01: the source holds nothing of this month any more; what was stored")
    assert empty.startswith("2025-02: the source now delivers this month without a row; what was stored")
    assert "(1 rows) stays and counts" in gone
    assert [version.rows for version in store.periods()] == [1, 1]


def test_a_month_that_was_never_there_is_told_by_nothing(tmp_path: Path, store: IngestStore) -> None:
    assert lost_months(collect(shelf_in(tmp_path / "other"), store)) == ()


def test_a_closed_month_that_is_restated_is_told_with_both_figures(shelf: Shelf, store: IngestStore) -> None:
    shelf.totals[JANUARY] = IndependentTotal(costs={"USD": Decimal(10)}, final=True, origin="invoice 7")
    compare_totals(shelf, store)
    closings = store.closings()
    assert changed_after_closing(collect(shelf, store), closings) == ()
    shelf.put(JANUARY, [row(BilledCost="11")], run="two")
    (told,) = changed_after_closing(collect(shelf, store), closings)
    assert "2025-01: was closed by invoice 7: 10.00 USD and has changed since" in told
    assert "10.00 USD in 1 rows then, 11.00 USD in 1 rows now" in told


def test_months_before_the_window_that_are_not_stored_are_found(shelf: Shelf, store: IngestStore) -> None:
    march = CollectWindow(first_period="2025-03", last_period="2025-03")
    shelf.put("2024-12", [row()])
    assert older_months(shelf, store, march) == ("2024-12",)  # type: ignore[arg-type]


def test_rows_kept_aside_are_told_with_reason_cost_and_place(shelf: Shelf, store: IngestStore) -> None:
    (aside,) = rows_kept_aside(store)
    assert (aside.source, aside.periods, aside.rows) == ("focus:shelf", (JANUARY,), 1)
    assert (aside.meaning, aside.cost) == ("BillingCurrency is not an ISO 4217 code", {"XXQ": Decimal(7)})
    assert aside.examples == ("2025-01-one-0.csv:row 2",)
    assert [each.kept_aside for each in period_standings(store, now=NOW)] == [(aside,), ()]
    shelf.put(JANUARY, [row(BilledCost="10")], run="two")
    collect(shelf, store)
    assert rows_kept_aside(store) == ()


def test_rows_kept_aside_of_one_call_name_every_month_of_it(store: IngestStore, tmp_path: Path) -> None:
    rows = [row(BilledCost="?"), row(**OF_FEBRUARY)]
    ingest_files(store, [write_bill(tmp_path / "bill.csv", rows)], source="hand", ingested_at=NOW)
    (aside,) = rows_kept_aside(store)
    assert (aside.source, aside.periods) == ("hand", (JANUARY, FEBRUARY))


def test_what_a_collection_saw_is_never_stored_over_what_a_later_one_saw(shelf: Shelf, store: IngestStore) -> None:
    """The later one waits for its turn, so it looks only once the earlier one has stored what it saw."""
    refused: list[str] = []

    def collect_newer() -> None:
        shelf.before_fetch = lambda: None
        shelf.put(JANUARY, [row(BilledCost="12")], run="three")
        with pytest.raises(StoreBusy) as busy:
            collect(shelf, store)
        refused.append(str(busy.value))

    shelf.put(JANUARY, [row(BilledCost="11")], run="two")
    shelf.before_fetch = collect_newer
    collect(shelf, store)
    assert "another process has been collecting from file:" in refused[0]
    assert store.periods()[0].billed_cost == {"USD": Decimal(11)}
    collect(shelf, store)
    assert store.periods()[0].billed_cost == {"USD": Decimal(12)}

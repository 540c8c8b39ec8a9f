"""When a vendor's own total is asked for again, and what a corrected one changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from collectors.collector import IndependentTotal
from collectors.commit import period_standings
from collectors.commit.reconcile import ASK_AGAIN_AFTER
from collectors.connections import AwsFocusExport
from collectors.store import IngestStore
from tests.commit.shelf import JANUARY, Shelf, collect, compare_totals, shelf_in
from tests.focus.bills import NOW, row


@pytest.fixture
def store(tmp_path: Path) -> IngestStore:
    return IngestStore.open(tmp_path / "store")


@pytest.fixture
def shelf(tmp_path: Path, store: IngestStore) -> Shelf:
    """A month of 10 USD whose vendor says 12, as it was collected."""
    made = shelf_in(tmp_path / "shelf")
    made.put(JANUARY, [row(BilledCost="10")])
    collect(made, store)
    made.totals[JANUARY] = total("12")
    return made


def total(cost: str) -> IndependentTotal:
    return IndependentTotal(costs={"USD": Decimal(cost)}, final=True, origin="invoice 7")


def charged(shelf: Shelf, store: IngestStore) -> Shelf:
    """The same shelf, of a vendor that charges for telling a total."""
    aws = AwsFocusExport(name="payer", source="shelf", bucket="acme-billing", export="daily", region="us-east-1")
    made = replace(shelf, connection=aws)
    collect(made, store)
    return made


def test_a_total_that_costs_nothing_is_asked_for_at_every_collection(shelf: Shelf, store: IngestStore) -> None:
    assert [check.status for check in compare_totals(shelf, store)] == ["mismatch"]
    shelf.totals[JANUARY] = total("10")
    assert [check.status for check in compare_totals(shelf, store)] == ["matched"]


def test_a_total_that_is_charged_for_waits_unless_it_is_demanded(shelf: Shelf, store: IngestStore) -> None:
    payer = charged(shelf, store)
    (first,) = compare_totals(payer, store)
    payer.totals[JANUARY] = total("10")
    assert compare_totals(payer, store, at=NOW + ASK_AGAIN_AFTER - timedelta(minutes=1)) == (first,)
    assert payer.asked == [JANUARY]
    (demanded,) = compare_totals(payer, store, at=NOW + timedelta(minutes=1), ask_all=True)
    assert demanded.outcome == "matched (2025-03-04 05:07 UTC)"


def test_a_closed_month_is_asked_about_only_on_demand_and_reopens_when_its_total_was_corrected(
    shelf: Shelf, store: IngestStore
) -> None:
    shelf.totals[JANUARY] = total("10")
    compare_totals(shelf, store)
    assert [each.state for each in period_standings(store, now=NOW)] == ["closed"]
    shelf.totals[JANUARY] = total("12")
    assert compare_totals(shelf, store) == ()
    compare_totals(shelf, store, ask_all=True)
    (standing,) = period_standings(store, now=NOW)
    assert standing.state == "reopened"
    assert "12.00 USD expected" in standing.withheld

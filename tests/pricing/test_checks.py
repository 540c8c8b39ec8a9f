"""Rows that may not stand in a price book, each refused by name."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from optimizer.pricing import InvalidPriceBook, InvalidPriceRow, PriceBook
from tests.pricing.books import (
    IRELAND,
    OHIO,
    VIRGINIA,
    book,
    hire,
    machine,
    place,
    price,
    round_trip,
    tables,
    transfer,
)

GOOD = price(place_id=OHIO)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"place_id": "aws:atlantis"}, "unknown place"),
        ({"unit": "bushel"}, "unknown unit"),
        ({"purchase": "barter"}, "unknown purchase term"),
        ({"payment_model": "on_tick"}, "unknown payment model"),
        ({"confidence": "certain"}, "unknown confidence"),
        ({"currency": "EUR"}, "in USD"),
        ({"unit_price": Decimal("-0.01")}, "negative price"),
        ({"tier_min": -1.0}, "at least 0"),
        ({"tier_min": float("nan")}, "at least 0"),
        ({"tier_max": 0.0}, "end above"),
        ({"tier_min": 10.0}, "gap"),
        ({"tier_max": 10.0}, "must be open"),
        ({"source": None}, "source is empty"),
        ({"licence": None}, "licence is empty"),
    ],
)
def test_a_price_row_that_breaks_a_rule_is_named(changed: dict[str, Any], reason: str) -> None:
    with pytest.raises(InvalidPriceRow, match=reason) as refused:
        book([GOOD, price(**changed)])
    assert (refused.value.table, refused.value.row) == ("rows", 1)
    assert "storage.standard" in str(refused.value)


def test_overlapping_tiers_are_refused() -> None:
    with pytest.raises(InvalidPriceRow, match="overlaps") as refused:
        book([price(tier_min=50.0), GOOD, price(tier_max=100.0)])
    assert refused.value.row == 0


def test_a_gap_between_tiers_is_refused() -> None:
    with pytest.raises(InvalidPriceRow, match="gap") as refused:
        book([GOOD, price(tier_max=100.0), price(tier_min=150.0)])
    assert refused.value.row == 2


def test_the_same_price_twice_is_refused_under_the_same_id_and_under_another() -> None:
    with pytest.raises(InvalidPriceRow, match="earlier row") as refused:
        book([price(), GOOD, price()])
    assert refused.value.row == 2
    with pytest.raises(InvalidPriceRow, match="overlaps"):
        book([price(), price(sku_price_id="another")])


def test_a_machine_price_without_capacities_is_refused() -> None:
    with pytest.raises(InvalidPriceRow, match="machines table") as refused:
        book([hire("m5.xlarge", "0.192"), hire("m9.huge", "9")], machines=[machine()])
    assert refused.value.row == 1


@pytest.mark.parametrize(
    ("others", "reason"),
    [
        ({"machines": [machine(vcpu=0.0)]}, "vcpu"),
        ({"machines": [machine(family="quantum")]}, "unknown family"),
        ({"machines": [machine(architecture="vax")]}, "unknown architecture"),
        ({"machines": [machine(), machine()]}, "earlier row"),
        ({"transfers": [transfer(VIRGINIA, "aws:atlantis", "0.02")]}, "unknown place in to_place_id"),
        ({"transfers": [transfer(VIRGINIA, OHIO, "-0.02")]}, "negative"),
        ({"transfers": [transfer(VIRGINIA, VIRGINIA, "0.02")]}, "free by definition"),
        ({"transfers": [transfer(VIRGINIA, OHIO, "0.02", unit="hour")]}, "unknown unit"),
        ({"transfers": [transfer(VIRGINIA, OHIO, "0.02"), transfer(VIRGINIA, OHIO, "0.03")]}, "earlier row"),
        ({"round_trips": [round_trip(VIRGINIA, IRELAND, 0.0)]}, "above 0 ms"),
        ({"places": [place(VIRGINIA), place(VIRGINIA)]}, "earlier row"),
        ({"places": [place("aws:us-east-1", jurisdictions=["US", "US"])]}, "listed twice"),
    ],
)
def test_the_other_tables_are_checked_as_well(others: dict[str, Any], reason: str) -> None:
    with pytest.raises(InvalidPriceRow, match=reason):
        book(**others)


def test_a_missing_table_or_column_is_named() -> None:
    with pytest.raises(InvalidPriceBook, match="'places': missing"):
        PriceBook({name: table for name, table in tables().items() if name != "places"})
    with pytest.raises(InvalidPriceBook, match="'rows': columns are"):
        PriceBook(tables() | {"rows": tables()["rows"].drop_columns(["confidence"])})

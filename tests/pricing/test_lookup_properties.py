"""Lookups by sorted keys against a plain search through all rows."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.pricing import PURCHASES, PriceBook
from tests.pricing.books import COORDINATES, book, price

SERVICES = ("aws_s3", "azure_blob", "snowflake")
METERS = ("get.standard", "put.standard", "storage.standard", "storage.standard_ia")
KEYS = st.tuples(
    st.sampled_from(SERVICES), st.sampled_from(METERS), st.sampled_from(sorted(COORDINATES)), st.sampled_from(PURCHASES)
)
AMOUNTS = st.integers(0, 10**15)


@st.composite
def price_rows(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Rows of distinct prices with one to three tiers each, in any order."""
    rows = []
    for service, meter, place_id, purchase in draw(st.sets(KEYS, min_size=1, max_size=12)):
        begins = [0.0, *sorted(draw(st.sets(st.integers(1, 1000), max_size=2)))]
        for begin, end in zip(begins, [*begins[1:], None], strict=True):
            pico_usd = draw(AMOUNTS)
            rows.append(
                price(
                    service=service,
                    meter=meter,
                    place_id=place_id,
                    purchase=purchase,
                    unit="GB",
                    tier_min=float(begin),
                    tier_max=end,
                    unit_price=Decimal(pico_usd).scaleb(-12),
                )
            )
    return draw(st.permutations(rows))


def by_search(rows: list[dict[str, Any]], key: tuple[str, ...]) -> list[tuple[float, int]] | None:
    names = ("service", "meter", "place_id", "purchase")
    found = [row for row in rows if tuple(row[name] for name in names) == key]
    return sorted((row["tier_min"], int(row["unit_price"].scaleb(12))) for row in found) or None


def by_lookup(prices: PriceBook, key: tuple[str, ...]) -> list[tuple[float, int]] | None:
    found = prices.schedule(**dict(zip(("service", "meter", "place_id", "purchase"), key, strict=True)))
    if found is None:
        return None
    return list(zip(found.minimum_quantity.tolist(), found.pico_usd.tolist(), strict=True))


@settings(max_examples=40, deadline=None)
@given(price_rows(), st.lists(KEYS, min_size=1, max_size=20))
def test_a_lookup_finds_what_a_search_through_all_rows_finds(
    rows: list[dict[str, Any]], asked: list[tuple[str, ...]]
) -> None:
    prices = book(rows)
    present = [(row["service"], row["meter"], row["place_id"], row["purchase"]) for row in rows]
    for key in [*asked, *present]:
        assert by_lookup(prices, key) == by_search(rows, key)


@settings(max_examples=25, deadline=None)
@given(price_rows(), st.decimals("0", "3", places=3), st.sampled_from(SERVICES))
def test_a_what_if_scales_one_service_exactly_and_leaves_the_others(
    rows: list[dict[str, Any]], ratio: Decimal, service: str
) -> None:
    if not any(row["service"] == service for row in rows):
        return
    before, after = book(rows), book(rows).scaled(ratio=ratio, service=service)
    for row in rows:
        key = (row["service"], row["meter"], row["place_id"], row["purchase"])
        old, new = by_lookup(before, key), by_lookup(after, key)
        assert old is not None
        if row["service"] == service:
            old = [(begin, round(pico_usd * ratio)) for begin, pico_usd in old]
        assert new == old

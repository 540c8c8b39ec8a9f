"""Whole micro-USD a month that add up."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from collectors.estate.monthly import monthly_amount, monthly_micro_usd

_COSTS = st.decimals(min_value=Decimal(-(10**6)), max_value=Decimal(10**6), places=12)


@given(st.lists(st.tuples(_COSTS, st.integers(1, 3)), max_size=30))
def test_parts_add_up_to_the_rounded_total_and_none_is_off_by_more_than_one(parts: list[tuple[Decimal, int]]) -> None:
    costs, months = [cost for cost, _ in parts], [count for _, count in parts]
    amounts = monthly_micro_usd(costs, months)
    exact = [Fraction(cost) * 1_000_000 / count for cost, count in parts]
    assert sum(amounts) == round(sum(exact, Fraction(0)))
    assert all(abs(amount - part) <= 1 for amount, part in zip(amounts, exact, strict=True))


def test_thirds_of_a_cent_go_to_the_largest_remainder_first() -> None:
    costs = [Decimal("0.000001"), Decimal("0.000002"), Decimal("0.000003")]
    assert monthly_micro_usd(costs, [3, 3, 3]) == [0, 1, 1]


def test_an_amount_of_any_currency_is_rounded_to_a_millionth() -> None:
    assert monthly_amount(Decimal("10"), 3) == Decimal("3.333333")

"""Graduated tiers."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer.pricing import TierSchedule


def schedule(steps: list[tuple[float, int]]) -> TierSchedule:
    return TierSchedule(
        unit="GB",
        minimum_quantity=np.array([begin for begin, _ in steps], dtype=np.float64),
        pico_usd=np.array([pico_usd for _, pico_usd in steps], dtype=np.int64),
        confidence="seen",
        source="a test",
        as_of_on=date(2026, 9, 18),
        published_unit="GB",
        published_usd=(),
    )


@st.composite
def schedules(draw: st.DrawFn) -> TierSchedule:
    begins = [0.0, *sorted(draw(st.sets(st.integers(1, 10**9), max_size=5)))]
    return schedule([(float(begin), draw(st.integers(0, 10**14))) for begin in begins])


def charge_by_loop(tiers: TierSchedule, quantity: float) -> Fraction:
    """Exact micro-USD, unit by unit of the definition: fill the tiers from the bottom."""
    left, total = Fraction(quantity), Fraction(0)
    begins = [Fraction(begin) for begin in tiers.minimum_quantity.tolist()]
    for index, begin in enumerate(begins):
        width = begins[index + 1] - begin if index + 1 < len(begins) else left
        taken = min(left, width)
        total += taken * int(tiers.pico_usd[index]) / 10**6
        left -= taken
        if not left:
            break
    return total


quantities = st.floats(0, 1e10, allow_nan=False)


@given(schedules(), quantities)
def test_a_charge_is_the_sum_over_tiers_to_the_nearest_micro_usd(tiers: TierSchedule, quantity: float) -> None:
    exact = charge_by_loop(tiers, quantity)
    assert abs(tiers.charge_micro_usd(quantity) - exact) <= Fraction(1, 2) + exact / 10**14


@given(schedules(), quantities, quantities)
def test_more_never_costs_less(tiers: TierSchedule, one: float, other: float) -> None:
    less, more = sorted((one, other))
    assert tiers.charge_micro_usd(less) <= tiers.charge_micro_usd(more)


@given(schedules(), st.lists(quantities, min_size=1, max_size=5))
def test_an_array_is_charged_as_its_elements_are(tiers: TierSchedule, asked: list[float]) -> None:
    charged = tiers.charge_micro_usd(np.array(asked))
    assert charged.dtype == np.int64
    assert charged.tolist() == [tiers.charge_micro_usd(quantity) for quantity in asked]


def test_each_unit_pays_the_price_of_its_own_tier() -> None:
    tiers = schedule([(0.0, 20_000_000_000), (100.0, 10_000_000_000)])
    assert tiers.charge_micro_usd(100) == 2_000_000
    assert tiers.charge_micro_usd(150) == 2_500_000


def test_half_a_micro_usd_rounds_to_even() -> None:
    tiers = schedule([(0.0, 500_000)])
    assert [tiers.charge_micro_usd(quantity) for quantity in (1, 2, 3)] == [0, 1, 2]


def test_a_charge_beyond_all_money_is_refused_instead_of_wrapping_around() -> None:
    with pytest.raises(OverflowError, match="check the quantity"):
        schedule([(0.0, 10**14)]).charge_micro_usd(np.array([1.0, 1e12]))


@pytest.mark.parametrize("quantity", [-1.0, float("nan"), float("inf")])
def test_a_quantity_that_nobody_can_use_is_refused(quantity: float) -> None:
    with pytest.raises(ValueError, match="at least 0"):
        schedule([(0.0, 1)]).charge_micro_usd(quantity)
    with pytest.raises(ValueError, match="at least 0"):
        schedule([(0.0, 1)]).charge_micro_usd(np.array([1.0, quantity]))

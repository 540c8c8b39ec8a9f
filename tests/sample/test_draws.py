"""Stratified draws keep their ratios for every seed."""

from __future__ import annotations

from collections import Counter
from datetime import date
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.sample.amounts import decimals, nano_usd
from collectors.sample.calendar import billing_months
from collectors.sample.draws import Draws

RATIOS = st.dictionaries(st.text(max_size=3), st.floats(0.01, 10), min_size=1, max_size=6)


@given(seed=st.integers(0, 2**32), ratios=RATIOS, count=st.integers(0, 200))
def test_each_choice_occurs_as_often_as_its_ratio_says(seed: int, ratios: dict[str, float], count: int) -> None:
    drawn = Draws(seed).spread(ratios, count)
    assert len(drawn) == count
    occurs = Counter(drawn)
    for name, ratio in ratios.items():
        assert abs(occurs[name] - ratio / sum(ratios.values()) * count) < 1 + 1e-6


@given(seed=st.integers(0, 2**32), count=st.integers(1, 300), sigma=st.floats(0, 2))
def test_shares_sum_to_one_and_are_the_same_sizes_for_every_seed(seed: int, count: int, sigma: float) -> None:
    shares = Draws(seed).shares(count, sigma)
    assert shares.sum() == pytest.approx(1.0)
    assert np.allclose(np.sort(shares), np.sort(Draws(seed + 1).shares(count, sigma)))


@given(values=st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=20))
def test_integers_become_decimals_exactly(values: list[int]) -> None:
    column = decimals(np.array(values, dtype=np.int64), 9)
    assert [Decimal(str(amount)).scaleb(9) for amount in column.to_pylist()] == values


@given(quantity_nano=st.integers(0, 10**15), pico_usd=st.integers(0, 10**13))
def test_a_charge_is_off_by_at_most_half_a_billionth_of_a_dollar(quantity_nano: int, pico_usd: int) -> None:
    charge = int(nano_usd(np.array([quantity_nano]), np.array([pico_usd]))[0])
    exact_trillionths = quantity_nano * pico_usd  # of a billionth of a dollar
    assert abs(charge * 10**12 - exact_trillionths) <= 5 * 10**11 + exact_trillionths * 3e-16


def test_a_month_of_work_is_spread_over_its_days_without_loss() -> None:
    august, september, october = billing_months(date(2026, 8, 1))
    assert [len(month.days) for month in (august, september, october)] == [31, 30, 31]
    assert september.day_ratio.sum(axis=1) == pytest.approx([30 * 24 / 730, 1.0, 1.0])
    assert october.day_ratio.sum(axis=1) == pytest.approx([31 * 24 / 730, 1.015, 1.015])
    assert september.day_ratio[1][4] == pytest.approx(0.45 * september.day_ratio[1][3])  # Saturday the 5th

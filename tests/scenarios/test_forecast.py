"""Growth from few months, and the months ahead."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scenarios.errors import InvalidHistory
from scenarios.forecast import Forecast, SavingBand, forecast, forecast_rows
from scenarios.growth import MonthCost, estimate_growth, months_after

USD = 10**6


def history(*costs_usd: float, first: str = "2026-08") -> list[MonthCost]:
    names = [first, *months_after(first, len(costs_usd) - 1)]
    return [
        MonthCost(month=name, effective_micro_usd=round(cost * USD))
        for name, cost in zip(names, costs_usd, strict=True)
    ]


def band(low_usd: int, expected_usd: int, high_usd: int) -> SavingBand:
    return SavingBand(low_micro_usd=low_usd * USD, expected_micro_usd=expected_usd * USD, high_micro_usd=high_usd * USD)


def ahead(**changed: Any) -> Forecast:
    """Three flat months of 1,000 USD, a saving of 400 (350 to 430), 600 USD once."""
    given: dict[str, Any] = {
        "history": history(1000, 1000, 1000),
        "baseline_monthly_micro_usd": 1000 * USD,
        "saving": band(350, 400, 430),
        "one_off_micro_usd": 600 * USD,
        "seed": 7,
    }
    return forecast(**given | changed)


def test_growth_is_pulled_half_way_to_none_by_two_assumed_changes() -> None:
    found = estimate_growth(history(100, 110, 121))  # two changes of ln 1.1, weighed against two of 0
    assert found.log_per_month == pytest.approx(2 * math.log(1.1) / 4)
    assert found.noise_deviation == pytest.approx(math.sqrt(2 * 0.03**2 / 4))
    assert found.log_per_month_deviation == pytest.approx(found.noise_deviation / 2)
    assert found.middle_months_ago == 1.0


def test_one_month_shows_no_growth_and_the_usual_noise() -> None:
    found = estimate_growth(history(100))
    assert (found.log_per_month, found.noise_deviation, found.middle_months_ago) == (0.0, 0.03, 0.0)


def test_restless_months_widen_the_band() -> None:
    calm, restless = estimate_growth(history(100, 101, 102, 103)), estimate_growth(history(100, 130, 90, 125))
    assert restless.noise_deviation > 3 * calm.noise_deviation


def test_a_ramp_up_is_not_extended_as_a_trend() -> None:
    found = estimate_growth(history(10, 1000, 100_000))
    assert found.log_per_month == 0.1
    assert estimate_growth(history(1000, 10, 1000)).noise_deviation == 0.5


@pytest.mark.parametrize(
    ("months", "message"),
    [
        ([], "no complete billing month"),
        ([("2026-08", 5), ("2026-10", 5)], "expected 2026-09"),
        ([("2026-09", 5), ("2026-08", 5)], "expected 2026-10"),
        ([("2026-08", 0)], "expected more than 0"),
    ],
)
def test_a_history_that_nothing_can_start_from_is_refused(months: list[tuple[str, int]], message: str) -> None:
    with pytest.raises(InvalidHistory, match=message):
        estimate_growth([MonthCost(month=name, effective_micro_usd=cost) for name, cost in months])


def test_twelve_months_follow_the_history_and_moves_are_phased_in() -> None:
    found = ahead()
    assert [month.month for month in found.months][:2] == ["2026-11", "2026-12"]
    assert found.months[-1].month == "2027-10"
    assert [month.one_off_micro_usd for month in found.months[:4]] == [200 * USD, 200 * USD, 200 * USD, 0]
    assert [round(month.done_ratio, 3) for month in found.months[:4]] == [0.333, 0.667, 1.0, 1.0]
    assert found.months[0].plan == found.months[0].baseline
    expected_plan_usd = [1000, 1000 - 400 / 3, 1000 - 800 / 3, 600, 600]
    for month, expected_usd in zip(found.months, expected_plan_usd, strict=False):
        assert month.plan.p50_micro_usd == pytest.approx(expected_usd * USD, rel=0.02)


def test_payback_is_the_month_in_which_the_median_saving_covers_what_was_paid() -> None:
    # saved by the end of month 2, 3, 4: 133, 400, 800 less 400, 600, 600 paid; early and late within a month of it
    found = ahead()
    assert found.payback_month == "2027-02"
    assert found.payback_month_early is not None
    assert found.payback_month_late is not None
    assert found.payback_month_early <= found.payback_month <= found.payback_month_late
    assert ahead(one_off_micro_usd=100_000 * USD).payback_month is None


def test_what_is_done_at_once_saves_from_the_first_month() -> None:
    first = ahead(months_to_implement=0).months[0]
    assert first.one_off_micro_usd == 600 * USD
    assert first.plan.p50_micro_usd == pytest.approx(600 * USD, rel=0.02)


def test_moves_that_take_longer_than_the_forecast_are_paid_for_in_part() -> None:
    found = ahead(months=3, months_to_implement=4)
    assert sum(month.one_off_micro_usd for month in found.months) == 450 * USD


def test_a_growing_bill_grows_on_and_takes_the_plan_along() -> None:
    found = ahead(history=history(900, 1000, 1100))
    last = found.months[-1]
    assert last.baseline.p50_micro_usd > 1.4 * 1000 * USD
    assert last.plan.p50_micro_usd == pytest.approx(0.6 * last.baseline.p50_micro_usd, rel=0.05)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.floats(10, 1e7), min_size=1, max_size=6),
    st.integers(-50, 900),
    st.integers(0, 20_000),
    st.integers(0, 8),
    st.integers(0, 2**32 - 1),
)
def test_bands_are_in_order_and_the_same_seed_gives_the_same_forecast(
    costs_usd: list[float], saving_usd: int, one_off_usd: int, months_to_implement: int, seed: int
) -> None:
    given_facts: dict[str, Any] = {
        "history": history(*costs_usd),
        "saving": band(saving_usd - 30, saving_usd, saving_usd + 10),
        "one_off_micro_usd": one_off_usd * USD,
        "months_to_implement": months_to_implement,
        "seed": seed,
        "simulations": 200,
    }
    found = ahead(**given_facts)
    for month in found.months:
        for percentiles in (month.baseline, month.plan, month.cumulative_net_saving):
            assert percentiles.p10_micro_usd <= percentiles.p50_micro_usd <= percentiles.p90_micro_usd
    assert ahead(**given_facts) == found
    if months_to_implement:
        assert sum(month.one_off_micro_usd for month in found.months) == one_off_usd * USD


def test_the_band_covers_what_the_model_says_it_covers() -> None:
    """Bills drawn afresh from the same model fall between p10 and p90 about four times in five."""
    found = ahead()
    generator = np.random.default_rng(99)
    growth = found.growth
    inside = []
    for _ in range(2000):
        trend = generator.normal(growth.log_per_month, growth.log_per_month_deviation)
        bill = (
            1000 * USD * math.exp(trend * (6 + growth.middle_months_ago) + generator.normal(0, growth.noise_deviation))
        )
        inside.append(found.months[5].baseline.p10_micro_usd <= bill <= found.months[5].baseline.p90_micro_usd)
    assert 0.76 <= np.mean(inside) <= 0.84


@pytest.mark.parametrize("changed", [{"months": 0}, {"months_to_implement": -1}, {"saving": band(5, 4, 6)}])
def test_arguments_out_of_range_are_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"expected|out of order"):
        ahead(**changed)


def test_rows_are_flat_and_one_a_month() -> None:
    rows = forecast_rows(ahead())
    assert len(rows) == 12
    assert all(isinstance(value, str | int) for row in rows for value in row.values())

"""The months ahead, with and without the plan: percentiles of simulated bills, cumulative saving, payback."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from scenarios.errors import InvalidHistory
from scenarios.growth import Growth, MonthCost, estimate_growth, months_after

SIMULATIONS: Final = 4000
PERCENTILES: Final = (10, 50, 90)
METHOD: Final = (
    "Monte Carlo over a log-growth trend shrunk towards none, monthly noise, and a triangular price and sizing error "
    "of the saving; activity moves today's cost and the plan's alike"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """Percentiles of simulated amounts; ``p10 <= p50 <= p90``."""

    p10_micro_usd: int
    p50_micro_usd: int
    p90_micro_usd: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SavingBand:
    """Monthly saving of the whole plan at today's activity: under unfavourable, expected and favourable errors."""

    low_micro_usd: int
    expected_micro_usd: int
    high_micro_usd: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ForecastMonth:
    """One month ahead. ``cumulative_net_saving`` is everything saved so far less everything paid once so far."""

    month: str
    baseline: Band
    plan: Band
    done_ratio: float
    one_off_micro_usd: int
    cumulative_net_saving: Band


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """``payback_month`` is the first month from which on the median cumulative net saving is never below zero again;
    ``early`` and ``late`` use the 90th and 10th percentile. None: not within these months.
    """

    months: tuple[ForecastMonth, ...]
    payback_month: str | None
    payback_month_early: str | None
    payback_month_late: str | None
    growth: Growth
    history_months: int
    simulations: int
    seed: int
    method: str = METHOD


def forecast(
    *,
    history: Sequence[MonthCost],
    baseline_monthly_micro_usd: int,
    saving: SavingBand,
    one_off_micro_usd: int,
    seed: int,
    months: int = 12,
    months_to_implement: int = 3,
    simulations: int = SIMULATIONS,
) -> Forecast:
    """Simulate the bills of the next ``months`` after the history.

    With growth ``g ~ N(estimate, deviation)`` and error ``s ~ Triangular(low, expected, high)`` drawn once for each
    simulation, and noise ``e_t ~ N(0, noise)`` for each month, month ``t = 1, 2 ...`` after the history has::

        activity_t = exp(g * (t + middle_months_ago) + e_t)
        baseline_t = baseline * activity_t
        plan_t     = (baseline - done_{t-1} * s) * activity_t

    Moves are made evenly over the first ``months_to_implement`` months; each is paid for in the month it is made and
    saves from the next month on: ``done_t = min(1, t / months_to_implement)``. With 0 all is paid for in the first
    month and saves from then on. The same ``seed`` gives the same forecast. Limits of the growth: ``estimate_growth``.

    Raises:
        InvalidHistory: the history has a gap or a month that is not positive.
        ValueError: ``months`` or ``months_to_implement`` is out of range, or the band of the saving is out of order.
    """
    if months < 1 or months_to_implement < 0:
        raise ValueError(f"months is {months}, months_to_implement {months_to_implement}; expected from 1 and from 0")
    if not saving.low_micro_usd <= saving.expected_micro_usd <= saving.high_micro_usd:
        raise ValueError(f"the saving's band is out of order: {saving}")
    if baseline_monthly_micro_usd <= 0:
        raise InvalidHistory("the baseline costs nothing; there is nothing to forecast")
    growth = estimate_growth(history)
    generator = np.random.default_rng(seed)
    activity = _activity(growth, generator, months, simulations)
    done = _done(months, months_to_implement)
    saving_from = np.ones(months) if months_to_implement == 0 else np.concatenate([[0.0], done[:-1]])
    saved = _drawn_saving(saving, generator, simulations)[:, None] * activity * saving_from
    baseline = baseline_monthly_micro_usd * activity
    paid_so_far = np.rint(one_off_micro_usd * np.concatenate([[0.0], done])).astype(np.int64)
    paid = paid_so_far[1:] - paid_so_far[:-1]
    bands = [_bands(amounts) for amounts in (baseline, baseline - saved, np.cumsum(saved - paid, axis=1))]
    names = months_after(history[-1].month, months)
    return Forecast(
        months=tuple(
            ForecastMonth(
                month=name,
                baseline=bands[0][at],
                plan=bands[1][at],
                done_ratio=float(done[at]),
                one_off_micro_usd=int(paid[at]),
                cumulative_net_saving=bands[2][at],
            )
            for at, name in enumerate(names)
        ),
        payback_month=_payback(names, [band.p50_micro_usd for band in bands[2]]),
        payback_month_early=_payback(names, [band.p90_micro_usd for band in bands[2]]),
        payback_month_late=_payback(names, [band.p10_micro_usd for band in bands[2]]),
        growth=growth,
        history_months=len(history),
        simulations=simulations,
        seed=seed,
    )


def forecast_rows(found: Forecast) -> list[dict[str, Any]]:
    """One flat row a month, for tables and JSON."""
    return [
        {
            "month": month.month,
            "baseline_p10_micro_usd": month.baseline.p10_micro_usd,
            "baseline_p50_micro_usd": month.baseline.p50_micro_usd,
            "baseline_p90_micro_usd": month.baseline.p90_micro_usd,
            "plan_p10_micro_usd": month.plan.p10_micro_usd,
            "plan_p50_micro_usd": month.plan.p50_micro_usd,
            "plan_p90_micro_usd": month.plan.p90_micro_usd,
            "one_off_micro_usd": month.one_off_micro_usd,
            "cumulative_net_saving_p10_micro_usd": month.cumulative_net_saving.p10_micro_usd,
            "cumulative_net_saving_p50_micro_usd": month.cumulative_net_saving.p50_micro_usd,
            "cumulative_net_saving_p90_micro_usd": month.cumulative_net_saving.p90_micro_usd,
        }
        for month in found.months
    ]


def _activity(growth: Growth, generator: np.random.Generator, months: int, simulations: int) -> npt.NDArray[np.float64]:
    """Activity as a multiple of the history's average, ``[simulation, month]``."""
    trend = generator.normal(growth.log_per_month, growth.log_per_month_deviation, size=(simulations, 1))
    noise = generator.normal(0.0, growth.noise_deviation, size=(simulations, months))
    ahead = np.arange(1, months + 1) + growth.middle_months_ago
    return np.asarray(np.exp(trend * ahead + noise), dtype=np.float64)


def _drawn_saving(saving: SavingBand, generator: np.random.Generator, simulations: int) -> npt.NDArray[np.float64]:
    """Monthly saving at the history's activity, ``[simulation]``."""
    if saving.low_micro_usd == saving.high_micro_usd:
        return np.full(simulations, float(saving.expected_micro_usd))
    return generator.triangular(saving.low_micro_usd, saving.expected_micro_usd, saving.high_micro_usd, simulations)


def _done(months: int, months_to_implement: int) -> npt.NDArray[np.float64]:
    """Part of the moves made by the end of each month, ``[month]``."""
    return np.minimum(1.0, np.arange(1, months + 1) / max(months_to_implement, 1))


def _bands(amounts: npt.NDArray[np.float64]) -> list[Band]:
    percentiles = np.rint(np.percentile(amounts, PERCENTILES, axis=0)).astype(np.int64).T.tolist()
    return [Band(p10_micro_usd=p10, p50_micro_usd=p50, p90_micro_usd=p90) for p10, p50, p90 in percentiles]


def _payback(names: Sequence[str], cumulative_micro_usd: Sequence[int]) -> str | None:
    """The first month from which on the amount stays at zero or above."""
    found = None
    for name, amount in zip(names, cumulative_micro_usd, strict=True):
        if amount < 0:
            found = None
        elif found is None:
            found = name
    return found

"""Days and months of the bills, and how a month's use spreads over its days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np
import numpy.typing as npt

from collectors.sample.activity import MONTHLY_GROWTH_RATIO, MONTHS, WEEKEND_ACTIVITY_RATIO
from optimizer.units import HOURS_PER_MONTH

RHYTHMS: Final = ("always_on", "weekday", "even")
"""``always_on``: every hour of the calendar, however long the month; ``weekday``: a month's work, less at weekends;
``even``: a month's amount, the same every day. The last two grow."""
_SATURDAY: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class BillingMonth:
    """``day_ratio`` is float64 ``[rhythm, day]``: which part of the stated monthly use falls on each day."""

    begins_on: date
    days: tuple[date, ...]
    day_ratio: npt.NDArray[np.float64]

    @property
    def ends_on(self) -> date:
        """The first day after it."""
        return self.days[-1] + timedelta(days=1)

    @property
    def name(self) -> str:
        """For instance ``2026-08``."""
        return f"{self.begins_on:%Y-%m}"


def billing_months(first_month: date) -> tuple[BillingMonth, ...]:
    """The months of the bills. Growth is centred: the stated use is that of the middle month.

    Raises:
        ValueError: ``first_month`` is not the first day of a month.
    """
    if first_month.day != 1:
        raise ValueError(f"first_month is {first_month}; expected the first day of a month")
    months = []
    begins_on = first_month
    for index in range(MONTHS):
        after = (begins_on + timedelta(days=32)).replace(day=1)
        growth = (1 + MONTHLY_GROWTH_RATIO) ** (index - (MONTHS - 1) // 2)
        months.append(_month(begins_on, after, growth))
        begins_on = after
    return tuple(months)


def _month(begins_on: date, after: date, growth: float) -> BillingMonth:
    days = tuple(begins_on + timedelta(days=day) for day in range((after - begins_on).days))
    activity = np.array([WEEKEND_ACTIVITY_RATIO if day.weekday() >= _SATURDAY else 1.0 for day in days])
    ratios = (
        np.full(len(days), 24.0 / HOURS_PER_MONTH),
        activity / activity.sum() * growth,
        np.full(len(days), growth / len(days)),
    )
    return BillingMonth(begins_on=begins_on, days=days, day_ratio=np.stack(ratios))

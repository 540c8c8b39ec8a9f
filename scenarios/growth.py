"""Growth and noise of a monthly bill, estimated from very few months by leaning on what is usual."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from scenarios.errors import InvalidHistory

USUAL_CHANGE_RATIO: Final = 0.03
"""Assumed size (standard deviation of the logarithm) of a month-to-month change that is not growth, before any is
seen. A judgement, not a measurement: it keeps three smooth months from claiming certainty."""

PRIOR_CHANGES: Final = 2.0
"""How many observed changes the assumptions (no growth, usual noise) weigh as much as."""

MAXIMUM_GROWTH: Final = 0.1
MAXIMUM_NOISE: Final = 0.5
"""Logarithms a month. A bill that changes faster has had a step (a ramp-up, a partial month), which is no trend to
extend over a year: growth, its deviation and noise are held within these."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthCost:
    """What one complete month cost. ``month`` is ``YYYY-MM``."""

    month: str
    effective_micro_usd: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """Natural-logarithm growth a month: its estimate, how sure that is, and the noise of one month around the trend.

    ``middle_months_ago`` is how long before the last month the middle of the history lies: the average bill of the
    history belongs there.
    """

    log_per_month: float
    log_per_month_deviation: float
    noise_deviation: float
    middle_months_ago: float


def estimate_growth(history: Sequence[MonthCost]) -> Growth:
    """Shrunken log-growth. With changes ``d_i = ln(cost_{i+1} / cost_i)``, ``n`` of them, ``k = PRIOR_CHANGES``::

        growth    = sum(d) / (n + k)                                                       (pulled towards none)
        noise^2   = (k * USUAL_CHANGE_RATIO^2 + sum((d - mean(d))^2)) / (k + n)             (pulled towards usual)
        deviation = noise / sqrt(n + k)

    These are the posterior means of a normal model with conjugate weights (Gelman et al., Bayesian Data Analysis,
    section 3.3), noise plugged in. Limits: three months show no season, no year-end and no price change; months are
    taken as equally long; a step (a project that started) looks like growth, up to ``MAXIMUM_GROWTH``.

    Raises:
        InvalidHistory: a month is missing, out of order or not positive, or there is none.
    """
    _check(history)
    costs = [month.effective_micro_usd for month in history]
    changes = [math.log(after / before) for before, after in pairwise(costs)]
    count = len(changes)
    weight = count + PRIOR_CHANGES
    mean = sum(changes) / count if count else 0.0
    spread = sum((change - mean) ** 2 for change in changes)
    noise = min(math.sqrt((PRIOR_CHANGES * USUAL_CHANGE_RATIO**2 + spread) / weight), MAXIMUM_NOISE)
    return Growth(
        log_per_month=min(max(sum(changes) / weight, -MAXIMUM_GROWTH), MAXIMUM_GROWTH),
        log_per_month_deviation=min(noise / math.sqrt(weight), MAXIMUM_GROWTH),
        noise_deviation=noise,
        middle_months_ago=count / 2,
    )


def months_after(month: str, count: int) -> tuple[str, ...]:
    """The next months, ``YYYY-MM``.

    >>> months_after("2026-11", 3)
    ('2026-12', '2027-01', '2027-02')
    """
    year, number = (int(part) for part in month.split("-"))
    first = year * 12 + number
    return tuple(f"{(first + step) // 12:04d}-{(first + step) % 12 + 1:02d}" for step in range(count))


def _check(history: Sequence[MonthCost]) -> None:
    if not history:
        raise InvalidHistory("there is no complete billing month; ingest at least one")
    for before, after in pairwise(history):
        if months_after(before.month, 1) != (after.month,):
            raise InvalidHistory(
                f"{after.month} follows {before.month} in the history; expected {months_after(before.month, 1)[0]}: "
                "ingest the missing month or start after it"
            )
    for month in history:
        if month.effective_micro_usd <= 0:
            raise InvalidHistory(f"{month.month} cost {month.effective_micro_usd} micro-USD; expected more than 0")

"""Days and months."""

from __future__ import annotations

from datetime import date
from typing import Final

DAYS_PER_MONTH: Final = 365 / 12


def months_left(as_of_on: date, ends_on: date) -> float:
    """Months from ``as_of_on`` to ``ends_on``, a month being 365 / 12 days; 0 when it is past.

    >>> months_left(date(2026, 11, 1), date(2027, 11, 1))
    12.0
    """
    return max(0.0, (ends_on - as_of_on).days / DAYS_PER_MONTH)

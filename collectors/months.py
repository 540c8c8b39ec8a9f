"""Calendar months as ``YYYY-MM`` and as dates."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time


def month_start(month: str) -> date:
    """First day of a month.

    >>> month_start("2026-02")
    datetime.date(2026, 2, 1)
    """
    return date(int(month[:4]), int(month[5:7]), 1)


def month_after(month: str) -> date:
    """First day of the month after.

    >>> month_after("2026-12")
    datetime.date(2027, 1, 1)
    """
    year, number = int(month[:4]), int(month[5:7])
    return date(year + number // 12, number % 12 + 1, 1)


def month_bounds(month: str) -> tuple[datetime, datetime]:
    """First moment of a month and of the one after, UTC."""
    return (
        datetime.combine(month_start(month), time(), tzinfo=UTC),
        datetime.combine(month_after(month), time(), tzinfo=UTC),
    )


def months_between(first: str, last: str) -> Iterator[str]:
    """Every month from ``first`` to ``last``, both included.

    >>> list(months_between("2025-11", "2026-01"))
    ['2025-11', '2025-12', '2026-01']
    """
    for number in range(_number(first), _number(last) + 1):
        yield _month(number)


def months_before(month: str, count: int) -> tuple[str, ...]:
    """The ``count`` months before a month, oldest first.

    >>> months_before("2026-02", 3)
    ('2025-11', '2025-12', '2026-01')
    """
    return tuple(_month(number) for number in range(_number(month) - count, _number(month)))


def _month(number: int) -> str:
    return f"{number // 12:04d}-{number % 12 + 1:02d}"


def _number(month: str) -> int:
    return int(month[:4]) * 12 + int(month[5:7]) - 1

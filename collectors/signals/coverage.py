"""Which times a source watched: half-open windows, merged. What lies outside is unknown, never "nothing happened"."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from collectors.signals.errors import InvalidRecord

NO_BRIDGE = timedelta(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The times from ``from_at`` (inclusive) to ``to_at`` (exclusive), aware UTC."""

    from_at: datetime
    to_at: datetime

    def __post_init__(self) -> None:
        if self.from_at.tzinfo is None or self.to_at.tzinfo is None:
            raise InvalidRecord("a window whose times have no zone")
        if self.from_at >= self.to_at:
            raise InvalidRecord("a window that ends before it begins")

    @property
    def seconds(self) -> float:
        """Its length."""
        return (self.to_at - self.from_at).total_seconds()

    def holds(self, at: datetime) -> bool:
        """Whether a moment lies in it."""
        return self.from_at <= at < self.to_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """A source watched ``scope`` (a bucket, container, project or account; '' is everything it knows) in ``window``."""

    source: str
    scope: str
    window: Window


def whole_days(first_on: date, last_on: date) -> Window:
    """All of the UTC days from the first to the last, both included."""
    return Window(from_at=_midnight(first_on), to_at=_midnight(last_on + timedelta(days=1)))


def merged(windows: Iterable[Window], *, bridge: timedelta = NO_BRIDGE) -> tuple[Window, ...]:
    """The same times in as few windows as possible, in order; gaps of at most ``bridge`` count as watched."""
    found: list[Window] = []
    for window in sorted(windows, key=lambda window: (window.from_at, window.to_at)):
        if found and window.from_at - found[-1].to_at <= bridge:
            found[-1] = Window(from_at=found[-1].from_at, to_at=max(found[-1].to_at, window.to_at))
        else:
            found.append(window)
    return tuple(found)


def covered_ratio(windows: Iterable[Window], whole: Iterable[Window]) -> float:
    """Which part of the times in ``whole`` lies in ``windows``, 0 to 1; 0 of nothing.

    Example: 15 days of September watched are 0.5 of September.
    """
    asked = merged(whole)
    total_seconds = sum(window.seconds for window in asked)
    covered_seconds = sum(_common_seconds(one, other) for one in merged(windows) for other in asked)
    return covered_seconds / total_seconds if total_seconds else 0.0


def _common_seconds(one: Window, other: Window) -> float:
    return max((min(one.to_at, other.to_at) - max(one.from_at, other.from_at)).total_seconds(), 0.0)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)

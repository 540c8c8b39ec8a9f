"""Windows against the plain set of their days."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.signals.coverage import Window, covered_ratio, merged, whole_days
from collectors.signals.errors import InvalidRecord

FIRST = date(2026, 1, 1)
spans = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 12)), max_size=8)


def windows_of(pairs: list[tuple[int, int]]) -> list[Window]:
    return [
        whole_days(FIRST + timedelta(days=start), FIRST + timedelta(days=start + length)) for start, length in pairs
    ]


def days_of(pairs: list[tuple[int, int]]) -> set[int]:
    return {day for start, length in pairs for day in range(start, start + length + 1)}


@given(spans)
def test_merged_windows_hold_the_same_days_and_do_not_touch(pairs: list[tuple[int, int]]) -> None:
    found = merged(windows_of(pairs))
    days = {
        (window.from_at.date() - FIRST).days + step for window in found for step in range(int(window.seconds // 86400))
    }
    assert days == days_of(pairs)
    assert all(one.to_at < other.from_at for one, other in pairwise(found))
    assert merged(found) == found


@given(spans, spans)
def test_the_covered_part_is_that_of_the_days(pairs: list[tuple[int, int]], whole: list[tuple[int, int]]) -> None:
    asked = days_of(whole)
    expected = len(asked & days_of(pairs)) / len(asked) if asked else 0.0
    assert covered_ratio(windows_of(pairs), windows_of(whole)) == pytest.approx(expected)


@given(spans, st.integers(0, 5))
def test_a_bridge_closes_the_gaps_up_to_its_length_and_no_others(pairs: list[tuple[int, int]], days: int) -> None:
    found = merged(windows_of(pairs), bridge=timedelta(days=days))
    plain = merged(windows_of(pairs))
    assert all(other.from_at - one.to_at > timedelta(days=days) for one, other in pairwise(found))
    assert {window.from_at for window in found} <= {window.from_at for window in plain}
    assert sum(window.seconds for window in found) >= sum(window.seconds for window in plain)


def test_a_window_without_length_is_refused() -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    with pytest.raises(InvalidRecord):
        Window(from_at=at, to_at=at)

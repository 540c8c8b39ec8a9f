"""The months that a collection looks at."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from collectors.collector import CollectWindow


def test_a_window_ends_with_the_month_of_a_moment() -> None:
    window = CollectWindow.ending_at(datetime(2025, 3, 4, 5, 6, tzinfo=UTC), months=4)
    assert window.periods() == ("2024-12", "2025-01", "2025-02", "2025-03")
    with pytest.raises(ValueError, match="before it starts"):
        CollectWindow(first_period="2025-02", last_period="2025-01")
    with pytest.raises(ValueError, match="is not a month"):
        CollectWindow(first_period="2025-13", last_period="2025-14")

"""How long to wait: the longest that any header asks for, and as the quota of the tenant allows."""

from __future__ import annotations

from decimal import Decimal

import pytest
from azure.core.pipeline.policies import RetryPolicy
from hypothesis import given
from hypothesis import strategies as st

from collectors.azure.pipeline import LONGEST_PAUSE_SECONDS, longest_pause_seconds
from collectors.azure.query_quota import WINDOWS, QueryQuota, quota_of


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Content-Type": "application/json"}, None),
        ({"retry-after": "3"}, 3),
        ({"x-ms-retry-after-ms": "1500"}, 1.5),
        ({"Retry-After": "2", "x-ms-ratelimit-microsoft.costmanagement-qpu-retry-after": "8"}, 8),
        ({"Retry-After": "99999"}, LONGEST_PAUSE_SECONDS),
        ({"Retry-After": "soon"}, LONGEST_PAUSE_SECONDS),
        ({"Retry-After": "Wed, 01 Jan 2020 00:00:00 GMT"}, 0),
    ],
)
def test_the_longest_pause_of_all_headers_counts_and_is_bounded(headers: dict[str, str], seconds: float | None) -> None:
    found = longest_pause_seconds(headers, parse=RetryPolicy().parse_retry_after)

    assert found == seconds


@given(st.lists(st.tuples(st.integers(1, 12), st.integers(0, 30)), max_size=60))
def test_no_window_ever_sees_more_units_than_the_vendor_allows(asked: list[tuple[int, int]]) -> None:
    now = 0.0
    quota = QueryQuota(clock=lambda: now)
    spent: list[tuple[float, int]] = []

    for units, idle in asked:
        now += idle
        now += quota.wait_seconds(units)
        quota.take(units)
        spent.append((now, units))

    for window, limit in WINDOWS:
        for end, _ in spent:
            assert sum(units for at, units in spent if end - window < at <= end) <= limit


def test_a_tenant_has_one_quota_in_this_process() -> None:
    assert quota_of("tenant-a") is quota_of("tenant-a")
    assert quota_of("tenant-a") is not quota_of("tenant-b")


def test_what_the_answer_says_it_cost_is_counted_exactly() -> None:
    quota = QueryQuota(clock=lambda: 0.0)
    quota.take(1)("11.5")

    assert quota.wait_seconds(1) == 10
    assert Decimal("11.5") + 1 > WINDOWS[0][1]

"""Which run counts, and when manifests need not be read: for any times and ends."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from collectors.azure.discover import CLOCK_SLACK, may_outrank
from collectors.azure.manifest import ListedBlob, Run

MOMENTS = st.datetimes(datetime(2025, 1, 25), datetime(2025, 3, 10), timezones=st.just(UTC))


@st.composite
def runs(draw: st.DrawFn) -> Run:
    """A run of February 2025, its manifest written after it was submitted, by a clock that is a little off."""
    submitted_at = draw(MOMENTS)
    took = draw(st.timedeltas(min_value=-CLOCK_SLACK, max_value=timedelta(days=3)))
    return Run(
        manifest=ListedBlob(name="manifest.json", etag="1", byte_count=1, written_at=submitted_at + took),
        run_id=draw(st.sampled_from(["a", "b"])),
        starts_on=date(2025, 2, 1),
        ends_on=draw(st.dates(date(2025, 2, 1), date(2025, 3, 1))),
        submitted_at=submitted_at,
        row_count=1,
        is_compressed=False,
        parts=(("part.csv", 1, 1),),
    )


@given(newest=runs(), other=runs())
def test_a_manifest_that_is_passed_over_is_never_of_a_run_that_counts(newest: Run, other: Run) -> None:
    if other.rank > newest.rank:
        assert may_outrank(other.manifest, newest)


@given(newest=runs(), other=runs(), earlier=st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=40)))
def test_once_a_manifest_is_passed_over_so_are_those_written_earlier(
    newest: Run, other: Run, earlier: timedelta
) -> None:
    before = ListedBlob(name="b", etag="1", byte_count=1, written_at=other.manifest.written_at - earlier)
    if may_outrank(before, newest):
        assert may_outrank(other.manifest, newest)


@given(one=runs(), other=runs())
def test_a_run_that_holds_more_days_counts_whenever_it_was_submitted(one: Run, other: Run) -> None:
    def days(run: Run) -> int:
        return len([day for day in range(1, 29) if date(2025, 2, day) <= min(run.ends_on, run.submitted_at.date())])

    if days(one) > days(other):
        assert one.rank > other.rank

"""However deliveries are cut, repeated, reordered and interrupted, the totals are those of the distinct events."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.signals.records import AccessEvent, AccessReading
from collectors.signals.store import SignalStore
from tests.signals.conftest import SMALL
from tests.signals.samples import NOW, event
from tests.signals.totals import rows_of

START = datetime(2026, 9, 1, tzinfo=UTC)


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[AccessEvent], list[list[AccessEvent]]]:
    """Distinct events, and deliveries that together hold each of them at least once."""
    count = draw(st.integers(1, 12))
    distinct = [
        event(
            f"k{number}",
            at=START + timedelta(hours=draw(st.integers(0, 72))),
            dataset_uri=draw(st.sampled_from(["s3://lake/a", "s3://lake/b", "gs://x"])),
            op=draw(st.sampled_from(["read", "write"])),
            moved_bytes=draw(st.none() | st.integers(0, 10**6)),
        )
        for number in range(count)
    ]
    repeated = draw(st.lists(st.sampled_from(distinct), max_size=10))
    order = draw(st.permutations([*distinct, *repeated]))
    cuts = sorted(draw(st.lists(st.integers(0, len(order)), max_size=4)))
    bounds = [0, *cuts, len(order)]
    return distinct, [list(order[start:end]) for start, end in pairwise(bounds)]


@settings(max_examples=25, deadline=None)
@given(histories())
def test_totals_do_not_depend_on_how_events_are_delivered(
    history: tuple[list[AccessEvent], list[list[AccessEvent]]],
) -> None:
    distinct, deliveries = history
    expected: defaultdict[tuple[object, ...], list[int]] = defaultdict(lambda: [0, 0])
    for each in distinct:
        total = expected[each.at.date(), each.dataset_uri, each.op]
        total[0] += 1
        total[1] += each.moved_bytes or 0
    with tempfile.TemporaryDirectory() as folder:
        store = SignalStore.open(Path(folder), limits=SMALL)
        for number, delivery in enumerate(deliveries):
            reading = AccessReading(events=tuple(delivery))
            store.add_access("cloudtrail", reading, fingerprint=str(number), received_at=NOW)
        sql = (
            "SELECT day, dataset_uri, op, sum(requests)::BIGINT, coalesce(sum(bytes), 0)::BIGINT FROM dataset_access "
            "GROUP BY ALL"
        )
        found = {(day, uri, op): [requests, moved] for day, uri, op, requests, moved in rows_of(store, sql)}
        (uncovered,) = rows_of(store, "SELECT count(*) FROM dataset_access WHERE coverage_from IS NULL")
    assert found == expected
    assert uncovered == (0,)


@settings(max_examples=15, deadline=None)
@given(
    st.permutations([(day, size) for day in (0, 0, 1) for size in (None, 5, 9)]),
    st.integers(1, 9),
)
def test_a_run_counts_once_with_its_largest_amount_in_any_order(
    records: list[tuple[int, int | None]], cut: int
) -> None:
    events = [
        event("run|inputs|s3://lake/raw", at=START + timedelta(days=day), moved_bytes=size) for day, size in records
    ]
    with tempfile.TemporaryDirectory() as folder:
        store = SignalStore.open(Path(folder), limits=SMALL)
        for number, part in enumerate((events[:cut], events[cut:])):
            store.add_access("openlineage", AccessReading(events=tuple(part)), fingerprint=str(number), received_at=NOW)
        found = rows_of(store, "SELECT day, requests, bytes FROM dataset_access")
    assert found == [((START + timedelta(days=1)).date(), 1, 9)]

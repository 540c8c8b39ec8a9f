"""Signals in the store: each event once, snapshots replaced, coverage told, nothing half."""

from __future__ import annotations

import sqlite3
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from collectors.errors import StoreBusy, StoreError
from collectors.signals.coverage import Coverage, whole_days
from collectors.signals.errors import InvalidRecord, UnknownSignalKind
from collectors.signals.last_access import Accessed, NotSince, Unknown, last_access
from collectors.signals.records import DATASET_ACCESS_SCHEMA, AccessReading, DatasetState, Reject, StateReading
from collectors.signals.store import SignalStore
from collectors.signals.writer import MOST_PARTS_OF_A_DAY
from collectors.store import IngestStore
from collectors.store.lock import exclusive_lock
from tests.signals.samples import NOW, event
from tests.signals.totals import access_totals, rows_of

LAKE = "s3://lake/raw"


def add(store: SignalStore, name: str, *events: object, source: str = "cloudtrail", **other: object) -> bool:
    """Store a delivery; whether it was there already."""
    reading = AccessReading(events=tuple(events))  # type: ignore[arg-type]
    return store.add_access(source, reading, fingerprint=name, received_at=NOW, **other).unchanged  # type: ignore[arg-type]


def state(day: int, stored_bytes: int, uri: str = LAKE, **other: object) -> DatasetState:
    return DatasetState(
        day_on=date(2026, 9, day), dataset_uri=uri, provider="aws", region="us-east-1", storage_class="STANDARD",
        stored_bytes=stored_bytes, **other,  # type: ignore[arg-type]
    )  # fmt: skip


def test_a_delivery_that_came_before_is_left_alone(signals: SignalStore) -> None:
    assert not add(signals, "one", event("a"), event("b"))
    parts = sorted(signals.folder.rglob("*.parquet"))
    assert add(signals, "one", event("a"), event("b"))
    assert sorted(signals.folder.rglob("*.parquet")) == parts
    assert access_totals(signals) == {(LAKE, "read"): (2, 2 * 10**9)}
    assert signals.delivery_counts() == {"cloudtrail": {"deliveries": 1, "records": 2, "rejected": 0, "skipped": 0}}


def test_deliveries_that_overlap_count_each_event_once(signals: SignalStore) -> None:
    add(signals, "one", event("a"), event("b"))
    add(signals, "two", event("b"), event("c"), event("c"))
    assert access_totals(signals) == {(LAKE, "read"): (3, 3 * 10**9)}


def test_equal_keys_of_different_sources_are_different_events(signals: SignalStore) -> None:
    add(signals, "one", event("a"))
    add(signals, "one", event("a"), source="s3_server_log")
    assert access_totals(signals) == {(LAKE, "read"): (2, 2 * 10**9)}


def test_of_events_with_one_key_the_largest_amounts_count_on_whatever_days_they_came(signals: SignalStore) -> None:
    next_day = datetime(2026, 9, 11, 1, tzinfo=UTC)
    add(signals, "end", event("run", at=next_day, moved_bytes=70), source="openlineage")
    add(signals, "start", event("run", moved_bytes=None), source="openlineage")
    assert rows_of(signals, "SELECT day, requests, bytes FROM dataset_access") == [(date(2026, 9, 11), 1, 70)]


def test_many_small_deliveries_of_a_day_are_merged_and_lose_nothing(signals: SignalStore) -> None:
    for number in range(3 * MOST_PARTS_OF_A_DAY):
        add(signals, f"d{number}", event(f"e{number}"), event("again"))
    day = signals.folder / "signals" / "access" / "cloudtrail" / "2026-09-10"
    with sqlite3.connect(signals.folder / "signals.sqlite") as ledger:
        ((current,),) = ledger.execute("SELECT count(*) FROM part WHERE superseded_at IS NULL").fetchall()
    ledger.close()
    assert current <= MOST_PARTS_OF_A_DAY
    assert access_totals(signals) == {
        (LAKE, "read"): (3 * MOST_PARTS_OF_A_DAY + 1, (3 * MOST_PARTS_OF_A_DAY + 1) * 10**9)
    }
    for days in (2, 4):
        reading = AccessReading(events=(event(f"later-{days}"),))
        signals.add_access("cloudtrail", reading, fingerprint=f"{days}", received_at=NOW + timedelta(days=days))
    assert len(list(day.glob("*.parquet"))) <= MOST_PARTS_OF_A_DAY, "files that are current no more stay for a day"


def test_a_snapshot_replaces_its_days_and_scopes_and_no_others(signals: SignalStore) -> None:
    first = StateReading(states=(state(1, 10), state(2, 20), state(1, 5, "s3://other")))
    signals.replace_state("s3_inventory", first, fingerprint="1", received_at=NOW)
    again = StateReading(states=(state(1, 11, "s3://lake/raw/a"), state(1, 1, "s3://lake")))
    signals.replace_state("s3_inventory", again, fingerprint="2", received_at=NOW)
    sql = "SELECT day(day), dataset_uri, bytes FROM dataset_state ORDER BY ALL"
    assert rows_of(signals, sql) == [
        (1, "s3://lake", 1), (1, "s3://lake/raw/a", 11), (1, "s3://other", 5), (2, "s3://lake/raw", 20),
    ]  # fmt: skip
    assert signals.replace_state("s3_inventory", first, fingerprint="1", received_at=NOW).unchanged


def test_what_was_rejected_is_kept_with_its_reason(signals: SignalStore) -> None:
    reading = AccessReading(rejects=(Reject(row_number=3, reason="why", text="what came"),), skipped={"other": 4})
    receipt = signals.add_access("cloudtrail", reading, fingerprint="1", received_at=NOW)
    assert (receipt.records, receipt.rejected, receipt.skipped) == (0, 1, 4)
    assert rows_of(signals, "SELECT * FROM signal_rejects") == [("cloudtrail", "1", 3, "why", "what came")]


def test_accesses_are_told_with_the_window_that_covers_them(signals: SignalStore) -> None:
    window = whole_days(date(2026, 9, 9), date(2026, 9, 10))
    covered = [Coverage(source="cloudtrail", scope="s3://lake", window=window)]
    outside = event("late", at=datetime(2026, 9, 11, tzinfo=UTC))
    add(signals, "one", event("a"), outside, coverage=covered)
    found = rows_of(signals, "SELECT day(day), coverage_from IS NULL, coverage_to::DATE FROM dataset_access ORDER BY 1")
    assert found == [(10, False, date(2026, 9, 11)), (11, True, None)]


def test_published_tables_have_the_columns_that_are_promised_even_when_empty(signals: SignalStore) -> None:
    for _ in range(2):
        with signals.connect() as connection:
            access = connection.sql("SELECT * FROM dataset_access").to_arrow_table()
            states = connection.sql("SELECT * FROM dataset_state").to_arrow_table()
        assert access.schema.names == DATASET_ACCESS_SCHEMA.names
        assert [field.type for field in access.schema] == [field.type for field in DATASET_ACCESS_SCHEMA]
        assert "last_access" in states.schema.names
        add(signals, "one", event("a"))
        signals.replace_state("s3_inventory", StateReading(states=(state(1, 10),)), fingerprint="1", received_at=NOW)


def test_coverage_defaults_to_the_days_of_a_delivery_and_windows_merge(signals: SignalStore) -> None:
    for name, day in (("one", 1), ("three", 3), ("two", 2)):
        add(signals, name, event(name, at=datetime(2026, 9, day, 5, tzinfo=UTC)))
    assert signals.coverage() == (
        Coverage(source="cloudtrail", scope="s3://lake", window=whole_days(date(2026, 9, 1), date(2026, 9, 3))),
    )


def test_silent_days_of_a_stream_are_covered_up_to_a_week(signals: SignalStore) -> None:
    for day in (1, 8, 25):
        moment = datetime(2026, 9, day, 5, tzinfo=UTC)
        add(signals, f"d{day}", event(f"e{day}", at=moment), source="openlineage")
    assert [(each.scope, each.window) for each in signals.coverage()] == [
        ("", whole_days(date(2026, 9, 1), date(2026, 9, 8))),
        ("", whole_days(date(2026, 9, 25), date(2026, 9, 25))),
    ]


def test_last_access_is_a_day_or_not_since_or_unknown(signals: SignalStore) -> None:
    assert last_access(signals, [LAKE]) == Unknown()
    add(signals, "one", event("a"), event("b", dataset_uri="s3://lake/raw/x", at=datetime(2026, 9, 12, tzinfo=UTC)))
    assert last_access(signals, [LAKE]) == Accessed(on=date(2026, 9, 12))
    assert last_access(signals, ["s3://lake/cold"]) == NotSince(from_on=date(2026, 9, 10), until_on=date(2026, 9, 12))
    assert last_access(signals, ["s3://elsewhere"]) == Unknown()
    assert last_access(signals, ["s3://lake/cold", "s3://elsewhere"]) == Unknown()


def test_lineage_never_says_that_nobody_used_a_dataset(signals: SignalStore) -> None:
    add(signals, "one", event("a"), source="openlineage")
    assert last_access(signals, [LAKE]) == Accessed(on=date(2026, 9, 10))
    assert last_access(signals, ["s3://lake/cold"]) == Unknown()


def test_a_vendors_own_tracking_is_a_last_access_too(signals: SignalStore) -> None:
    seen = StateReading(states=(state(7, 10, last_access_at=datetime(2026, 8, 1, 3, tzinfo=UTC)),))
    signals.replace_state("azure_inventory", seen, fingerprint="1", received_at=NOW)
    assert last_access(signals, ["s3://lake"]) == Accessed(on=date(2026, 8, 1))


def test_days_watched_in_part_are_not_watched(signals: SignalStore) -> None:
    window = whole_days(date(2026, 9, 1), date(2026, 9, 5))
    half = type(window)(from_at=window.from_at + timedelta(hours=1), to_at=window.to_at - timedelta(hours=1))
    add(signals, "one", coverage=[Coverage(source="cloudtrail", scope="s3://lake", window=half)])
    assert last_access(signals, ["s3://lake"]) == NotSince(from_on=date(2026, 9, 2), until_on=date(2026, 9, 4))


def test_a_source_of_no_kind_is_refused(signals: SignalStore) -> None:
    with pytest.raises(UnknownSignalKind, match="expected one of s3_server_log"):
        add(signals, "one", event("a"), source="telepathy")


@pytest.mark.parametrize("uri", ["", "s3a://lake", "s3://lake/", "bigquery:p.d. ", "s3://" + "x" * 3000])
def test_names_that_are_not_canonical_make_no_event(uri: str) -> None:
    with pytest.raises(InvalidRecord):
        event("a", dataset_uri=uri)


def test_nothing_is_made_where_only_bills_are(tmp_path: Path) -> None:
    store = IngestStore.open(tmp_path)
    assert SignalStore.find(store.folder) is None
    assert not (tmp_path / "signals.sqlite").exists()


def test_the_writer_of_bills_does_not_keep_signals_waiting(tmp_path: Path) -> None:
    bills = IngestStore.open(tmp_path)
    signals = SignalStore.open(tmp_path, lock_wait_seconds=0.1)
    with bills.writing():
        add(signals, "one", event("a"))
    with exclusive_lock(tmp_path / "signals.lock", wait_seconds=1), pytest.raises(StoreBusy):
        add(signals, "two", event("b"))
    assert access_totals(signals) == {(LAKE, "read"): (1, 10**9)}


def test_a_ledger_of_a_later_release_is_refused(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "signals.sqlite") as ledger:
        ledger.execute("PRAGMA user_version = 99")
    ledger.close()
    with pytest.raises(StoreError, match="format 99"):
        SignalStore.open(tmp_path)

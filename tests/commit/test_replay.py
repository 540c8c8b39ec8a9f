"""What an older normaliser stored is normalised again from raw files, and nothing else is."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from collectors.commit import replay_outdated
from collectors.focus import ingest_files
from collectors.focus.dialect import FOCUS, Dialect
from collectors.focus.normalise import normaliser_of
from collectors.store import IngestStore
from tests.focus.bills import NOW, row, write_bill

LATER = NOW + timedelta(days=1)
NEWER = replace(FOCUS, version="2")


@pytest.fixture
def store(tmp_path: Path) -> IngestStore:
    return IngestStore.open(tmp_path / "store")


def test_a_newer_version_of_the_dialect_replays_what_the_older_stored(store: IngestStore, tmp_path: Path) -> None:
    bill = write_bill(tmp_path / "bill.csv.gz", [row(BilledCost="3"), row(BilledCost="?")])
    before = ingest_files(store, [bill], source="aws:one", ingested_at=NOW)
    bill.unlink()
    (replayed,) = replay_outdated(store, {"focus": NEWER}, now=LATER)
    assert (replayed.source, replayed.period, replayed.fault) == ("aws:one", "2025-01", "")
    (version,) = store.periods()
    assert version.contents.normaliser == normaliser_of(NEWER)
    assert version.ingested_at == LATER
    assert (version.rows, version.rejected_rows, dict(version.billed_cost)) == (1, 1, {"USD": Decimal(3)})
    assert version.contents.files == before.versions[0].contents.files
    assert replay_outdated(store, {"focus": NEWER}, now=LATER) == ()


def test_nothing_is_replayed_while_the_normaliser_is_the_same(store: IngestStore, tmp_path: Path) -> None:
    ingest_files(store, [write_bill(tmp_path / "bill.csv", [row()])], ingested_at=NOW)
    assert replay_outdated(store, {"focus": FOCUS}, now=LATER) == ()
    assert len(store.history()) == 1


def test_a_replayed_collection_is_still_known_as_collected(store: IngestStore, tmp_path: Path) -> None:
    report = ingest_files(store, [write_bill(tmp_path / "bill.csv", [row()])], source="s", ingested_at=NOW)
    store.remember_collected("somewhere", "2025-01", "print", report.delivery)
    assert not store.is_collected("somewhere", "2025-01", "print", normaliser=normaliser_of(NEWER))
    replay_outdated(store, {"focus": NEWER}, now=LATER)
    assert store.is_collected("somewhere", "2025-01", "print", normaliser=normaliser_of(NEWER))


def test_a_month_that_was_restated_since_is_not_put_back_by_the_replay_of_its_older_delivery(
    store: IngestStore, tmp_path: Path
) -> None:
    february = {"BillingPeriodStart": "2025-02-01T00:00:00Z", "BillingPeriodEnd": "2025-03-01T00:00:00Z"}
    both = write_bill(tmp_path / "both.csv", [row(BilledCost="100"), row(BilledCost="200", **february)])
    ingest_files(store, [both], source="s", ingested_at=NOW)
    ingest_files(store, [write_bill(tmp_path / "again.csv", [row(BilledCost="111")])], source="s", ingested_at=NOW)
    for _ in range(2):
        replay_outdated(store, {"focus": NEWER}, now=LATER)
        assert {version.period: dict(version.billed_cost) for version in store.periods()} == {
            "2025-01": {"USD": Decimal(111)},
            "2025-02": {"USD": Decimal(200)},
        }
    assert all(version.contents.normaliser == normaliser_of(NEWER) for version in store.periods())


def test_a_file_of_two_months_is_replayed_once_for_both(store: IngestStore, tmp_path: Path) -> None:
    february = {"BillingPeriodStart": "2025-02-01T00:00:00Z", "BillingPeriodEnd": "2025-03-01T00:00:00Z"}
    ingest_files(store, [write_bill(tmp_path / "bill.csv", [row(), row(**february)])], source="s", ingested_at=NOW)
    told: list[str] = []
    replayed = replay_outdated(store, {"focus": NEWER}, now=LATER, progress=told.append)
    assert [each.period for each in replayed] == ["2025-01", "2025-02"]
    assert told == ["reading bill.csv (1 of 1)"]


def test_a_replay_that_fails_leaves_what_was_there_and_says_why(store: IngestStore, tmp_path: Path) -> None:
    report = ingest_files(store, [write_bill(tmp_path / "bill.csv", [row()])], source="s", ingested_at=NOW)
    (sha256,) = report.versions[0].contents.files
    store.raw_path(sha256, ".csv").unlink()
    (replayed,) = replay_outdated(store, {"focus": NEWER}, now=LATER)
    assert "raw copy has gone" in replayed.fault
    assert [version.rows for version in store.periods()] == [1]
    (unknown,) = replay_outdated(store, {}, now=LATER)
    assert "no such billing format" in unknown.fault


def test_a_native_format_is_replayed_by_its_own_translation(store: IngestStore, tmp_path: Path) -> None:
    def translate(native: Path, target: Path, engine: duckdb.DuckDBPyConnection) -> None:
        engine.execute(f"COPY (SELECT * FROM read_csv('{native}', all_varchar = true)) TO '{target}' (FORMAT parquet)")

    def read_natively(native: Path):  # type: ignore[no-untyped-def]
        from collectors.focus.dialect import NativeReading

        return NativeReading(rows=2, billed_cost=Decimal("2.5"))

    native = Dialect(name="native", version="1", translate=translate, read_natively=read_natively)
    bill = write_bill(tmp_path / "bill.csv", [row(), row()])
    ingest_files(store, [bill], source="s", dialect=native, ingested_at=NOW)
    (replayed,) = replay_outdated(store, {"native": replace(native, version="2")}, now=LATER)
    assert replayed.report is not None
    assert replayed.report.native.rows == 2

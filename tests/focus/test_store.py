"""The store shows whole versions only, keeps history, and lets one writer in at a time."""

from __future__ import annotations

import fcntl
import multiprocessing
import os
import resource
import signal
import sqlite3
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from collectors.errors import StoreBusy, StoreError, StoreUnwritable, Terminal, Transient
from collectors.focus import ingest_files
from collectors.store import EngineLimits, IngestStore
from collectors.store.layout import version_folder
from tests.focus.bills import NOW, row, write_bill

LIMITS = EngineLimits(memory_mb=300, threads=1)


def total(store: IngestStore) -> Decimal:
    with store.connect() as connection:
        ((found,),) = connection.execute("SELECT coalesce(sum(BilledCost), 0) FROM cost_and_usage").fetchall()
    assert isinstance(found, Decimal)
    return found


def test_an_identical_delivery_does_no_work(store: IngestStore, tmp_path: Path) -> None:
    bill = write_bill(tmp_path / "bill.csv", [row()])
    first = ingest_files(store, [bill], ingested_at=NOW)
    again = ingest_files(store, [bill], ingested_at=NOW + timedelta(days=1))

    assert (first.unchanged, again.unchanged, again.rows) == (False, True, 1)
    assert [version.ingested_at for version in store.history()] == [NOW]
    assert again.versions[0].unchanged


def test_a_restated_period_replaces_its_own_version_alone_and_history_stays(store: IngestStore, tmp_path: Path) -> None:
    february = {"BillingPeriodStart": "2025-02-01T00:00:00Z", "BillingPeriodEnd": "2025-03-01T00:00:00Z"}
    ingest_files(store, [write_bill(tmp_path / "a.csv", [row(), row(BilledCost="7", **february)])], ingested_at=NOW)
    before = store.fingerprint()

    report = ingest_files(store, [write_bill(tmp_path / "b.csv", [row(BilledCost="2")])], ingested_at=NOW)

    assert total(store) == 9
    assert [(v.period, v.rows, v.billed_cost["USD"]) for v in report.replaced] == [("2025-01", 1, Decimal("1.25"))]
    assert [(v.period, v.version.split("-")[0], v.current) for v in store.history()] == [
        ("2025-01", "v1", False),
        ("2025-01", "v2", True),
        ("2025-02", "v1", True),
    ]
    assert store.fingerprint() != before


def test_a_delivery_that_comes_back_becomes_current_again(store: IngestStore, tmp_path: Path) -> None:
    old = write_bill(tmp_path / "a.csv", [row(BilledCost="1")])
    new = write_bill(tmp_path / "b.csv", [row(BilledCost="2")])
    first = store.fingerprint()
    ingest_files(store, [old], ingested_at=NOW)
    with_old = store.fingerprint()
    ingest_files(store, [new], ingested_at=NOW)
    report = ingest_files(store, [old], ingested_at=NOW)

    assert (report.unchanged, total(store), len(store.history())) == (False, Decimal(1), 3)
    assert store.fingerprint() == with_old != first


def test_files_of_different_accounts_do_not_replace_each_other(store: IngestStore, tmp_path: Path) -> None:
    ingest_files(store, [write_bill(tmp_path / "a.csv", [row(BilledCost="1")])], ingested_at=NOW)
    ingest_files(store, [write_bill(tmp_path / "b.csv", [row(BilledCost="2", BillingAccountId="9")])], ingested_at=NOW)
    assert total(store) == 3


def test_a_file_that_counts_under_two_sources_is_said(store: IngestStore, tmp_path: Path) -> None:
    bill = write_bill(tmp_path / "bill.csv", [row(BilledCost="3")])
    ingest_files(store, [bill], ingested_at=NOW)
    report = ingest_files(store, [bill], source="again", ingested_at=NOW)
    assert [(each.code, each.cost_affected, each.examples) for each in report.oddities] == [
        ("counted_twice", {"USD": Decimal(3)}, ("bill.csv",))
    ]
    assert "aws:111122223333" in report.oddities[0].meaning


def test_delivered_files_are_kept_byte_by_byte(store: IngestStore, tmp_path: Path) -> None:
    bill = write_bill(tmp_path / "bill.csv.gz", [row()])
    report = ingest_files(store, [bill], ingested_at=NOW)
    (sha256,) = report.versions[0].contents.files
    assert (store.folder / "raw" / sha256[:2] / f"{sha256}.csv.gz").read_bytes() == bill.read_bytes()


def test_a_reader_keeps_what_it_saw_when_a_writer_replaces_it(store: IngestStore, tmp_path: Path) -> None:
    ingest_files(store, [write_bill(tmp_path / "a.csv", [row(BilledCost="1")])], ingested_at=NOW)
    with store.connect() as connection:
        ingest_files(store, [write_bill(tmp_path / "b.csv", [row(BilledCost="2")])], ingested_at=NOW)
        assert connection.execute("SELECT sum(BilledCost) FROM cost_and_usage").fetchall() == [(Decimal(1),)]
    assert total(store) == 2


def test_leftovers_of_a_dead_writer_are_invisible_and_removed(store: IngestStore, tmp_path: Path) -> None:
    ingest_files(store, [write_bill(tmp_path / "a.csv", [row(BilledCost="1")])], ingested_at=NOW)
    orphan = store.folder / "focus" / version_folder("aws:111122223333", "2025-01", "v2-dead")
    dead = store.folder / "staging" / "writer-999999999"
    for folder in (orphan, dead):
        folder.mkdir(parents=True)
        (folder / "part-00000.parquet").write_bytes(b"half a file")

    assert total(store) == 1
    ingest_files(store, [write_bill(tmp_path / "b.csv", [row(BilledCost="2")])], ingested_at=NOW)
    assert (orphan.exists(), dead.exists(), total(store)) == (False, False, Decimal(2))


def test_a_second_writer_waits_and_then_says_that_the_store_is_busy(tmp_path: Path) -> None:
    store = IngestStore.open(tmp_path / "store", limits=LIMITS, lock_wait_seconds=0.2)
    with (store.folder / "store.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(StoreBusy, match="another process has been writing") as caught:
            ingest_files(store, [write_bill(tmp_path / "a.csv", [row()])], ingested_at=NOW)
    assert isinstance(caught.value, Transient)
    assert store.history() == ()


def _ingest_one(folder: Path, bill: Path) -> None:
    ingest_files(IngestStore.open(folder, limits=LIMITS), [bill], ingested_at=NOW)


def test_writers_in_several_processes_all_get_their_turn(tmp_path: Path) -> None:
    bills = [write_bill(tmp_path / f"{n}.csv", [row(BillingAccountId=str(n), BilledCost="1")]) for n in range(4)]
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_ingest_one, args=(tmp_path / "store", bill)) for bill in bills]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0, 0, 0]
    assert total(IngestStore.open(tmp_path / "store", limits=LIMITS)) == 4


def _ingest_with_small_disk(folder: Path, bill: Path) -> None:
    """A limit on file sizes stands in for a full disk: the kernel refuses the write in the same place."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    store = IngestStore.open(folder, limits=LIMITS)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
    try:
        ingest_files(store, [bill], ingested_at=NOW)
    except StoreUnwritable as fault:
        os._exit(3 if "free space" in str(fault) and isinstance(fault, Terminal) else 4)
    os._exit(0)


@pytest.mark.parametrize("suffix", [".csv", ".csv.gz"])
def test_a_full_disk_is_said_and_the_last_state_stays(store: IngestStore, tmp_path: Path, suffix: str) -> None:
    ingest_files(store, [write_bill(tmp_path / "a.csv", [row(BilledCost="1")])], ingested_at=NOW)
    rows = [row(BilledCost="2", ResourceId=os.urandom(40).hex()) for _ in range(4000)]
    big = write_bill(tmp_path / f"big{suffix}", rows)

    worker = multiprocessing.get_context("spawn").Process(target=_ingest_with_small_disk, args=(store.folder, big))
    worker.start()
    worker.join()

    assert worker.exitcode == 3
    assert total(store) == 1
    ingest_files(store, [big], ingested_at=NOW)
    assert total(store) == 8000


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreUnwritable, match="fix the rights of this folder"):
        IngestStore.open(tmp_path / "file" / "store")


def test_a_ledger_that_is_none_is_said(tmp_path: Path) -> None:
    (tmp_path / "ledger.sqlite").write_bytes(b"this is not a database, though it is long enough to be looked at" * 20)
    with pytest.raises(StoreError, match="not a ledger that this release can read"):
        IngestStore.open(tmp_path)


def test_a_ledger_of_a_later_release_is_said(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "ledger.sqlite")
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(StoreError, match="ledger format 99 is newer than"):
        IngestStore.open(tmp_path)


def test_names_of_sources_become_safe_folders(store: IngestStore, tmp_path: Path) -> None:
    accounts = ["../../etc", "/providers/x/y", "a" * 300, "a" * 300 + "b", ".."]
    rows = [row(BillingAccountId=account, BilledCost="1") for account in accounts]
    report = ingest_files(store, [write_bill(tmp_path / "bill.csv", rows)], ingested_at=NOW)
    assert (len(report.versions), total(store)) == (5, Decimal(5))
    assert {each.parent for each in (store.folder / "focus").iterdir()} == {store.folder / "focus"}
    assert len(list((store.folder / "focus").iterdir())) == 5

"""The ingest store: FOCUS rows by (source, billing period) version under one data directory."""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

import duckdb

from collectors.errors import StoreError, StoreUnwritable
from collectors.store.audit import Audit
from collectors.store.checks import Closing, DeliveryCall, PeriodCheck, SourceSetting
from collectors.store.layout import Layout
from collectors.store.ledger import Ledger
from collectors.store.lock import exclusive_lock
from collectors.store.raw import raw_path
from collectors.store.sql import EngineLimits, open_engine
from collectors.store.versions import PeriodVersion
from collectors.store.views import create_views
from collectors.store.writer import StoreWriter

LOCK_WAIT_SECONDS: Final = 60.0


class IngestStore:
    """Reads and writes one data directory. Many readers, one writer at a time, in any number of processes.

    Readers see whole versions only: what the ledger called current when they connected.
    """

    def __init__(self, layout: Layout, *, limits: EngineLimits, lock_wait_seconds: float) -> None:
        self._layout = layout
        self._ledger = Ledger(layout.ledger)
        self._audit = Audit(layout.ledger)
        self._limits = limits
        self._lock_wait_seconds = lock_wait_seconds

    @classmethod
    def open(
        cls, folder: Path, *, limits: EngineLimits | None = None, lock_wait_seconds: float = LOCK_WAIT_SECONDS
    ) -> IngestStore:
        """The store in ``folder``, made when absent.

        Raises:
            StoreUnwritable: the folder cannot be made or written.
            StoreError: what lies there is no store, or one of a later release.
        """
        layout = Layout(Path(folder).absolute())
        store = cls(layout, limits=limits or EngineLimits(), lock_wait_seconds=lock_wait_seconds)
        with store._faults():
            for each in layout.folders():
                each.mkdir(parents=True, exist_ok=True)
            if not store._ledger.is_ready():
                with exclusive_lock(layout.lock, wait_seconds=lock_wait_seconds):
                    store._ledger.create()
        return store

    @property
    def folder(self) -> Path:
        """The data directory."""
        return self._layout.root

    @property
    def limits(self) -> EngineLimits:
        """What its engine may use."""
        return self._limits

    def periods(self) -> tuple[PeriodVersion, ...]:
        """The current version of every (source, billing period)."""
        with self._faults():
            return self._ledger.versions(current_only=True)

    def history(self) -> tuple[PeriodVersion, ...]:
        """Every version there ever was, oldest first within its (source, billing period)."""
        with self._faults():
            return self._ledger.versions(current_only=False)

    def fingerprint(self) -> str:
        """Hash of what readers see: equal exactly when no period was added, replaced or counted otherwise."""
        digest = hashlib.sha256()
        for version in self.periods():
            digest.update(repr((version.source, version.period, version.fingerprint)).encode())
        digest.update(repr([(each.source, each.counts, each.billed_through) for each in self.settings()]).encode())
        return digest.hexdigest()

    def connect(self) -> duckdb.DuckDBPyConnection:
        """A connection with the views ``cost_and_usage`` and ``rejects`` over the current versions.

        ``cost_and_usage`` has ``source, period_version, row_number, billing_period``, the 65 columns of FOCUS 1.4
        (times are TIMESTAMP in UTC, money is DECIMAL(38, 12)) and ``x_columns`` (JSON text of everything else that
        the files held). ``row_number`` counts from 1 and is unique within a delivery. The caller closes it.
        """
        with self._faults():
            row_parts = self._paths("rows")
            reject_parts = self._paths("rejects")
        connection = open_engine(self._limits, spill_folder=self._layout.staging / "spill-of-readers")
        create_views(connection, row_parts, reject_parts)
        return connection

    @contextmanager
    def writing(self) -> Iterator[StoreWriter]:
        """The right to write, held alone; leftovers of writers that died are cleaned first.

        Raises:
            StoreBusy: another process is writing and did not end in time.
            StoreUnwritable: disk full, read-only folder or missing right; the last state stays.
        """
        with self._faults(), exclusive_lock(self._layout.lock, wait_seconds=self._lock_wait_seconds):
            writer = StoreWriter(self._layout, self._ledger)
            writer.clean_leftovers()
            try:
                yield writer
            finally:
                writer.discard_staging()

    @contextmanager
    def collecting(self, origin: str) -> Iterator[None]:
        """The right to collect bills from ``origin``, held alone, from asking what is there to storing it.

        So what was asked for earlier is never stored over what was asked for later.

        Raises:
            StoreBusy: another process is collecting from there and did not end in time.
            StoreUnwritable: the lock's file cannot be made.
        """
        with ExitStack() as held:
            with self._faults():
                doing = f"collecting from {origin} into this store"
                lock = self._layout.collecting_lock(origin)
                held.enter_context(exclusive_lock(lock, wait_seconds=self._lock_wait_seconds, doing=doing))
            yield

    def is_collected(self, origin: str, period: str, fingerprint: str, *, normaliser: str) -> bool:
        """Whether the delivery ``fingerprint`` of a period at ``origin`` was collected last and is still current.

        It must also have been stored by ``normaliser``: what an older one stored, and could not be replayed, is fetched
        again.
        """
        with self._faults():
            found = self._ledger.collected(origin, period)
            if found is None or found[0] != fingerprint:
                return False
            standing = self._ledger.standing_delivery(found[1])
            return standing is not None and all(each.contents.normaliser == normaliser for each in standing[0])

    def remember_collected(self, origin: str, period: str, fingerprint: str, delivery: str, *, mark: str = "") -> None:
        """Write down that the delivery ``fingerprint`` of a period at ``origin`` was ingested as ``delivery``."""
        with self._faults():
            self._ledger.remember_collected(origin, period, fingerprint=fingerprint, delivery=delivery, mark=mark)

    def marks(self, origin: str) -> dict[str, str]:
        """By period, what the provider left to be told when it is next asked for news at ``origin``."""
        with self._faults():
            return self._ledger.marks(origin)

    def renew_mark(self, origin: str, period: str, mark: str) -> None:
        """Replace the mark of a period that was collected from ``origin`` and has not changed since."""
        with self._faults():
            self._ledger.renew_mark(origin, period, mark)

    def checks(self) -> tuple[PeriodCheck, ...]:
        """The last check of each period and level, whether of its current version or of one before it."""
        with self._faults():
            return self._audit.checks()

    def keep_checks(self, checks: Sequence[PeriodCheck]) -> None:
        """Write down what was checked."""
        with self._faults():
            self._audit.keep_checks(checks)

    def closings(self) -> tuple[Closing, ...]:
        """What closed each closed period."""
        with self._faults():
            return self._audit.closings()

    def close_period(self, closing: Closing) -> None:
        """Write down what closed a period."""
        with self._faults():
            self._audit.close_period(closing)

    def settings(self) -> tuple[SourceSetting, ...]:
        """How each source counts whose connection said so."""
        with self._faults():
            return self._audit.settings()

    def keep_setting(self, setting: SourceSetting) -> None:
        """Write down how a source counts, unless that is what is written already."""
        with self._faults():
            if setting not in self._audit.settings():
                self._audit.keep_setting(setting)

    def calls(self) -> dict[tuple[str, str], DeliveryCall]:
        """How each current version came in, by (source, period)."""
        with self._faults():
            return self._ledger.calls()

    def reports(self) -> dict[tuple[str, str], tuple[str, str]]:
        """By (source, period), the delivery that each current version came in with and the report made then."""
        with self._faults():
            return self._ledger.reports()

    def raw_path(self, sha256: str, suffix: str) -> Path:
        """Where the raw file of that content lies."""
        return raw_path(self._layout.raw, sha256, suffix)

    @contextmanager
    def download_folder(self) -> Iterator[Path]:
        """A folder for files on their way in, on the store's file system; removed at the end.

        Several processes may have one each; those of processes that died are removed when the next one is made.
        """
        with self._faults():
            for leftover in self._layout.staging.glob("download-*"):
                if not _is_alive(int(leftover.name.split("-")[1])):
                    shutil.rmtree(leftover, ignore_errors=True)
            folder = tempfile.TemporaryDirectory(dir=self._layout.staging, prefix=f"download-{os.getpid()}-")
        with folder as path:
            yield Path(path)

    def _paths(self, kind: str) -> list[Path]:
        return [self._layout.root / path for path in self._ledger.parts(kind, current_only=True)]

    @contextmanager
    def _faults(self) -> Iterator[None]:
        """Turn faults of the disk and the ledger into errors that say what to do."""
        folder = self._layout.root
        try:
            yield
        except (OSError, duckdb.IOException) as fault:
            raise StoreUnwritable(
                f"the store cannot be read or written ({fault}); free space or fix the rights of this folder and "
                "run this again; what was stored before is untouched",
                folder=folder,
            ) from fault
        except duckdb.OutOfMemoryException as fault:
            raise StoreUnwritable(
                f"the engine's {self._limits.memory_mb} MB of memory and the disk beside it are not enough ({fault}); "
                "give the store more of either and run this again; what was stored before is untouched",
                folder=folder,
            ) from fault
        except sqlite3.OperationalError as fault:
            raise StoreUnwritable(
                f"the ledger cannot be read or written ({fault}); free space or fix the rights of this folder and "
                "run this again; what was stored before is untouched",
                folder=folder,
            ) from fault
        except sqlite3.DatabaseError as fault:
            raise StoreError(
                f"ledger.sqlite is not a ledger that this release can read ({fault}); give another folder, or restore "
                "this one from a backup",
                folder=folder,
            ) from fault


def _is_alive(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True

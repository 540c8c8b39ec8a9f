"""The store of access signals: events and states beside the bills, in the same data directory."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

import duckdb

from collectors.errors import StoreError, StoreUnwritable
from collectors.signals.coverage import Coverage, merged
from collectors.signals.kinds import kind_of
from collectors.signals.layout import SignalLayout
from collectors.signals.ledger import SignalLedger
from collectors.signals.records import AccessReading, StateReading
from collectors.signals.views import by_source, create_signal_views
from collectors.signals.writer import SignalWriter, spanned
from collectors.store.lock import exclusive_lock
from collectors.store.sql import EngineLimits, open_engine

LOCK_WAIT_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalReceipt:
    """What became of a delivery; ``unchanged`` says that it was there already and nothing was done.

    ``reject_reasons`` counts what was kept aside by the reason.
    """

    source: str
    records: int
    rejected: int
    skipped: int
    unchanged: bool
    reject_reasons: Mapping[str, int] = field(default_factory=dict)


class SignalStore:
    """The signals in one data directory. Many readers, one writer at a time, in any number of processes.

    The writer of signals and the writer of bills do not wait for each other. Readers see whole publications only.
    """

    def __init__(self, layout: SignalLayout, *, limits: EngineLimits, lock_wait_seconds: float) -> None:
        self._layout = layout
        self._ledger = SignalLedger(layout.ledger)
        self._limits = limits
        self._lock_wait_seconds = lock_wait_seconds

    @classmethod
    def open(
        cls, folder: Path, *, limits: EngineLimits | None = None, lock_wait_seconds: float = LOCK_WAIT_SECONDS
    ) -> SignalStore:
        """The signals in the data directory ``folder`` of an ingest store, made when absent.

        Raises:
            StoreUnwritable: the folder cannot be made or written.
            StoreError: what lies there is no store of signals, or one of a later release.
        """
        layout = SignalLayout(Path(folder).absolute())
        store = cls(layout, limits=limits or EngineLimits(), lock_wait_seconds=lock_wait_seconds)
        with store._faults():
            for each in (layout.root, layout.parts, layout.staging):
                each.mkdir(parents=True, exist_ok=True)
            if not store._ledger.is_ready():
                with exclusive_lock(layout.lock, wait_seconds=lock_wait_seconds):
                    store._ledger.create()
        return store

    @classmethod
    def find(cls, folder: Path, *, limits: EngineLimits | None = None) -> SignalStore | None:
        """The signals in ``folder`` when any were ever stored there; nothing is made.

        Raises:
            StoreError: what lies there is no store of signals, or one of a later release.
        """
        if not SignalLayout(Path(folder).absolute()).ledger.exists():
            return None
        return cls.open(folder, limits=limits)

    @property
    def folder(self) -> Path:
        """The data directory."""
        return self._layout.root

    def add_access(
        self,
        source: str,
        reading: AccessReading,
        *,
        fingerprint: str,
        received_at: datetime,
        coverage: Sequence[Coverage] | None = None,
    ) -> SignalReceipt:
        """Store one delivery of events durably; a fingerprint that was stored before is left alone.

        Args:
            source: kind, and a name after a colon where one kind is delivered in several places.
            reading: what the kind's reader found.
            fingerprint: hash of what was delivered.
            received_at: moment to write in the ledger.
            coverage: which times the delivery watched; default: the whole days from its first event to its last.

        Raises:
            UnknownSignalKind: the source begins with no kind.
            StoreBusy, StoreUnwritable: nothing was stored.
        """
        kind_of(source)
        with self.writing() as writer:
            known = writer.is_delivered(source, fingerprint)
            if not known:
                found = spanned(source, reading.events) if coverage is None else coverage
                writer.add_access(source, reading, fingerprint=fingerprint, coverage=found)
                writer.publish(published_at=received_at)
        return _receipt(source, reading, len(reading.events), unchanged=known)

    def is_delivered(self, source: str, fingerprint: str) -> bool:
        """Whether a delivery of the source with that fingerprint is stored."""
        with self._faults():
            return self._ledger.delivered(source, fingerprint) is not None

    def replace_state(
        self, source: str, reading: StateReading, *, fingerprint: str, received_at: datetime
    ) -> SignalReceipt:
        """Store one delivery of states durably: it replaces what the source told of each (day, scope) in it.

        ``fingerprint`` must tell one day's delivery from another's even when nothing changed between them. Arguments
        and errors else as ``add_access``.
        """
        kind_of(source)
        with self.writing() as writer:
            known = writer.is_delivered(source, fingerprint)
            if not known:
                writer.add_state(source, reading, fingerprint=fingerprint)
                writer.publish(published_at=received_at)
        return _receipt(source, reading, len(reading.states), unchanged=known)

    @contextmanager
    def writing(self) -> Iterator[SignalWriter]:
        """The right to write, held alone; leftovers of writers that died are cleaned first.

        Raises:
            StoreBusy: another process is writing and did not end in time.
            StoreUnwritable: disk full, read-only folder or missing right; the last state stays.
        """
        with self._faults(), exclusive_lock(self._layout.lock, wait_seconds=self._lock_wait_seconds):
            writer = SignalWriter(self._layout, self._ledger, self._limits)
            writer.clean_leftovers()
            yield writer
            # After an error the staging folder stays: it tells the next writer to look for files without a row.
            writer.discard_staging()

    def coverage(self) -> tuple[Coverage, ...]:
        """Covered windows by source and scope, silences that a stream may have counted as watched."""
        with self._faults():
            stored = self._ledger.coverage()
        scopes: dict[tuple[str, str], list[Coverage]] = {}
        for each in stored:
            scopes.setdefault((each.source, each.scope), []).append(each)
        return tuple(
            Coverage(source=source, scope=scope, window=window)
            for (source, scope), found in scopes.items()
            for window in merged((each.window for each in found), bridge=kind_of(source).bridge)
        )

    def symlinks(self) -> tuple[tuple[str, str], ...]:
        """Pairs of URIs that name the same dataset."""
        with self._faults():
            return self._ledger.symlinks()

    def delivery_counts(self) -> dict[str, dict[str, int]]:
        """By source: ``deliveries``, and of all of them together ``records``, ``rejected`` and ``skipped``."""
        with self._faults():
            return self._ledger.delivery_counts()

    def connect(self) -> duckdb.DuckDBPyConnection:
        """A connection with the views ``access_events`` (each event once), ``dataset_access``, ``dataset_state``.

        ``signal_rejects`` has what was kept aside, the table ``coverage`` the covered windows. The caller closes it.
        """
        with self._faults():
            access, state, rejects = (self._ledger.parts(kind) for kind in ("access", "state", "rejects"))
        connection = open_engine(self._limits, spill_folder=self._layout.staging / "spill-of-readers")
        create_signal_views(
            connection,
            access_parts=by_source((part.source, self._layout.root / part.path) for part in access),
            reject_parts=by_source((part.source, self._layout.root / part.path) for part in rejects),
            state_parts=[self._layout.root / part.path for part in state],
            coverage=self.coverage(),
        )
        return connection

    @contextmanager
    def _faults(self) -> Iterator[None]:
        """Turn faults of the disk and the ledger into errors that say what to do."""
        folder = self._layout.root
        try:
            yield
        except (OSError, duckdb.IOException, duckdb.OutOfMemoryException, sqlite3.OperationalError) as fault:
            raise StoreUnwritable(
                f"the signals cannot be read or written ({fault}); free space or fix the rights of this folder and "
                "run this again; what was stored before is untouched",
                folder=folder,
            ) from fault
        except sqlite3.DatabaseError as fault:
            raise StoreError(
                f"signals.sqlite is not a ledger that this release can read ({fault}); give another folder, or restore "
                "this one from a backup",
                folder=folder,
            ) from fault


def _receipt(source: str, reading: AccessReading | StateReading, records: int, *, unchanged: bool) -> SignalReceipt:
    return SignalReceipt(
        source=source,
        records=records,
        rejected=len(reading.rejects),
        skipped=sum(reading.skipped.values()),
        unchanged=unchanged,
    )

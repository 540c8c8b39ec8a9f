"""Bills of one connection into the store, period by period: whole deliveries only, and only when they changed."""

from __future__ import annotations

import hashlib
import json
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from collectors.collector import Collector, CollectWindow, Delivery, origins_of
from collectors.commit.reconcile import checks_of_ingest
from collectors.commit.report import (
    CollectReport,
    EmptyPeriod,
    FailedPeriod,
    MissingPeriod,
    PeriodOutcome,
    StoredPeriod,
    UnchangedPeriod,
)
from collectors.connections.base import Connection
from collectors.errors import (
    CollectorError,
    InvalidManifest,
    ProviderError,
    StoreError,
    StoreUnwritable,
    Transient,
)
from collectors.focus.ingest import ingest_files
from collectors.focus.normalise import normaliser_of
from collectors.store.checks import SourceSetting
from collectors.store.store import IngestStore

ATTEMPTS: Final = 3
Progress = Callable[[str], None]


def collect_bills(
    collector: Collector,
    store: IngestStore,
    window: CollectWindow,
    *,
    now: datetime,
    pause: Callable[[float], None] = time.sleep,
    progress: Progress | None = None,
) -> CollectReport:
    """Fetch what changed of the window's billing periods and ingest it, a period at a time.

    A period that fails does not stop the others; what was stored of it stays. Two collections from one origin follow
    each other, so that the later one never has its delivery replaced by what the earlier one saw.

    Args:
        collector: the opened connection.
        store: where to.
        window: months to look at.
        now: aware moment to write in the ledger.
        pause: waits some seconds before a delivery that was being rewritten, or a vendor that was busy, is tried again.
        progress: told in words what is going on.

    Raises:
        ProviderError: nothing could be asked of the vendor; periods stored before stay.
        StoreBusy: another process is collecting from the same origin.
        StoreError: the store cannot be written.
    """
    started = time.perf_counter()
    connection = collector.connection
    store.keep_setting(_setting_of(connection))
    with store.collecting(connection.origin):
        marks = store.marks(connection.origin)
        job = _Job(collector, store, marks, now, pause, progress or _say_nothing)
        found = collector.discover(window, known=marks)
        outcomes = tuple(job.outcome_of(period, found.get(period)) for period in window.periods())
    return CollectReport(
        connection=connection.name,
        source=connection.source,
        outcomes=outcomes,
        seconds=time.perf_counter() - started,
    )


def _setting_of(connection: Connection) -> SourceSetting:
    return SourceSetting(
        source=connection.source,
        provider=connection.PROVIDER,
        counts=connection.counts,
        billed_through=connection.billed_through,
    )


def _say_nothing(_: str) -> None:
    pass


@dataclass(frozen=True, slots=True)
class _Job:
    """One call of ``collect_bills``."""

    collector: Collector
    store: IngestStore
    marks: Mapping[str, str]
    now: datetime
    pause: Callable[[float], None]
    say: Progress

    def outcome_of(self, period: str, found: Delivery | ProviderError | None) -> PeriodOutcome:
        """One period; when the vendor is rewriting it, the newest delivery is looked up and fetched from the start."""
        if found is None:
            return MissingPeriod(period=period, kept_rows=self._kept_rows(period))
        self.say(f"{self.collector.connection.name}: {period}")
        for attempt in range(1, ATTEMPTS + 1):
            try:
                if isinstance(found, ProviderError):
                    raise found
                return self._try(found)
            except StoreError:
                raise
            except CollectorError as error:
                if attempt == ATTEMPTS or not isinstance(error, Transient):
                    return FailedPeriod(period=period, error=error)
            self.pause(2.0**attempt)
            try:
                month = CollectWindow(first_period=period, last_period=period)
                found = self.collector.discover(month, known=self.marks).get(period, found)
            except ProviderError as error:
                found = error
        raise AssertionError("the loop returns")

    def _try(self, delivery: Delivery) -> PeriodOutcome:
        connection, store = self.collector.connection, self.store
        if not delivery.parts:
            return EmptyPeriod(period=delivery.period, kept_rows=self._kept_rows(delivery.period))
        self._refuse_repeats(delivery)
        fingerprint = fingerprint_of(self.collector, delivery)
        mark = self.collector.mark(delivery)
        normaliser = normaliser_of(self.collector.dialect)
        if store.is_collected(connection.origin, delivery.period, fingerprint, normaliser=normaliser):
            if mark != self.marks.get(delivery.period, ""):
                store.renew_mark(connection.origin, delivery.period, mark)
            return UnchangedPeriod(period=delivery.period)
        with store.download_folder() as folder:
            paths = self._fetch(delivery, folder)
            report = ingest_files(
                store,
                paths,
                source=connection.source,
                period=delivery.period,
                dialect=self.collector.dialect,
                row_count=delivery.row_count,
                count_repeats=True,
                origins=origins_of(connection, delivery, paths),
                ingested_at=self.now,
                progress=self.say,
            )
        if not report.versions:
            return EmptyPeriod(period=delivery.period, kept_rows=self._kept_rows(delivery.period))
        store.keep_checks(checks_of_ingest(report, delivery, at=self.now))
        store.remember_collected(connection.origin, delivery.period, fingerprint, report.delivery, mark=mark)
        return StoredPeriod(period=delivery.period, report=report)

    def _fetch(self, delivery: Delivery, folder: Path) -> tuple[Path, ...]:
        try:
            return self.collector.fetch(delivery, folder)
        except OSError as fault:
            raise StoreUnwritable(
                f"the files of {delivery.period} cannot be written ({fault}); free space or fix the rights of this "
                "folder; what was stored before is untouched",
                folder=folder.parent,
            ) from fault

    def _refuse_repeats(self, delivery: Delivery) -> None:
        """A file that a manifest names twice would be paid twice."""
        for name, count in Counter(part.name for part in delivery.parts).items():
            if count > 1:
                connection = self.collector.connection
                raise InvalidManifest(
                    f"{connection.PROVIDER} names {name} {count} times in its delivery of {delivery.period} to "
                    f"{connection.origin}; nothing of it was stored; refresh the export",
                    vendor=connection.PROVIDER,
                    location=connection.origin,
                )

    def _kept_rows(self, period: str) -> int:
        source = self.collector.connection.source
        return sum(each.rows for each in self.store.periods() if (each.source, each.period) == (source, period))


def fingerprint_of(collector: Collector, delivery: Delivery) -> str:
    """What a delivery is known by: its run and the tags of its parts."""
    parts = [(part.name, part.tag, part.byte_count) for part in delivery.parts]
    facts = [collector.connection.source, collector.dialect.name, delivery.run_id, parts]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()

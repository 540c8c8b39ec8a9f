"""Usage, prices and access signals of one connection into the store: each purpose by itself, each reading whole."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

from collectors.collector import Collector, CollectWindow
from collectors.errors import CollectorError, StoreError
from collectors.providers import Purpose
from collectors.readings import Reading, SignalReading
from collectors.signals.records import AccessReading, StateReading
from collectors.signals.store import SignalStore
from collectors.store.reading_store import ReadingStore
from collectors.store.store import IngestStore


@dataclass(slots=True, kw_only=True)
class ReadReport:
    """What was read for one purpose: rows by table or kind of signal, rows that could not be used, and what went wrong.

    ``error`` ended the purpose; what was read before it is stored.
    """

    purpose: Purpose
    rows: dict[str, int] = field(default_factory=dict)
    dropped: dict[str, int] = field(default_factory=dict)
    changed: bool = False
    error: CollectorError | None = None


def collect_readings(
    collector: Collector, store: IngestStore, purpose: Purpose, window: CollectWindow, *, now: datetime
) -> ReadReport:
    """Store everything that the connection can read for one purpose other than billing.

    Raises:
        StoreError: the store cannot be written.
        ValueError: the purpose is billing.
    """
    if purpose == "billing":
        raise ValueError("bills are collected by collect_bills")
    report = ReadReport(purpose=purpose)
    readings = ReadingStore(store)
    source = collector.connection.source
    try:
        for each in collector.readings(purpose, window):
            if isinstance(each, Reading):
                _count(report, each.table, each.rows.num_rows, dict(each.dropped))
                report.changed |= readings.keep(source, each, read_at=now)
                continue
            _keep_signal(SignalStore.open(store.folder), f"{each.kind}:{source}", each, now, report)
    except StoreError:
        raise
    except CollectorError as error:
        report.error = error
    return report


def _keep_signal(signals: SignalStore, source: str, each: SignalReading, now: datetime, report: ReadReport) -> None:
    if signals.is_delivered(source, each.fingerprint):
        _count(report, each.kind, 0, {})
        return
    match each.reading() if callable(each.reading) else each.reading:
        case AccessReading() as reading:
            coverage = None if each.coverage is None else [replace(part, source=source) for part in each.coverage]
            receipt = signals.add_access(
                source, reading, fingerprint=each.fingerprint, received_at=now, coverage=coverage
            )
        case StateReading() as reading:
            receipt = signals.replace_state(source, reading, fingerprint=each.fingerprint, received_at=now)
    _count(report, each.kind, receipt.records, {"rejected": receipt.rejected} if receipt.rejected else {})
    report.changed |= not receipt.unchanged


def _count(report: ReadReport, name: str, rows: int, dropped: dict[str, int]) -> None:
    report.rows[name] = report.rows.get(name, 0) + rows
    for reason, count in dropped.items():
        report.dropped[reason] = report.dropped.get(reason, 0) + count

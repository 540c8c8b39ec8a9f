"""Collecting from every connection: what one provider fails does not stop the others."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from time import perf_counter
from typing import Final, Literal

from api.clock import utc_now
from api.errors import InvalidRequest
from api.runs.result import RunRequest, StageReport
from collectors.collector import Collector, CollectWindow
from collectors.commit import (
    Overlap,
    PeriodOutcome,
    ReplayedPeriod,
    StoredPeriod,
    collect_bills,
    find_overlaps,
    reconcile,
    replay_outdated,
)
from collectors.commit.readings import ReadReport, collect_readings
from collectors.connections import Connection, read_connections
from collectors.errors import CollectorError, StoreError
from collectors.providers import COLLECTORS, PURPOSES, dialects, open_collector
from collectors.store import IngestStore
from collectors.store.checks import PeriodCheck

_LOG: Final = logging.getLogger(__name__)

CONNECTIONS_FILE: Final = "connections.toml"
MONTHS_LOOKED_AT: Final = 3
"""The current month and the two before it: providers restate a month for weeks after it ends."""

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """What came of one connection.

    ``periods`` is a word for every month looked at; ``checks`` how stored months compare with the vendor's own total;
    ``readings`` what was read besides bills; ``failures`` one sentence for each thing that did not work.
    """

    name: str
    state: Literal["collected", "unchanged", "failed"]
    rows: int
    periods: Mapping[str, str]
    checks: tuple[PeriodCheck, ...] = ()
    readings: Mapping[str, int] | None = None
    failures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """What collecting did: by connection; what was normalised again; whose money now stands twice."""

    connections: tuple[Collected, ...]
    replayed: tuple[ReplayedPeriod, ...]
    overlaps: tuple[Overlap, ...]

    @property
    def failures(self) -> tuple[str, ...]:
        """Every failure with the name of its connection."""
        return tuple(f"{each.name}: {failure}" for each in self.connections for failure in each.failures)


def collect_connections(
    data_directory: Path,
    *,
    now: datetime,
    environ: Mapping[str, str],
    only: str | None = None,
    progress: Progress | None = None,
) -> Collection:
    """Collect from the connections of ``connections.toml`` in the data directory.

    Bills that an older normaliser stored are normalised again first.

    Raises:
        InvalidConnections: the file is missing or has a mistake, with its line.
        InvalidRequest: there is no connection called ``only``.
        StoreError: the store cannot be opened.
    """
    connections = read_connections(data_directory / CONNECTIONS_FILE)
    if only is not None:
        connections = tuple(connection for connection in connections if connection.name == only)
        if not connections:
            raise InvalidRequest(f"there is no connection {only!r} in {data_directory / CONNECTIONS_FILE}", errors=[])
    store = IngestStore.open(data_directory / "store")
    replayed = replay_outdated(store, dialects(), now=now, progress=progress)
    collected = tuple(_collect(connection, store, now, environ, progress) for connection in connections)
    return Collection(connections=collected, replayed=replayed, overlaps=find_overlaps(store))


def _collect(
    connection: Connection, store: IngestStore, now: datetime, environ: Mapping[str, str], progress: Progress | None
) -> Collected:
    try:
        collector = open_collector(connection, environ=environ)
    except CollectorError as error:
        return Collected(name=connection.name, state="failed", rows=0, periods={}, failures=(str(error),))
    try:
        return _collect_all(collector, store, now, progress)
    except Exception as error:  # the edge of a connection: whatever happened to one is told and stops no other
        if not isinstance(error, CollectorError):
            _LOG.exception("connection %s failed", connection.name)
        failure = str(error) if isinstance(error, CollectorError) else f"{type(error).__name__}: {error}"
        return Collected(name=connection.name, state="failed", rows=0, periods={}, failures=(failure,))
    finally:
        collector.close()


def _collect_all(collector: Collector, store: IngestStore, now: datetime, progress: Progress | None) -> Collected:
    """Bills, then their totals, then everything else; each by itself, so that one failure leaves the rest."""
    window = CollectWindow.ending_at(now, months=MONTHS_LOOKED_AT)
    collected = _bills(collector, store, window, now, progress)
    try:
        collected = replace(collected, checks=reconcile(collector, store, window, now=now))
    except StoreError:
        raise
    except CollectorError as error:
        collected = replace(collected, state="failed", failures=(*collected.failures, f"independent total: {error}"))
    provider = next(each for each in COLLECTORS if each.name == collector.connection.PROVIDER)
    reports = [
        collect_readings(collector, store, purpose, window, now=now)
        for purpose in PURPOSES
        if purpose != "billing" and purpose in provider.reads
    ]
    return _with_readings(collected, reports)


def _bills(
    collector: Collector, store: IngestStore, window: CollectWindow, now: datetime, progress: Progress | None
) -> Collected:
    name = collector.connection.name
    try:
        report = collect_bills(collector, store, window, now=now, progress=progress)
    except StoreError:
        raise
    except CollectorError as error:
        return Collected(name=name, state="failed", rows=0, periods={}, failures=(str(error),))
    stored = [outcome for outcome in report.outcomes if isinstance(outcome, StoredPeriod)]
    state: Literal["collected", "unchanged", "failed"] = "collected" if report.changed else "unchanged"
    return Collected(
        name=name,
        state="failed" if report.failures else state,
        rows=sum(outcome.report.rows for outcome in stored),
        periods={outcome.period: _word(outcome) for outcome in report.outcomes},
        failures=tuple(f"{each.period}: {each.error}" for each in report.failures),
    )


def _with_readings(collected: Collected, reports: list[ReadReport]) -> Collected:
    failures = tuple(f"{each.purpose}: {each.error}" for each in reports if each.error is not None)
    state = collected.state
    if failures:
        state = "failed"
    elif state == "unchanged" and any(each.changed for each in reports):
        state = "collected"
    return replace(
        collected,
        state=state,
        readings={name: rows for each in reports for name, rows in each.rows.items()},
        failures=(*collected.failures, *failures),
    )


def _word(outcome: PeriodOutcome) -> str:
    return type(outcome).__name__.removesuffix("Period").lower()


def collect_before_run(request: RunRequest, *, environ: Mapping[str, str] | None = None) -> StageReport | None:
    """First stage of a nightly run; None where nothing is connected. A failed connection is counted as left out and
    named, and the run goes on with the last good bills."""
    if not (request.data_directory / CONNECTIONS_FILE).is_file():
        return None
    began = perf_counter()
    collection = collect_connections(
        request.data_directory, now=utc_now(), environ=os.environ if environ is None else environ
    )
    return StageReport(
        name="collect",
        seconds=perf_counter() - began,
        count_in=len(collection.connections),
        count_out=sum(each.rows for each in collection.connections),
        count_dropped=sum(each.state == "failed" for each in collection.connections),
        input_fingerprint=IngestStore.open(request.data_directory / "store").fingerprint(),
        failures=collection.failures,
    )

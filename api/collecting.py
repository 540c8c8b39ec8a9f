"""Collecting from every connection: what one provider fails does not stop the others."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from time import perf_counter
from typing import Final, Literal

from api.clock import utc_now
from api.errors import InvalidRequest
from api.runs.result import RunRequest, StageReport
from collectors.collector import Collector, CollectWindow
from collectors.commit import (
    KeptAside,
    MissingPeriod,
    Overlap,
    PeriodOutcome,
    PeriodStanding,
    ReplayedPeriod,
    StoredPeriod,
    collect_bills,
    find_overlaps,
    period_standings,
    reconcile,
    replay_outdated,
    rows_kept_aside,
)
from collectors.commit.readings import ReadReport, collect_readings
from collectors.commit.remarks import changed_after_closing, lost_months, older_months, overlooked_bills
from collectors.connections import Connection, read_connections
from collectors.errors import CollectorError, StoreError
from collectors.months import months_between
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
    ``readings`` what was read besides bills; ``remarks`` a sentence for each thing that did work and that a person
    should know; ``failures`` one for each that did not.
    """

    name: str
    source: str
    state: Literal["collected", "unchanged", "failed"]
    rows: int = 0
    periods: Mapping[str, str] = field(default_factory=dict)
    checks: tuple[PeriodCheck, ...] = ()
    readings: Mapping[str, int] | None = None
    remarks: tuple[str, ...] = ()
    failures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WithheldMonth:
    """A month that no recommendation may rest on, and why; ``is_over`` says that it has ended."""

    period: str
    why: str
    is_over: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """What collecting did: by connection; what was normalised again; whose money stands twice; what stays unused."""

    connections: tuple[Collected, ...]
    replayed: tuple[ReplayedPeriod, ...]
    overlaps: tuple[Overlap, ...]
    withheld: tuple[WithheldMonth, ...]
    kept_aside: tuple[KeptAside, ...]

    @property
    def failures(self) -> tuple[str, ...]:
        """Every failure with the name of its connection."""
        return tuple(f"{each.name}: {failure}" for each in self.connections for failure in each.failures)

    @property
    def remarks(self) -> tuple[str, ...]:
        """Every remark with the name of its connection."""
        return tuple(f"{each.name}: {remark}" for each in self.connections for remark in each.remarks)


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectOrder:
    """What to collect.

    Attributes:
        only: the one connection; None for all of them.
        months: how many months of bills, the current one among them. What is read besides bills (usage, prices, access)
            always covers ``MONTHS_LOOKED_AT``.
        ask_totals: ask for every total now, those of closed months and those that the vendor charges for as well.
    """

    only: str | None = None
    months: int = MONTHS_LOOKED_AT
    ask_totals: bool = False


def collect_connections(
    data_directory: Path,
    *,
    now: datetime,
    environ: Mapping[str, str],
    order: CollectOrder | None = None,
    progress: Progress | None = None,
) -> Collection:
    """Collect from the connections of ``connections.toml`` in the data directory.

    Bills that an older normaliser stored are normalised again first.

    Raises:
        InvalidConnections: the file is missing or has a mistake, with its line.
        InvalidRequest: there is no connection of the name that was ordered.
        StoreError: the store cannot be opened.
    """
    order = order or CollectOrder()
    connections = read_connections(data_directory / CONNECTIONS_FILE)
    if order.only is not None:
        known = ", ".join(connection.name for connection in connections) or "none"
        connections = tuple(connection for connection in connections if connection.name == order.only)
        if not connections:
            file = data_directory / CONNECTIONS_FILE
            raise InvalidRequest(f"there is no connection {order.only!r} in {file}; it has {known}", errors=[])
    store = IngestStore.open(data_directory / "store")
    replayed = replay_outdated(store, dialects(), now=now, progress=progress)
    collected = tuple(_collect(connection, store, order, now, environ, progress) for connection in connections)
    overlaps = find_overlaps(store)
    sources = {connection.source for connection in connections}
    return Collection(
        connections=collected,
        replayed=replayed,
        overlaps=overlaps,
        withheld=_withheld(period_standings(store, now=now, overlaps=overlaps), sources),
        kept_aside=tuple(each for each in rows_kept_aside(store) if each.source in sources),
    )


def _withheld(standings: Iterable[PeriodStanding], sources: set[str]) -> tuple[WithheldMonth, ...]:
    """Each reason once: an overlap is one of two sources."""
    found = (
        WithheldMonth(period=each.version.period, why=each.withheld, is_over=each.state != "open")
        for each in standings
        if each.withheld and each.version.source in sources
    )
    return tuple(dict.fromkeys(found))


def _collect(
    connection: Connection,
    store: IngestStore,
    order: CollectOrder,
    now: datetime,
    environ: Mapping[str, str],
    progress: Progress | None,
) -> Collected:
    failed = Collected(name=connection.name, source=connection.source, state="failed")
    try:
        collector = open_collector(connection, environ=environ)
    except CollectorError as error:
        return replace(failed, failures=(str(error),))
    try:
        return _collect_all(collector, store, order, now, progress)
    except Exception as error:  # the edge of a connection: whatever happened to one is told and stops no other
        if not isinstance(error, CollectorError):
            _LOG.exception("connection %s failed", connection.name)
        failure = str(error) if isinstance(error, CollectorError) else _defect(error)
        return replace(failed, failures=(failure,))
    finally:
        collector.close()


def _defect(error: Exception) -> str:
    return (
        f"the program has a fault ({type(error).__name__}: {error}); months that were stored stay; try again, and "
        "report it with the log when it stays so"
    )


def _collect_all(
    collector: Collector, store: IngestStore, order: CollectOrder, now: datetime, progress: Progress | None
) -> Collected:
    """Bills, then their totals, then everything else; each by itself, so that one failure leaves the rest."""
    connection = collector.connection
    window = CollectWindow.ending_at(now, months=order.months)
    is_first = not store.marks(connection.origin)
    collected = _bills(collector, store, window, now, progress)
    try:
        checks = reconcile(collector, store, window, now=now, ask_all=order.ask_totals)
        collected = replace(collected, checks=checks)
    except StoreError:
        raise
    except CollectorError as error:
        collected = replace(collected, state="failed", failures=(*collected.failures, f"independent total: {error}"))
    provider = next(each for each in COLLECTORS if each.name == connection.PROVIDER)
    recent = CollectWindow.ending_at(now, months=MONTHS_LOOKED_AT)
    reports = [
        collect_readings(collector, store, purpose, recent, now=now)
        for purpose in PURPOSES
        if purpose != "billing" and purpose in provider.reads
    ]
    collected = _with_readings(collected, reports)
    if collected.periods and (is_first or connection.LOOKING_IS_FREE):
        older = _older(connection.name, older_months(collector, store, window), now)
        collected = replace(collected, remarks=(*collected.remarks, *older))
    return collected


def _bills(
    collector: Collector, store: IngestStore, window: CollectWindow, now: datetime, progress: Progress | None
) -> Collected:
    connection = collector.connection
    failed = Collected(name=connection.name, source=connection.source, state="failed")
    closings = store.closings()
    try:
        report = collect_bills(collector, store, window, now=now, progress=progress)
    except StoreError:
        raise
    except CollectorError as error:
        return replace(failed, failures=(str(error),))
    stored = [outcome for outcome in report.outcomes if isinstance(outcome, StoredPeriod)]
    state: Literal["collected", "unchanged", "failed"] = "collected" if report.changed else "unchanged"
    return replace(
        failed,
        state="failed" if report.failures else state,
        rows=sum(outcome.report.rows for outcome in stored),
        periods={outcome.period: _word(outcome) for outcome in report.outcomes},
        remarks=(*lost_months(report), *changed_after_closing(report, closings), *overlooked_bills(collector)),
        failures=tuple(f"{each.period}: {each.error}" for each in report.failures),
    )


def _older(name: str, months: tuple[str, ...], now: datetime) -> tuple[str, ...]:
    if not months:
        return ()
    count = len(tuple(months_between(months[0], f"{now:%Y-%m}")))
    span = months[0] if len(months) == 1 else f"{len(months)} months from {months[0]} to {months[-1]}"
    read = f"`placement collect {name} --months {count}` reads them"
    return (f"older bills are there ({span}), which this collection did not look at; {read}",)


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
    if isinstance(outcome, MissingPeriod) and outcome.kept_rows:
        return "gone"
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

"""Collecting from every connection: what one provider fails does not stop the others."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from time import perf_counter
from typing import Final, Literal

from api.clock import utc_now
from api.errors import InvalidRequest
from api.runs.result import RunRequest, StageReport
from collectors.aws.billing import CollectWindow, StoredPeriod, collect_focus_export
from collectors.connections import Connection, read_connections
from collectors.errors import CollectorError
from collectors.store import IngestStore

CONNECTIONS_FILE: Final = "connections.toml"
MONTHS_LOOKED_AT: Final = 3
"""The current month and the two before it: providers restate a month for weeks after it ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """What came of one connection."""

    name: str
    state: Literal["collected", "unchanged", "failed"]
    rows: int
    detail: str


def collect_connections(data_directory: Path, *, now: datetime, only: str | None = None) -> tuple[Collected, ...]:
    """Collect from the connections of ``connections.toml`` in the data directory.

    Raises:
        InvalidConnections: the file is missing or has a mistake, with its line.
        InvalidRequest: there is no connection called ``only``.
    """
    connections = read_connections(data_directory / CONNECTIONS_FILE)
    if only is not None:
        connections = tuple(connection for connection in connections if connection.name == only)
        if not connections:
            raise InvalidRequest(f"there is no connection {only!r} in {data_directory / CONNECTIONS_FILE}", errors=[])
    store = IngestStore.open(data_directory / "store")
    return tuple(_collect(connection, store, now) for connection in connections)


def _collect(connection: Connection, store: IngestStore, now: datetime) -> Collected:
    try:
        report = collect_focus_export(connection, store, CollectWindow.ending_at(now, months=MONTHS_LOOKED_AT), now=now)
    except CollectorError as error:
        return Collected(name=connection.name, state="failed", rows=0, detail=str(error))
    stored = [outcome for outcome in report.outcomes if isinstance(outcome, StoredPeriod)]
    detail = ", ".join(f"{outcome.period} {_word(outcome)}" for outcome in report.outcomes)
    rows = sum(outcome.report.rows for outcome in stored)
    return Collected(name=connection.name, state="collected" if stored else "unchanged", rows=rows, detail=detail)


def _word(outcome: object) -> str:
    return type(outcome).__name__.removesuffix("Period").lower()


def collect_before_run(request: RunRequest) -> StageReport | None:
    """First stage of a nightly run; None where nothing is connected. A failed connection is counted as left out, and
    the run goes on with the last good bills."""
    if not (request.data_directory / CONNECTIONS_FILE).is_file():
        return None
    began = perf_counter()
    collected = collect_connections(request.data_directory, now=utc_now())
    return StageReport(
        name="collect",
        seconds=perf_counter() - began,
        count_in=len(collected),
        count_out=sum(each.rows for each in collected),
        count_dropped=sum(each.state == "failed" for each in collected),
        input_fingerprint=IngestStore.open(request.data_directory / "store").fingerprint(),
    )

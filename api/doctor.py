"""Checks of everything that a run needs, each tried for real."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from api.collecting import CONNECTIONS_FILE
from api.database.engine import Database
from api.database.migrate import current_revision, head_revision
from api.pipeline import INVENTORY_FOLDER
from api.settings import Settings
from collectors.connections import Connection, read_connections
from collectors.errors import CollectorError
from collectors.inventory import read_inventory
from collectors.pricing import load_price_book
from collectors.providers import open_collector
from collectors.store import IngestStore
from optimizer.domain.place import Place
from optimizer.errors import OptimizerError
from optimizer.plan import Solved
from optimizer.problem.builder import ProblemBuilder
from optimizer.solve import Limits, solve

State = Literal["ok", "missing", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One check. ``missing`` is what a person may still have to bring; ``failed`` does not work.

    ``remedy`` is text to paste at the vendor: a policy statement, a role assignment, SQL.
    """

    check: str
    state: State
    detail: str
    remedy: str = ""


def examine(settings: Settings, *, environ: Mapping[str, str]) -> tuple[Finding, ...]:
    """Every check, in the order in which a run needs them; every permission that the connections need is tried."""
    return (
        _interpreter(),
        _tried("solver", _solver),
        _tried("price book", lambda: f"snapshot {load_price_book().snapshot_id}"),
        _store(settings),
        _inventory(settings),
        _database(settings),
        *_connections(settings, environ),
    )


def _interpreter() -> Finding:
    version = ".".join(str(part) for part in sys.version_info[:3])
    fine = sys.version_info >= (3, 11)
    return Finding(check="python", state="ok" if fine else "failed", detail=f"{version}; 3.11 or newer is needed")


def _tried(check: str, attempt: Callable[[], str]) -> Finding:
    try:
        return Finding(check=check, state="ok", detail=attempt())
    except (CollectorError, OptimizerError, ImportError, OSError, RuntimeError) as error:
        return Finding(check=check, state="failed", detail=str(error))


def _solver() -> str:
    builder = ProblemBuilder([Place(id="a:r", provider="a", region="r", continent="EU")])
    builder.node("w")
    builder.option("cheap", "a:r", 1)
    builder.option("dear", "a:r", 2)
    problem = builder.build()
    outcome = solve(problem, limits=Limits(time_limit_seconds=10))
    if not isinstance(outcome, Solved) or outcome.plan.choices(problem) != {"w": ["cheap"]}:
        raise RuntimeError("the solver gave a wrong answer to a trivial problem; reinstall ortools")
    return f"{outcome.facts.method} answers"


def _store(settings: Settings) -> Finding:
    if not settings.store_folder.is_dir():
        return Finding(check="bills", state="missing", detail="nothing ingested; run `placement ingest FILE...`")

    def look() -> str:
        periods = IngestStore.open(settings.store_folder).periods()
        return f"{len(periods)} billing periods, {sum(period.rows for period in periods):,} rows"

    return _tried("bills", look)


def _inventory(settings: Settings) -> Finding:
    folder = settings.data_directory / INVENTORY_FOLDER
    if not folder.is_dir():
        return Finding(
            check="inventory", state="missing", detail="none; run `placement ingest --inventory FOLDER FILE...`"
        )

    def look() -> str:
        inventory = read_inventory(folder)
        return f"{len(inventory.workloads)} workloads, {len(inventory.datasets)} datasets"

    return _tried("inventory", look)


def _database(settings: Settings) -> Finding:
    file = settings.data_directory / "placement.sqlite3"
    if not settings.database_url and not file.is_file():
        return Finding(
            check="database", state="missing", detail="none yet; the first run or `placement serve` makes it"
        )
    database = Database(settings.resolved_database_url)
    try:
        current, head = current_revision(database), head_revision()
    finally:
        database.close()
    if current == head:
        return Finding(check="database", state="ok", detail=f"at revision {head}")
    return Finding(
        check="database", state="missing", detail=f"at {current}, {head} is next; `placement serve` upgrades"
    )


def _connections(settings: Settings, environ: Mapping[str, str]) -> tuple[Finding, ...]:
    file = settings.data_directory / CONNECTIONS_FILE
    if not file.is_file():
        detail = f"no {file}; bills come by `placement ingest` only"
        return (Finding(check="connections", state="missing", detail=detail),)
    try:
        connections = read_connections(file)
    except CollectorError as error:
        return (Finding(check="connections", state="failed", detail=str(error)),)
    found = [Finding(check="connections", state="ok", detail=f"{len(connections)} in {file}")]
    for connection in connections:
        found.extend(_grants(connection, environ))
    return tuple(found)


def _grants(connection: Connection, environ: Mapping[str, str]) -> tuple[Finding, ...]:
    """A finding for every permission that is missing, with the smallest grant that gives it; one when none is."""
    check = f"connection {connection.name}"
    try:
        collector = open_collector(connection, environ=environ)
    except CollectorError as error:
        return (Finding(check=check, state="failed", detail=str(error)),)
    try:
        checks = collector.check_grants()
    except CollectorError as error:
        return (Finding(check=check, state="failed", detail=str(error)),)
    finally:
        collector.close()
    missing = tuple(
        Finding(
            check=check,
            state="failed",
            detail=f"{each.grant.permission} on {each.grant.on} is missing, for {each.grant.purpose}: {each.fault}",
            remedy=each.grant.statement,
        )
        for each in checks
        if each.fault is not None
    )
    return missing or (Finding(check=check, state="ok", detail=f"{len(checks)} permissions, all there"),)

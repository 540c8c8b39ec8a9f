"""Checks of everything that a run needs, each tried for real."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, Literal

from api.cli.failures import ANSWER_IS_NO, DONE, exit_code_of
from api.clock import utc_now
from api.collecting import CONNECTIONS_FILE
from api.database.engine import Database
from api.database.migrate import current_revision, head_revision
from api.pipeline import INVENTORY_FOLDER
from api.settings import Settings
from collectors.collector import GrantCheck
from collectors.commit import period_standings
from collectors.connections import Connection, read_connections
from collectors.errors import AccessDenied, CollectorError
from collectors.grant_checks import ENDS_TRYING
from collectors.inventory import read_inventory
from collectors.pricing import load_price_book
from collectors.providers import open_collector
from collectors.store import IngestStore
from optimizer.domain.place import Place
from optimizer.errors import OptimizerError
from optimizer.plan import Solved
from optimizer.problem.builder import ProblemBuilder
from optimizer.solve import Limits, solve

_NOTHING_ELSE: Final = "; nothing else of this connection was tried"
State = Literal["ok", "missing", "withheld", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One check. ``missing`` is what a person may still have to bring; ``failed`` does not work; ``withheld`` is a
    month that is stored and not used.

    ``remedy`` is text to paste at the vendor: a policy statement, a role assignment, SQL. ``exit_code`` is what a
    failure alone would end the command with: 2 for a file that a person wrote, 3 for a provider or the store.
    """

    check: str
    state: State
    detail: str
    remedy: str = ""
    exit_code: int = DONE


def examine(settings: Settings, *, environ: Mapping[str, str]) -> tuple[Finding, ...]:
    """Every check, in the order in which a run needs them; every permission that the connections need is tried."""
    return (
        _interpreter(),
        _tried("solver", _solver),
        _tried("price book", lambda: f"snapshot {load_price_book().snapshot_id}"),
        *_store(settings),
        _inventory(settings),
        _database(settings),
        *_connections(settings, environ),
    )


def _interpreter() -> Finding:
    version = ".".join(str(part) for part in sys.version_info[:3])
    fine = sys.version_info >= (3, 11)
    detail = f"{version}; 3.11 or newer is needed"
    return Finding(
        check="python", state="ok" if fine else "failed", detail=detail, exit_code=DONE if fine else ANSWER_IS_NO
    )


def _tried(check: str, attempt: Callable[[], str]) -> Finding:
    try:
        return Finding(check=check, state="ok", detail=attempt())
    except (CollectorError, OptimizerError, ImportError, OSError, RuntimeError) as error:
        return _failed(check, error)


def _failed(check: str, error: Exception, *, detail: str = "", remedy: str = "") -> Finding:
    code = exit_code_of(error)
    return Finding(
        check=check,
        state="failed",
        detail=detail or str(error),
        remedy=remedy,
        exit_code=ANSWER_IS_NO if code is None else code,
    )


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


def _store(settings: Settings) -> tuple[Finding, ...]:
    """What is stored, and every month of it that recommendations may not rest on."""
    if not settings.store_folder.is_dir():
        detail = "nothing ingested; run `placement ingest bills/*.parquet` on your FOCUS files"
        return (Finding(check="bills", state="missing", detail=detail),)
    try:
        standings = period_standings(IngestStore.open(settings.store_folder), now=utc_now())
    except (CollectorError, OSError) as error:
        return (_failed("bills", error),)
    rows = sum(each.version.rows for each in standings)
    withheld = (
        Finding(
            check=f"bills of {each.version.period}",
            state="withheld",
            detail=f"{each.withheld}; no recommendation rests on this month; `placement periods` shows its totals, and "
            "`placement collect` compares it again",
        )
        for each in standings
        if each.withheld
    )
    return (
        Finding(check="bills", state="ok", detail=f"{len(standings)} billing periods, {rows:,} rows"),
        *dict.fromkeys(withheld),
    )


def _inventory(settings: Settings) -> Finding:
    folder = settings.data_directory / INVENTORY_FOLDER
    if not folder.is_dir():
        return Finding(
            check="inventory",
            state="missing",
            detail="none; run `placement ingest --inventory inventory` on its folder",
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
        return (_failed("connections", error),)
    found = [Finding(check="connections", state="ok", detail=f"{len(connections)} in {file}")]
    sources = _sources(settings) | {connection.source for connection in connections}
    for connection in connections:
        if connection.billed_through and connection.billed_through not in sources:
            detail = (
                f'billed_through = "{connection.billed_through}" names no source that is connected or stored, so '
                f"nothing is set aside; known are {', '.join(sorted(sources))}"
            )
            found.append(Finding(check=f"connection {connection.name}", state="missing", detail=detail))
        found.extend(_grants(connection, environ))
    return tuple(found)


def _sources(settings: Settings) -> set[str]:
    """Sources with bills in the store; none when it cannot be read, which is told by itself."""
    if not settings.store_folder.is_dir():
        return set()
    with suppress(CollectorError, OSError):
        return {version.source for version in IngestStore.open(settings.store_folder).periods()}
    return set()


def _grants(connection: Connection, environ: Mapping[str, str]) -> tuple[Finding, ...]:
    """What is wrong with a connection, each thing once, and the smallest grant where a grant mends it."""
    check = f"connection {connection.name}"
    try:
        collector = open_collector(connection, environ=environ)
    except CollectorError as error:
        return (_failed(check, error),)
    try:
        checks = collector.check_grants()
    except CollectorError as error:
        return (_failed(check, error),)
    finally:
        collector.close()
    failed = (*_denied(check, checks), *_other_faults(check, checks))
    return failed or (Finding(check=check, state="ok", detail=f"{len(checks)} permissions, all there"),)


def _denied(check: str, checks: Sequence[GrantCheck]) -> tuple[Finding, ...]:
    """One finding for every grant that is missing, however many places it would open."""
    alike: dict[tuple[str, str], list[GrantCheck]] = {}
    for each in checks:
        if isinstance(each.error, AccessDenied):
            alike.setdefault((each.grant.permission, each.grant.statement), []).append(each)
    return tuple(
        _failed(
            check,
            error,
            detail=f"{permission} on {', '.join(dict.fromkeys(each.grant.on for each in found))} is missing, for "
            f"{', '.join(dict.fromkeys(each.grant.purpose for each in found))}: {error}",
            remedy=statement,
        )
        for (permission, statement), found in alike.items()
        if (error := found[0].error) is not None
    )


def _other_faults(check: str, checks: Sequence[GrantCheck]) -> tuple[Finding, ...]:
    """Faults that no grant mends, each once."""
    errors = {str(each.error): each.error for each in checks if each.error is not None}
    return tuple(
        _failed(check, error, detail=f"{error}{_NOTHING_ELSE if isinstance(error, ENDS_TRYING) else ''}")
        for error in errors.values()
        if not isinstance(error, AccessDenied)
    )

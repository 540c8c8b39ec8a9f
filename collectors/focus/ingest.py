"""Bills into the store: keep, normalise, reconcile, publish. All of a call becomes visible at once, or nothing."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path

import duckdb

from collectors.errors import InvalidFocusFile, RowsDisagree
from collectors.focus.bill import Bill, open_bill
from collectors.focus.delivered import Progress, files_of, keep_files, locating
from collectors.focus.dialect import FOCUS, Dialect, NativeReading
from collectors.focus.findings import EXAMPLE_COUNT, Findings, Oddity
from collectors.focus.normalise import normaliser_of
from collectors.focus.partition import partition
from collectors.focus.report import IngestReport
from collectors.focus.staged import StagedBill, stage_bill
from collectors.focus.totals import read_again
from collectors.store.checks import DeliveryCall
from collectors.store.raw import Origin, RawFile
from collectors.store.sql import open_engine, plan_for
from collectors.store.store import IngestStore
from collectors.store.versions import NewVersion, PeriodVersion
from collectors.store.writer import StoreWriter


def ingest_files(
    store: IngestStore,
    paths: Iterable[Path],
    *,
    source: str | None = None,
    period: str | None = None,
    dialect: Dialect = FOCUS,
    row_count: int | None = None,
    count_repeats: bool = False,
    origins: Mapping[Path, Origin] | None = None,
    ingested_at: datetime,
    progress: Progress | None = None,
) -> IngestReport:
    """Read FOCUS files (CSV, CSV.GZ, Parquet; 1.0 to 1.4), or files of another dialect, into the store as one delivery.

    The files of one call that hold rows of the same source and billing period form one version of that period, which
    replaces the version before it; so parts of one bill must come in one call. Order of the paths does not matter.
    An identical delivery whose versions are all current does no work.

    Args:
        store: where to.
        paths: files, or folders whose files with a known suffix are taken.
        source: name under which all the rows are filed; None files each row under ``<provider>:<billing account>``,
            for instance ``aws:123456789012``.
        period: the month, ``YYYY-MM``, that every usable row must belong to; None accepts any.
        dialect: format of the files.
        row_count: rows that the files must hold together, as their manifest says; None when nobody says.
        count_repeats: whether files with the same bytes are parts of their own, as a manifest's are, instead of one
            file given twice.
        origins: what people know the files by when these are copies of theirs; by default their own names and paths.
        ingested_at: aware moment to write in the ledger.
        progress: told in words what is going on, file by file.

    Raises:
        InvalidFocusFile: a file is missing, unreadable, or no FOCUS bill; nothing of the call was stored.
        RowsDisagree, TotalsDisagree: rows or money in and stored differ; nothing of the call was stored.
        StoreBusy, StoreUnwritable: see ``IngestStore.writing``.
    """
    order = _Order(source=source, period=period, dialect=dialect, row_count=row_count, ingested_at=ingested_at)
    known = dict(origins or {})
    say = progress or _say_nothing
    locations = {path: origin.location for path, origin in known.items()}
    with locating(locations):
        files = files_of(paths, dialect)
        with store.writing() as writer:
            kept, duplicates = keep_files(writer, files, known, say, count_repeats=count_repeats)
            locations |= {raw.path: locations.get(raw.origin, str(raw.origin)) for raw in kept}
            return _ingest(store, writer, order, kept, duplicates, say)


def replay_delivery(
    store: IngestStore,
    call: DeliveryCall,
    dialect: Dialect,
    *,
    only: frozenset[tuple[str, str]],
    ingested_at: datetime,
    progress: Progress | None = None,
) -> IngestReport:
    """Normalise a delivery again from its raw files, as it was ingested then, and put the outcome in its place.

    ``only`` are the (source, period) pairs whose current version is this delivery's; others have been restated since.

    Raises:
        InvalidFocusFile: a raw file has gone from the store; the versions made of it stay.
        RowsDisagree, TotalsDisagree, StoreBusy, StoreUnwritable: see ``ingest_files``.
    """
    kept = [
        RawFile(name=name, origin=Path(name), path=store.raw_path(sha256, suffix), sha256=sha256)
        for sha256, suffix, name in call.files
    ]
    for raw in kept:
        if not raw.path.is_file():
            raise InvalidFocusFile("its raw copy has gone from the store; collect or ingest it again", path=raw.path)
    order = _Order(
        source=call.source,
        period=call.period,
        dialect=dialect,
        row_count=None,
        ingested_at=ingested_at,
        instead_of=call.fingerprint,
        only=only,
    )
    with locating({raw.path: raw.name for raw in kept}), store.writing() as writer:
        return _ingest(store, writer, order, kept, (), progress or _say_nothing)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Order:
    """What was asked for; see ``ingest_files``.

    ``instead_of`` is the delivery that is being replayed, ``only`` the (source, period) pairs of it that are current.
    """

    source: str | None
    period: str | None
    dialect: Dialect
    row_count: int | None
    ingested_at: datetime
    instead_of: str | None = None
    only: frozenset[tuple[str, str]] = frozenset()

    def __post_init__(self) -> None:
        if self.ingested_at.tzinfo is None:
            raise ValueError(f"ingested_at {self.ingested_at} has no time zone; give an aware datetime")


def _ingest(
    store: IngestStore,
    writer: StoreWriter,
    order: _Order,
    kept: Sequence[RawFile],
    duplicates: tuple[Oddity, ...],
    say: Progress,
) -> IngestReport:
    """Everything from kept raw files on."""
    started = time.perf_counter()
    call = _call(order, kept)
    before = writer.delivered_before(call.fingerprint)
    if before is not None and _is_as_ordered(before, order):
        versions, findings = before[0], Findings.from_json(before[1])
        say("unchanged: this delivery is stored already")
        seconds = time.perf_counter() - started
        return IngestReport.of(versions, findings, replaced=(), seconds=seconds, delivery=call.fingerprint)
    superseded = writer.current()
    with open_engine(store.limits, spill_folder=writer.staging / "spill") as connection:
        staged = _stage(writer, kept, order, connection, say)
        _check_period(staged, order.period)
        _check_rows(staged, order.row_count)
        new_versions = _split(writer, staged, order, connection, superseded)
    findings = Findings.together([bill.findings for bill in staged])
    of_the_call = (*findings.oddities, *duplicates, *_counted_twice(staged, superseded.values()))
    findings = replace(findings, oddities=of_the_call)
    versions = writer.publish(
        new_versions,
        call=call,
        report=findings.to_json(),
        ingested_at=order.ingested_at,
        instead_of=order.instead_of,
    )
    replaced = tuple(
        superseded[key]
        for version in versions
        if not version.unchanged and (key := (version.source, version.period)) in superseded
    )
    seconds = time.perf_counter() - started
    return IngestReport.of(versions, findings, replaced=replaced, seconds=seconds, delivery=call.fingerprint)


def _split(
    writer: StoreWriter,
    staged: Sequence[StagedBill],
    order: _Order,
    connection: duckdb.DuckDBPyConnection,
    superseded: Mapping[tuple[str, str], PeriodVersion],
) -> list[NewVersion]:
    """The versions that the bills become; of a replayed delivery only those that readers still see."""
    new_versions = partition(
        staged,
        connection,
        staging=writer.staging,
        superseded=superseded,
        salt=order.source,
        dialect=order.dialect,
        home=None if order.source is None or order.period is None else (order.source, order.period),
    )
    if order.instead_of is None:
        return new_versions
    return [each for each in new_versions if (each.contents.source, each.contents.period) in order.only]


def _is_as_ordered(before: tuple[tuple[PeriodVersion, ...], str], order: _Order) -> bool:
    """Whether what these bytes became then is what is demanded of them now; else they are read again and judged."""
    versions, report = before
    native = Findings.from_json(report).native
    fits_rows = order.row_count is None or native.rows == order.row_count
    return fits_rows and (order.period is None or all(version.period == order.period for version in versions))


def _say_nothing(_: str) -> None:
    pass


def _stage(
    writer: StoreWriter,
    kept: Sequence[RawFile],
    order: _Order,
    connection: duckdb.DuckDBPyConnection,
    say: Progress,
) -> list[StagedBill]:
    staged: list[StagedBill] = []
    row_offset = 0
    for position, raw in enumerate(kept):
        say(f"reading {raw.name} ({position + 1} of {len(kept)})")
        name = f"bill-{position:05d}"
        plan_for(connection, byte_count=raw.path.stat().st_size)
        bill, read_again = _open(raw, connection, order.dialect, writer.staging / f"{name}.translated.parquet")
        staged.append(
            stage_bill(
                bill,
                connection,
                source=order.source,
                row_offset=row_offset,
                staging=writer.staging,
                name=name,
                read_again=read_again,
            )
        )
        row_offset += staged[-1].input_rows
    return staged


def _open(
    raw: RawFile, connection: duckdb.DuckDBPyConnection, dialect: Dialect, target: Path
) -> tuple[Bill, Callable[[], NativeReading]]:
    """A raw file as a FOCUS bill, translated when it is none, and the second reading of it."""
    if dialect.translate is None or dialect.read_natively is None:
        bill = open_bill(raw, connection)
        return bill, partial(read_again, bill)
    try:
        dialect.translate(raw.path, target, connection)
    except duckdb.Error as fault:
        if isinstance(fault, (duckdb.OutOfMemoryException, duckdb.IOException)):
            raise
        raise InvalidFocusFile(
            f"cannot be read to its end as {dialect.name} ({str(fault).splitlines()[0]}); fetch or export it again; "
            "nothing of it was stored",
            path=raw.origin,
        ) from fault
    return open_bill(raw, connection, translated=target), partial(dialect.read_natively, raw.path)


def _check_period(staged: Sequence[StagedBill], period: str | None) -> None:
    """A stray row of another month would replace the whole of that month, so it stops the delivery."""
    for bill in staged:
        for group in bill.groups:
            if period is not None and group.reason is None and group.period != period:
                raise InvalidFocusFile(
                    f"{group.rows} rows have BillingPeriodStart in {group.period}, but this delivery is of {period}; "
                    "nothing was stored; refresh the export",
                    path=bill.bill.raw.origin,
                    column="BillingPeriodStart",
                )


def _check_rows(staged: Sequence[StagedBill], row_count: int | None) -> None:
    found_rows = sum(bill.findings.native.rows for bill in staged)
    if row_count is not None and found_rows != row_count:
        path = staged[0].bill.raw.origin
        raise RowsDisagree(path=path, expected_rows=row_count, found_rows=found_rows, counted_by="its manifest")


def _call(order: _Order, kept: Sequence[RawFile]) -> DeliveryCall:
    facts = [normaliser_of(order.dialect), order.source, sorted(raw.sha256 for raw in kept)]
    return DeliveryCall(
        fingerprint=hashlib.sha256(json.dumps(facts).encode()).hexdigest(),
        dialect=order.dialect.name,
        source=order.source,
        period=order.period,
        files=tuple((raw.sha256, raw.suffix, raw.name) for raw in kept),
    )


def _counted_twice(staged: Sequence[StagedBill], current: Iterable[PeriodVersion]) -> tuple[Oddity, ...]:
    """An oddity for each version of another source that holds one of these files already."""
    origins = {bill.bill.raw.sha256: bill.bill.raw.name for bill in staged}
    sources = {group.source for bill in staged for group in bill.groups}
    return tuple(
        Oddity(
            code="counted_twice",
            column="",
            meaning=f"a file of this call is current under the source {version.source} as well, in {version.period}; "
            "its cost counts twice until one of the two is replaced",
            rows=version.rows,
            examples=tuple(origins[sha256] for sha256 in version.contents.files if sha256 in origins)[:EXAMPLE_COUNT],
            cost_affected=version.billed_cost,
        )
        for version in current
        if version.source not in sources and origins.keys() & set(version.contents.files)
    )

"""Bills into the store: keep, normalise, reconcile, publish. All of a call becomes visible at once, or nothing."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from pathlib import Path

from collectors.errors import InvalidFocusFile
from collectors.focus.bill import open_bill
from collectors.focus.normalise import NORMALISER_VERSION
from collectors.focus.partition import partition
from collectors.focus.report import (
    EXAMPLE_COUNT,
    IngestReport,
    Oddity,
    Rejection,
    add_costs,
    findings_from_json,
    findings_to_json,
)
from collectors.focus.staged import StagedBill, stage_bill
from collectors.store.raw import SUFFIXES, RawFile, suffix_of
from collectors.store.sql import open_engine
from collectors.store.store import IngestStore
from collectors.store.versions import PeriodVersion
from collectors.store.writer import StoreWriter

Progress = Callable[[str], None]


def ingest_files(
    store: IngestStore,
    paths: Iterable[Path],
    *,
    source: str | None = None,
    period: str | None = None,
    ingested_at: datetime,
    progress: Progress | None = None,
) -> IngestReport:
    """Read FOCUS files (CSV, CSV.GZ, Parquet; 1.0 to 1.4) into the store as one delivery.

    The files of one call that hold rows of the same source and billing period form one version of that period, which
    replaces the version before it; so parts of one bill must come in one call. Order of the paths does not matter.
    An identical delivery whose versions are all current does no work.

    Args:
        store: where to.
        paths: files, or folders whose files with a known suffix are taken.
        source: name under which all the rows are filed; None files each row under ``<provider>:<billing account>``,
            for instance ``aws:123456789012``.
        period: the month, ``YYYY-MM``, that every usable row must belong to; None accepts any.
        ingested_at: aware moment to write in the ledger.
        progress: told in words what is going on, file by file.

    Raises:
        InvalidFocusFile: a file is missing, unreadable, or no FOCUS bill; nothing of the call was stored.
        TotalsDisagree: the money in and the money stored differ; nothing of the call was stored.
        StoreBusy, StoreUnwritable: see ``IngestStore.writing``.
    """
    if ingested_at.tzinfo is None:
        raise ValueError(f"ingested_at {ingested_at} has no time zone; give an aware datetime")
    started = time.perf_counter()
    say = progress or _say_nothing
    origins = _files_of(paths)
    with store.writing() as writer:
        kept, duplicates = _keep(writer, origins, say)
        delivery = _fingerprint(source, [raw.sha256 for raw in kept])
        before = writer.delivered_before(delivery)
        if before is not None:
            versions, report = before
            say("unchanged: this delivery is stored already")
            oddities, rejections = findings_from_json(report)
            seconds = time.perf_counter() - started
            return _report(versions, (), oddities, rejections, seconds=seconds, delivery=delivery)
        staged = _stage(store, writer, kept, source, say)
        _check_period(staged, period)
        superseded = writer.current()
        oddities = _merge_oddities(odd for bill in staged for odd in bill.oddities) + duplicates
        oddities += _counted_twice(staged, superseded.values())
        rejections = _merge_rejections(rejection for bill in staged for rejection in bill.rejections)
        with open_engine(store.limits, spill_folder=writer.staging / "spill") as connection:
            new_versions = partition(staged, connection, staging=writer.staging, superseded=superseded, salt=source)
        versions = writer.publish(
            new_versions,
            delivery=delivery,
            report=findings_to_json(oddities, rejections),
            ingested_at=ingested_at,
        )
    replaced = tuple(
        superseded[key]
        for version in versions
        if not version.unchanged and (key := (version.source, version.period)) in superseded
    )
    seconds = time.perf_counter() - started
    return _report(versions, replaced, oddities, rejections, seconds=seconds, delivery=delivery)


def _say_nothing(_: str) -> None:
    pass


def _files_of(paths: Iterable[Path]) -> list[tuple[Path, str]]:
    """Every file with its suffix, in a stable order."""
    found: list[tuple[Path, str]] = []
    for given in paths:
        path = Path(given)
        if not path.exists():
            raise InvalidFocusFile("no such file or folder; check the spelling", path=path)
        candidates = sorted(each for each in path.rglob("*") if each.is_file()) if path.is_dir() else [path]
        bills = [(each, suffix) for each in candidates if (suffix := suffix_of(each)) is not None]
        if not bills:
            raise InvalidFocusFile(f"no FOCUS file; expected a name ending in {', '.join(SUFFIXES)}", path=path)
        found.extend(bills)
    if not found:
        raise ValueError("no paths were given; name at least one FOCUS file or folder")
    return found


def _keep(
    writer: StoreWriter, origins: Sequence[tuple[Path, str]], say: Progress
) -> tuple[list[RawFile], tuple[Oddity, ...]]:
    """The distinct files, in the order of their hashes, and an oddity for each file that came twice."""
    by_hash: dict[str, RawFile] = {}
    duplicates: list[Oddity] = []
    for origin, suffix in origins:
        say(f"keeping {origin.name}")
        try:
            raw = writer.keep(origin, suffix)
        except (FileNotFoundError, PermissionError, IsADirectoryError) as fault:
            if fault.filename != str(origin):
                raise
            raise InvalidFocusFile(f"cannot be read ({fault.strerror}); check its rights", path=origin) from fault
        first = by_hash.setdefault(raw.sha256, raw)
        if first is not raw:
            duplicates.append(
                Oddity(
                    code="duplicate_file",
                    column="",
                    meaning=f"the same bytes as {first.origin.name} in the same call; counted once",
                    rows=0,
                    examples=(origin.name,),
                    cost_affected={},
                )
            )
    return [by_hash[sha256] for sha256 in sorted(by_hash)], tuple(duplicates)


def _stage(
    store: IngestStore, writer: StoreWriter, kept: Sequence[RawFile], source: str | None, say: Progress
) -> list[StagedBill]:
    staged: list[StagedBill] = []
    row_offset = 0
    for position, raw in enumerate(kept):
        say(f"reading {raw.origin.name} ({position + 1} of {len(kept)})")
        with open_engine(store.limits, spill_folder=writer.staging / "spill") as connection:
            bill = open_bill(raw, connection)
            staged.append(
                stage_bill(
                    bill,
                    connection,
                    source=source,
                    row_offset=row_offset,
                    staging=writer.staging,
                    name=f"bill-{position:05d}",
                )
            )
        row_offset += staged[-1].input_rows
    return staged


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


def _fingerprint(source: str | None, hashes: Sequence[str]) -> str:
    return hashlib.sha256(json.dumps([NORMALISER_VERSION, source, sorted(hashes)]).encode()).hexdigest()


def _counted_twice(staged: Sequence[StagedBill], current: Iterable[PeriodVersion]) -> tuple[Oddity, ...]:
    """An oddity for each version of another source that holds one of these files already."""
    origins = {bill.bill.raw.sha256: bill.bill.raw.origin.name for bill in staged}
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


def _merge_oddities(found: Iterable[Oddity]) -> tuple[Oddity, ...]:
    """One oddity per kind and column over all files."""
    groups: dict[tuple[str, str], list[Oddity]] = {}
    for each in found:
        groups.setdefault((each.code, each.column), []).append(each)
    return tuple(
        Oddity(
            code=code,
            column=column,
            meaning=same[0].meaning,
            rows=sum(each.rows for each in same),
            examples=tuple(example for each in same for example in each.examples)[:EXAMPLE_COUNT],
            cost_affected=add_costs(each.cost_affected for each in same),
        )
        for (code, column), same in sorted(groups.items())
    )


def _merge_rejections(found: Iterable[Rejection]) -> tuple[Rejection, ...]:
    """One rejection per reason over all files."""
    groups: dict[str, list[Rejection]] = {}
    for each in found:
        groups.setdefault(each.reason, []).append(each)
    return tuple(
        Rejection(
            reason=reason,
            meaning=same[0].meaning,
            rows=sum(each.rows for each in same),
            examples=tuple(example for each in same for example in each.examples)[:EXAMPLE_COUNT],
            cost=add_costs(each.cost for each in same),
        )
        for reason, same in sorted(groups.items())
    )


def _report(
    versions: tuple[PeriodVersion, ...],
    replaced: tuple[PeriodVersion, ...],
    oddities: tuple[Oddity, ...],
    rejections: tuple[Rejection, ...],
    *,
    seconds: float,
    delivery: str,
) -> IngestReport:
    return IngestReport(
        versions=versions,
        replaced=replaced,
        oddities=oddities,
        rejections=rejections,
        rows=sum(version.rows for version in versions),
        rejected_rows=sum(version.rejected_rows for version in versions),
        billed_cost=add_costs(version.billed_cost for version in versions),
        effective_cost=add_costs(version.effective_cost for version in versions),
        rejected_cost=add_costs(version.rejected_cost for version in versions),
        seconds=seconds,
        unchanged=all(version.unchanged for version in versions) and bool(versions),
        delivery=delivery,
    )

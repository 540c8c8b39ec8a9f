"""Bills of an AWS FOCUS export into the store, period by period: whole deliveries only, and only when they changed."""

from __future__ import annotations

import hashlib
import json
import os
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from collectors.aws.client import aws_faults, s3_client
from collectors.aws.credentials import VENDOR
from collectors.aws.discover import Manifest, ManifestRef, find_manifests, read_manifest
from collectors.connections import AwsFocusExport
from collectors.errors import InvalidManifest, TornDelivery
from collectors.focus.ingest import ingest_files
from collectors.focus.report import IngestReport
from collectors.store.raw import SUFFIXES, suffix_of
from collectors.store.store import IngestStore

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

TORN_ATTEMPTS: Final = 3
_MONTH: Final = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
_CHUNK_BYTES: Final = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectWindow:
    """Billing periods to look at, both ends included, as ``YYYY-MM``."""

    first_period: str
    last_period: str

    def __post_init__(self) -> None:
        for name in ("first_period", "last_period"):
            if _MONTH.fullmatch(getattr(self, name)) is None:
                raise ValueError(f"{name} {getattr(self, name)!r} is not a month such as 2025-01")
        if self.first_period > self.last_period:
            raise ValueError(f"the window ends in {self.last_period}, before it starts in {self.first_period}")

    @classmethod
    def ending_at(cls, now: datetime, *, months: int = 3) -> CollectWindow:
        """The month of ``now`` and those before it, ``months`` in all: AWS restates a month for weeks after its end."""
        last = now.year * 12 + now.month - 1
        first = last - months + 1
        return cls(first_period=_month_name(first), last_period=_month_name(last))

    def periods(self) -> tuple[str, ...]:
        """Every month of the window."""
        first, last = (int(text[:4]) * 12 + int(text[5:]) - 1 for text in (self.first_period, self.last_period))
        return tuple(_month_name(number) for number in range(first, last + 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPeriod:
    """A delivery that was fetched and ingested."""

    period: str
    report: IngestReport


@dataclass(frozen=True, slots=True, kw_only=True)
class UnchangedPeriod:
    """A delivery that is in the store already; no data file was fetched."""

    period: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingPeriod:
    """A month of the window that the export has no manifest for: not ready, which is not the same as no cost."""

    period: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EmptyPeriod:
    """A delivery without a row; what the store holds of the month stays."""

    period: str


PeriodOutcome = StoredPeriod | UnchangedPeriod | MissingPeriod | EmptyPeriod


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectReport:
    """What collecting from one connection did, an outcome for every month of the window."""

    connection: str
    outcomes: tuple[PeriodOutcome, ...]
    seconds: float

    @property
    def changed(self) -> bool:
        """Whether the store now shows other rows than before."""
        return any(isinstance(each, StoredPeriod) and not each.report.unchanged for each in self.outcomes)


def collect_focus_export(
    connection: AwsFocusExport,
    store: IngestStore,
    window: CollectWindow,
    *,
    now: datetime,
    client: S3Client | None = None,
    pause: Callable[[float], None] = time.sleep,
    progress: Callable[[str], None] | None = None,
) -> CollectReport:
    """Fetch what changed of the window's billing periods and ingest it, a period at a time.

    Args:
        connection: the export.
        store: where to.
        window: months to look at.
        now: aware moment to write in the ledger.
        client: S3 client; None makes one from the connection and the process's environment.
        pause: waits some seconds between two attempts at a delivery that is being rewritten.
        progress: told in words what is going on.

    Raises:
        TornDelivery: a delivery was being rewritten at each of three attempts.
        ProviderError: AWS refused or failed; periods ingested before stay.
        InvalidFocusFile, StoreError: see ``ingest_files``.
    """
    started = time.perf_counter()
    client = client or s3_client(connection, environ=os.environ)
    refs = {ref.period: ref for ref in find_manifests(connection, client)}
    outcomes: list[PeriodOutcome] = []
    for period in window.periods():
        if period not in refs:
            outcomes.append(MissingPeriod(period=period))
            continue
        if progress is not None:
            progress(f"{connection.name}: {period}")
        outcomes.append(_collect_period(connection, store, client, refs[period], now, pause, progress))
    return CollectReport(connection=connection.name, outcomes=tuple(outcomes), seconds=time.perf_counter() - started)


def _collect_period(
    connection: AwsFocusExport,
    store: IngestStore,
    client: S3Client,
    ref: ManifestRef,
    now: datetime,
    pause: Callable[[float], None],
    progress: Callable[[str], None] | None,
) -> PeriodOutcome:
    """One period; when AWS is rewriting it, the newest manifest is looked up and all of it is fetched again."""
    for attempt in range(1, TORN_ATTEMPTS + 1):
        try:
            return _try_period(connection, store, client, ref, now, progress)
        except TornDelivery:
            if attempt == TORN_ATTEMPTS:
                raise
            pause(2.0**attempt)
            newer = {each.period: each for each in find_manifests(connection, client)}
            ref = newer.get(ref.period, ref)
    raise AssertionError("the loop returns or raises")


def _try_period(
    connection: AwsFocusExport,
    store: IngestStore,
    client: S3Client,
    ref: ManifestRef,
    now: datetime,
    progress: Callable[[str], None] | None,
) -> PeriodOutcome:
    manifest = read_manifest(connection, client, ref)
    objects = [_look_at(connection, client, key, ref) for key in manifest.data_keys]
    if not objects:
        return EmptyPeriod(period=ref.period)
    origin = f"s3://{connection.bucket}/{connection.base_key}"
    fingerprint = _fingerprint(connection, manifest, objects)
    if store.is_collected(origin, ref.period, fingerprint):
        return UnchangedPeriod(period=ref.period)
    with store.download_folder() as folder:
        paths = [_fetch(connection, client, each, folder, number) for number, each in enumerate(objects)]
        _check_still_newest(connection, client, ref)
        report = ingest_files(
            store, paths, source=connection.source, period=ref.period, ingested_at=now, progress=progress
        )
    if not report.versions:
        return EmptyPeriod(period=ref.period)
    store.remember_collected(origin, ref.period, fingerprint, report.delivery)
    return StoredPeriod(period=ref.period, report=report)


@dataclass(frozen=True, slots=True, kw_only=True)
class _DataObject:
    """A data file in the bucket as it was when the manifest was read."""

    key: str
    etag: str
    byte_count: int


def _look_at(connection: AwsFocusExport, client: S3Client, key: str, ref: ManifestRef) -> _DataObject:
    location = f"s3://{connection.bucket}/{key}"
    if suffix_of(Path(key)) is None:
        raise InvalidManifest(
            f"AWS manifest s3://{connection.bucket}/{ref.key} lists {location}, which is none of "
            f"{', '.join(SUFFIXES)}; choose Parquet or GZIP CSV for the export",
            vendor=VENDOR,
            location=location,
        )
    with aws_faults(location, permission="s3:GetObject"):
        head = client.head_object(Bucket=connection.bucket, Key=key)
    if head["LastModified"] > ref.written_at:
        raise TornDelivery(
            f"AWS is rewriting {location}: it is newer than its manifest; nothing of {ref.period} was stored; try "
            "again in a few minutes",
            vendor=VENDOR,
            location=location,
        )
    return _DataObject(key=key, etag=head["ETag"], byte_count=head["ContentLength"])


def _fetch(connection: AwsFocusExport, client: S3Client, wanted: _DataObject, folder: Path, number: int) -> Path:
    """Download one object, provided that it is still the one looked at."""
    location = f"s3://{connection.bucket}/{wanted.key}"
    path = folder / f"{number:05d}-{Path(wanted.key).name}"
    with aws_faults(location, permission="s3:GetObject"), path.open("wb") as writing:
        body = client.get_object(Bucket=connection.bucket, Key=wanted.key, IfMatch=wanted.etag)["Body"]
        for chunk in body.iter_chunks(_CHUNK_BYTES):
            writing.write(chunk)
    if path.stat().st_size != wanted.byte_count:
        raise TornDelivery(
            f"AWS sent {path.stat().st_size} of {wanted.byte_count} bytes of {location}; nothing of it was stored; "
            "try again",
            vendor=VENDOR,
            location=location,
        )
    return path


def _check_still_newest(connection: AwsFocusExport, client: S3Client, ref: ManifestRef) -> None:
    location = f"s3://{connection.bucket}/{ref.key}"
    with aws_faults(location, permission="s3:GetObject"):
        etag = client.head_object(Bucket=connection.bucket, Key=ref.key)["ETag"]
    if etag != ref.etag:
        raise TornDelivery(
            f"AWS delivered {ref.period} anew while it was fetched ({location}); nothing of it was stored; try again",
            vendor=VENDOR,
            location=location,
        )


def _fingerprint(connection: AwsFocusExport, manifest: Manifest, objects: list[_DataObject]) -> str:
    facts = [connection.source, manifest.execution_id, [(each.key, each.etag, each.byte_count) for each in objects]]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def _month_name(number: int) -> str:
    return f"{number // 12:04d}-{number % 12 + 1:02d}"

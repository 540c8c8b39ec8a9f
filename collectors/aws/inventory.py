"""S3 Inventory: the newest report below a folder, its manifest and data files checked by their MD5 sums.

``<folder>[/<source bucket>/<configuration>]/YYYY-MM-DDTHH-MMZ/{manifest.json,manifest.checksum}``; the checksum is
written last. Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-inventory-location.html.
"""

from __future__ import annotations

import hashlib
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import islice
from pathlib import Path
from typing import Any, Final

from collectors.aws.client import AwsClients
from collectors.aws.credentials import VENDOR
from collectors.aws.objects import download, list_folders, look_at, read_small, split_uri, unreadable
from collectors.aws.signal_files import csv_lines, rows_of
from collectors.collector import CollectWindow
from collectors.errors import NotFoundAtProvider, TornDelivery
from collectors.readings import SignalReading
from collectors.signals.records import DatasetState, Reject, StateReading
from collectors.signals.state.s3_inventory import read_s3_inventory, s3_inventory_rows

_DATED: Final = re.compile(r"/(\d{4})-(\d{2})-(\d{2})T\d{2}-\d{2}Z/$")
_EXPECTED: Final = "sourceBucket, fileFormat, fileSchema and files"
_FORMATS: Final = ("CSV", "Parquet", "ORC")
_ROWS_AT_ONCE: Final = 50_000
_DEEPEST: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class InventoryManifest:
    """A report: which bucket it lists, on which day, in which format, and its files with their MD5 sums."""

    location: str
    tag: str
    day_on: date
    file_format: str
    schema: str
    files: tuple[tuple[str, str], ...]


def read_inventory(clients: AwsClients, folder: str, window: CollectWindow) -> Iterator[SignalReading]:
    """The newest whole report of each configuration below ``folder`` within the window; nothing when there is none.

    Raises:
        NotFoundAtProvider: there is no report below the folder at all.
        InvalidManifest, TornDelivery: a manifest or file is not what its checksum says.
    """
    bucket, prefix = split_uri(folder)
    configurations = list(_configurations(clients, bucket, prefix, _DEEPEST))
    if not configurations:
        raise NotFoundAtProvider(
            f"AWS has no S3 Inventory report below {folder}; check inventories of this connection; the first report "
            "takes up to 48 hours",
            vendor=VENDOR,
            location=folder,
        )
    for configuration in configurations:
        newest_first = sorted(configuration, reverse=True)
        for dated in newest_first:
            if _period_of(dated) not in window.periods():
                continue
            manifest = _read_manifest(clients, bucket, dated)
            if manifest is not None:
                yield _read_report(clients, bucket, manifest)
                break


def _configurations(clients: AwsClients, bucket: str, prefix: str, depth: int) -> Iterator[list[str]]:
    """The dated folders of every configuration at or below ``prefix``."""
    folders = list(list_folders(clients, bucket, prefix))
    dated = [each for each in folders if _DATED.search(f"/{each}")]
    if dated:
        yield dated
    elif depth:
        for each in folders:
            yield from _configurations(clients, bucket, each, depth - 1)


def _period_of(dated: str) -> str:
    match = _DATED.search(f"/{dated}")
    return f"{match[1]}-{match[2]}" if match else ""


def _read_manifest(clients: AwsClients, bucket: str, dated: str) -> InventoryManifest | None:
    """The manifest, or None when its checksum is not there yet: the report is being written."""
    try:
        stated = read_small(clients, bucket, f"{dated}manifest.checksum").content.decode("ascii", "replace").strip()
    except NotFoundAtProvider:
        return None
    found = read_small(clients, bucket, f"{dated}manifest.json")
    if hashlib.md5(found.content, usedforsecurity=False).hexdigest() != stated.lower():
        raise TornDelivery(
            f"AWS is rewriting {found.place.uri}: it is not what manifest.checksum says; try again in a few minutes",
            vendor=VENDOR,
            location=found.place.uri,
        )
    document: Any = found.as_json(_EXPECTED)
    try:
        created_at = datetime.fromtimestamp(int(document["creationTimestamp"]) / 1000, UTC)
        manifest = InventoryManifest(
            location=found.place.uri,
            tag=stated,
            day_on=created_at.date(),
            file_format=document["fileFormat"],
            schema=document["fileSchema"],
            files=tuple((each["key"], each["MD5checksum"]) for each in document["files"]),
        )
    except (KeyError, TypeError, ValueError) as fault:
        raise unreadable(found.place.uri, repr(fault), _EXPECTED) from fault
    if manifest.file_format not in _FORMATS:
        raise unreadable(found.place.uri, f"fileFormat {manifest.file_format!r}", f"one of {', '.join(_FORMATS)}")
    return manifest


def _read_report(clients: AwsClients, bucket: str, manifest: InventoryManifest) -> SignalReading:
    readings: list[StateReading] = []
    with tempfile.TemporaryDirectory() as name:
        for key, md5 in manifest.files:
            path = Path(name) / Path(key).name
            download(clients, look_at(clients, bucket, key), path)
            with path.open("rb") as stream:
                found = hashlib.file_digest(stream, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
            if found != md5.lower():
                raise TornDelivery(
                    f"AWS is rewriting s3://{bucket}/{key}: it is not what {manifest.location} says; try again later",
                    vendor=VENDOR,
                    location=f"s3://{bucket}/{key}",
                )
            readings.append(_read_file(path, manifest))
            path.unlink()
    # The fingerprint names the day as well: a bucket that did not change is reported all the same.
    fingerprint = hashlib.sha256(f"{manifest.location} {manifest.tag}".encode()).hexdigest()
    return SignalReading(kind="s3_inventory", reading=added_up(readings), fingerprint=fingerprint)


def _read_file(path: Path, manifest: InventoryManifest) -> StateReading:
    if manifest.file_format == "CSV":
        with csv_lines(path) as lines:
            return _states(s3_inventory_rows(lines, manifest.schema), manifest)
    with rows_of(path, manifest.file_format) as rows:
        return _states(rows, manifest)


def _states(rows: Iterator[object], manifest: InventoryManifest) -> StateReading:
    """Rows added up some thousands at a time: an inventory lists every object of a bucket."""
    found = StateReading()
    while batch := list(islice(rows, _ROWS_AT_ONCE)):
        is_csv = manifest.file_format == "CSV"
        found = added_up([found, read_s3_inventory(batch, day_on=manifest.day_on, keys_are_encoded=is_csv)])
    return found


def added_up(readings: list[StateReading]) -> StateReading:
    """Several readings of one report as one: states of the same dataset, day and class are sums."""
    sums: dict[tuple[date, str, str], DatasetState] = {}
    rejects: list[Reject] = []
    skipped: dict[str, int] = {}
    for reading in readings:
        rejects.extend(reading.rejects)
        for reason, count in reading.skipped.items():
            skipped[reason] = skipped.get(reason, 0) + count
        for state in reading.states:
            key = (state.day_on, state.dataset_uri, state.storage_class)
            sums[key] = _sum(sums[key], state) if key in sums else state
    return StateReading(states=tuple(sums.values()), rejects=tuple(rejects), skipped=skipped)


def _sum(one: DatasetState, other: DatasetState) -> DatasetState:
    changed = [at for at in (one.last_modified_at, other.last_modified_at) if at is not None]
    return DatasetState(
        day_on=one.day_on,
        dataset_uri=one.dataset_uri,
        provider=one.provider,
        region=one.region,
        storage_class=one.storage_class,
        stored_bytes=one.stored_bytes + other.stored_bytes,
        object_count=(one.object_count or 0) + (other.object_count or 0),
        last_modified_at=max(changed, default=None),
    )

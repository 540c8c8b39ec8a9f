"""S3 Storage Lens exports: the newest day of every configuration below a folder.

``<folder>/StorageLens/<account>/<configuration>/V_1/manifests/dt=YYYY-MM-DD/manifest.json``, which names the report
files with their MD5 sums.
Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage_lens_whatis_metrics_export_manifest.html.
"""

from __future__ import annotations

import csv
import hashlib
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from collectors.aws.client import AwsClients
from collectors.aws.credentials import VENDOR
from collectors.aws.inventory import added_up
from collectors.aws.objects import SmallObject, download, list_folders, look_at, read_small, split_uri, unreadable
from collectors.aws.signal_files import csv_lines, rows_of
from collectors.collector import CollectWindow
from collectors.errors import NotFoundAtProvider, TornDelivery
from collectors.readings import SignalReading
from collectors.signals.records import StateReading
from collectors.signals.state.storage_lens import read_storage_lens

_DAY: Final = re.compile(r"/dt=(\d{4}-\d{2})-\d{2}/$")
_EXPECTED: Final = "reportFormat, reportSchema and reportFiles"
_DEEPEST: Final = 5


def read_lens(clients: AwsClients, folder: str, window: CollectWindow) -> Iterator[SignalReading]:
    """The newest day within the window of every export below ``folder``; nothing when there is none.

    Raises:
        NotFoundAtProvider: there is no export below the folder at all.
        InvalidManifest, TornDelivery: a manifest cannot be read, or a file is not what it says.
    """
    bucket, prefix = split_uri(folder)
    manifests = list(_manifest_folders(clients, bucket, prefix, _DEEPEST))
    if not manifests:
        raise NotFoundAtProvider(
            f"AWS has no Storage Lens export below {folder}; check storage_lens of this connection; the first export "
            "takes up to 48 hours",
            vendor=VENDOR,
            location=folder,
        )
    for each in manifests:
        days = sorted(day for day in list_folders(clients, bucket, each) if _is_within(day, window))
        if days:
            yield _read_day(clients, bucket, read_small(clients, bucket, f"{days[-1]}manifest.json"))


def _is_within(day: str, window: CollectWindow) -> bool:
    match = _DAY.search(day)
    return match is not None and match[1] in window.periods()


def _manifest_folders(clients: AwsClients, bucket: str, prefix: str, depth: int) -> Iterator[str]:
    for folder in list_folders(clients, bucket, prefix):
        if folder.endswith("/manifests/") or folder == "manifests/":
            yield folder
        elif depth and not folder.endswith("/reports/"):
            yield from _manifest_folders(clients, bucket, folder, depth - 1)


def _read_day(clients: AwsClients, bucket: str, manifest: SmallObject) -> SignalReading:
    document: Any = manifest.as_json(_EXPECTED)
    location = manifest.place.uri
    try:
        file_format, schema = str(document["reportFormat"]), str(document["reportSchema"])
        files = [(each["key"], each.get("md5Checksum", "")) for each in document["reportFiles"]]
    except (KeyError, TypeError, AttributeError) as fault:
        raise unreadable(location, repr(fault), _EXPECTED) from fault
    if file_format.upper() not in ("CSV", "PARQUET"):
        raise unreadable(location, f"reportFormat {file_format!r}", "CSV or Parquet")
    readings: list[StateReading] = []
    with tempfile.TemporaryDirectory() as name:
        for key, md5 in files:
            path = download(clients, look_at(clients, bucket, key), Path(name) / Path(key).name)
            with path.open("rb") as stream:
                found = hashlib.file_digest(stream, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
            if md5 and found != md5.lower():
                raise TornDelivery(
                    f"AWS is rewriting s3://{bucket}/{key}: it is not what {location} says; try again later",
                    vendor=VENDOR,
                    location=f"s3://{bucket}/{key}",
                )
            readings.append(_read_file(path, file_format, schema))
    fingerprint = hashlib.sha256(location.encode() + manifest.content).hexdigest()
    return SignalReading(kind="storage_lens", reading=added_up(readings), fingerprint=fingerprint)


def _read_file(path: Path, file_format: str, schema: str) -> StateReading:
    if file_format.upper() == "PARQUET":
        with rows_of(path, "Parquet") as rows:
            return read_storage_lens(rows)
    with csv_lines(path) as lines:
        return read_storage_lens(_csv_rows(lines, schema))


def _csv_rows(lines: Iterator[str], schema: str) -> Iterator[object]:
    """Rows by name; the line of names that some files begin with is left out."""
    names = [name.strip().lower() for name in schema.split(",")]
    for cells in csv.reader(lines):
        if [cell.strip().lower() for cell in cells] == names:
            continue
        yield dict(zip(names, cells, strict=True)) if len(cells) == len(names) else ",".join(cells)

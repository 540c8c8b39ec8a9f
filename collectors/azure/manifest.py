"""The manifest of an export's run: its contents, and the blobs that it names.

Source: https://learn.microsoft.com/azure/cost-management-billing/costs/tutorial-improved-exports, "Manifest file".
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import MAXYEAR, UTC, date, datetime, timedelta
from typing import Any, Final

from azure.core import MatchConditions
from azure.storage.blob import BlobProperties, ContainerClient

from collectors.azure.credentials import VENDOR
from collectors.azure.faults import azure_faults
from collectors.connections.azure import AzureExport
from collectors.errors import InvalidManifest, ProviderUnavailable
from collectors.months import month_after

READ_PERMISSION: Final = "Storage Blob Data Reader"
LARGEST_MANIFEST_BYTES: Final = 16 << 20
MOST_PARTS: Final = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedBlob:
    """A blob as a listing shows it: ``etag`` changes with its content."""

    name: str
    etag: str
    byte_count: int
    written_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What a manifest says.

    Attributes:
        manifest: the blob it was read from.
        run_id: the vendor's name of the run.
        starts_on, ends_on: first and last day asked for.
        submitted_at: when the run was asked for.
        row_count: rows of all parts; None when not stated.
        is_compressed: whether its parts are; the byte counts of compressed parts are not compared.
        parts: blob name, bytes and rows as stated.
    """

    manifest: ListedBlob
    run_id: str
    starts_on: date
    ends_on: date
    submitted_at: datetime
    row_count: int | None
    is_compressed: bool
    parts: tuple[tuple[str, int | None, int | None], ...]

    def __post_init__(self) -> None:
        if self.starts_on.year == MAXYEAR:
            raise ValueError(f"startDate {self.starts_on} is in no month of a bill")

    @property
    def period(self) -> str:
        """Month of the first day, ``YYYY-MM``."""
        return self.starts_on.isoformat()[:7]

    @property
    def is_of_a_month(self) -> bool:
        """Whether it holds one month from its first day on; an end at the first of the next month counts as its end."""
        return self.starts_on.day == 1 and self.starts_on <= self.ends_on <= month_after(self.period)

    @property
    def month_ends_on(self) -> date:
        """Last day of the month of the first day."""
        return month_after(self.period) - timedelta(days=1)

    @property
    def covered_to_on(self) -> date:
        """Last day that it can hold: no later than it was submitted, whatever end was asked for, and of its month.

        So the last day of a month and the first of the next are one end.
        """
        return min(self.ends_on, self.month_ends_on, self.submitted_at.date())

    @property
    def rank(self) -> tuple[date, datetime, str, datetime]:
        """Greater counts: covering more of the month, then submitted later."""
        return self.covered_to_on, self.submitted_at, self.run_id, self.manifest.written_at


def read_run(connection: AzureExport, container: ContainerClient, manifest: ListedBlob) -> Run:
    """The contents of a manifest, which must still be the one that was listed.

    Raises:
        InvalidManifest: not JSON, not of the shape that exports write, too large, or naming blobs of another folder.
        TornDelivery: another run has replaced it.
    """
    location = f"{connection.account_url}/{connection.container}/{manifest.name}"
    if manifest.byte_count > LARGEST_MANIFEST_BYTES:
        raise _invalid(location, f"it has {manifest.byte_count} bytes")
    content = download_bytes(container, manifest, location)
    try:
        return _run(_stripped(json.loads(content)), manifest, connection.base_path)
    except (ValueError, KeyError, TypeError, AttributeError) as fault:
        raise _invalid(location, repr(fault)) from fault


def download_bytes(container: ContainerClient, blob: ListedBlob, location: str) -> bytes:
    """A small blob, provided that it is still the one that was listed."""
    with azure_faults(location, permission=READ_PERMISSION):
        stream = container.download_blob(
            blob.name, etag=blob.etag, match_condition=MatchConditions.IfNotModified, decompress=False
        )
        return bytes(stream.readall())


def listed_blob(blob: BlobProperties, location: str) -> ListedBlob:
    """A blob of a listing.

    Raises:
        ProviderUnavailable: the listing lacks its tag, size or time.
    """
    if not blob.etag or blob.last_modified is None or blob.size is None:
        raise ProviderUnavailable(
            f"Azure listed {location} without tags and sizes; try again", vendor=VENDOR, location=location
        )
    return ListedBlob(
        name=str(blob.name), etag=blob.etag, byte_count=int(blob.size), written_at=blob.last_modified.astimezone(UTC)
    )


def _run(document: Any, manifest: ListedBlob, base_path: str) -> Run:
    info, delivery = document["runInfo"], document.get("deliveryConfig") or {}
    submitted_at = moment(info["submittedTime"])
    starts_on = moment(info["startDate"]).date()
    ends_on = moment(info["endDate"]).date() if info.get("endDate") else starts_on
    row_count = _count(document.get("dataRowCount"))
    parts = tuple(_part(blob, manifest.name, base_path) for blob in document["blobs"])
    _check_names([name for name, _, _ in parts])
    if not parts and row_count != 0:
        raise ValueError("it names no blob and does not say that there is no row")
    stated = [rows for _, _, rows in parts]
    if row_count is not None and None not in stated and sum(rows or 0 for rows in stated) != row_count:
        raise ValueError(f"dataRowCount is {row_count}, but its blobs add up to {sum(rows or 0 for rows in stated)}")
    compression = str(delivery.get("compressionMode") or "none").lower()
    return Run(
        manifest=manifest,
        run_id=str(info["runId"]),
        starts_on=starts_on,
        ends_on=ends_on,
        submitted_at=submitted_at,
        row_count=row_count,
        is_compressed=compression != "none",
        parts=() if row_count == 0 else parts,
    )


def _check_names(names: Sequence[str]) -> None:
    if len(names) > MOST_PARTS:
        raise ValueError(f"it names {len(names)} blobs, more than {MOST_PARTS}")
    for name, count in Counter(names).items():
        if count > 1:
            raise ValueError(f"it names blob {name!r} {count} times, which would be paid as often")


def _part(blob: Mapping[str, Any], manifest_name: str, base_path: str) -> tuple[str, int | None, int | None]:
    name = str(blob["blobName"]).lstrip("/")
    folder = manifest_name.rpartition("/")[0]
    if not name.startswith(base_path):
        name = f"{folder}/{name}" if "/" not in name else name
    if not name.startswith(base_path) or ".." in name.split("/"):
        raise ValueError(f"blob {name!r} does not lie below {base_path}")
    return name, _count(blob.get("byteCount")), _count(blob.get("dataRowCount"))


def _count(value: Any) -> int | None:
    if value is None:
        return None
    number = int(value)
    if number < 0 or isinstance(value, bool) or number != float(value):
        raise ValueError(f"{value!r} is no count")
    return number


def moment(text: str) -> datetime:
    """A time of a manifest as aware UTC; where it names no zone it is UTC, as Azure writes start dates."""
    at = datetime.fromisoformat(text)
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def _stripped(value: Any) -> Any:
    """The document without the stray blanks that Azure writes around names and values."""
    if isinstance(value, Mapping):
        return {str(key).strip(): _stripped(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_stripped(each) for each in value]
    return value.strip() if isinstance(value, str) else value


def _invalid(location: str, reason: str) -> InvalidManifest:
    return InvalidManifest(
        f"Azure manifest {location} cannot be read ({reason}); expected runInfo with submittedTime, runId and "
        "startDate, and blobs below the export's folder; run the export again",
        vendor=VENDOR,
        location=location,
    )

"""Which months were exported to Cloud Storage: by their manifests alone.

The layout is ours (``collectors/gcp/policy/export_to_storage.sql`` writes it)::

    gs://<bucket>/<prefix>/<YYYY-MM>/<run>/<anything>.parquet
    gs://<bucket>/<prefix>/<YYYY-MM>/<run>/manifest.json          (written last)

A manifest is one JSON object. ``bytes`` and ``generation`` are as Cloud Storage states them, numbers or digits in
quotes; ``rows`` of a file may be left out; names are below the run's folder::

    {"run_id": "20250604T0300", "row_count": 3,
     "files": [{"name": "part-0.parquet", "generation": 1718000000000000, "bytes": 4711, "rows": 3}]}

``"row_count": 0`` says that the month holds no row. A file is fetched in exactly the generation that the manifest
names, so one that was written again since is recognised. The month's folder may also be ``billing_period=<YYYY-MM>``,
in any letter case, and the manifest ``manifest_000000000000.json``, which is how BigQuery names what it exports.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from collectors.connections.gcp import GcpBillingFiles
from collectors.errors import InvalidManifest, NotFoundAtProvider
from collectors.gcp.client import READ_TIMEOUT_SECONDS, GcpClients, gcp_faults
from collectors.gcp.credentials import VENDOR

LIST_PERMISSION: Final = "storage.objects.list"
GET_PERMISSION: Final = "storage.objects.get"
LARGEST_MANIFEST_BYTES: Final = 16 << 20
_PATH: Final = re.compile(r"(?:billing_period=)?(\d{4}-(?:0[1-9]|1[0-2]))/[^/]+/manifest(?:_\d+)?\.json", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestRef:
    """A manifest in the bucket; ``generation`` changes whenever it is written."""

    period: str
    name: str
    generation: int
    byte_count: int
    written_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedFile:
    """A data file as the manifest lists it; ``name`` is the whole object name."""

    name: str
    generation: int
    byte_count: int
    row_count: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a manifest says."""

    run_id: str
    row_count: int
    files: tuple[ListedFile, ...]


def find_manifests(clients: GcpClients, connection: GcpBillingFiles) -> dict[str, ManifestRef]:
    """The newest manifest of every month; of two written at the same moment, the one whose name sorts last.

    Raises:
        NotFoundAtProvider: no such bucket, or no manifest in it.
        AccessDenied, ProviderUnavailable, CredentialsMissing: see ``gcp_faults``.
    """
    prefix = f"{connection.prefix}/" if connection.prefix else ""
    newest: dict[str, ManifestRef] = {}
    with gcp_faults(connection.origin, permission=LIST_PERMISSION):
        listed = clients.storage.list_blobs(
            connection.bucket,
            prefix=prefix,
            match_glob="**/[mM][aA][nN][iI][fF][eE][sS][tT]*.json",
            retry=clients.patience,
            timeout=READ_TIMEOUT_SECONDS,
        )
        for blob in listed:
            match = _PATH.fullmatch(blob.name.removeprefix(prefix))
            if match is None:
                continue
            ref = ManifestRef(
                period=match[1],
                name=blob.name,
                generation=int(blob.generation),
                byte_count=int(blob.size),
                written_at=blob.updated.astimezone(UTC),
            )
            present = newest.get(ref.period)
            if present is None or (ref.written_at, ref.name) > (present.written_at, present.name):
                newest[ref.period] = ref
    if not newest:
        raise NotFoundAtProvider(
            f"Google Cloud has no manifest.json under {connection.origin}; check bucket and prefix of this connection, "
            "and that the scheduled export has run",
            vendor=VENDOR,
            location=connection.origin,
        )
    return newest


def read_manifest(clients: GcpClients, connection: GcpBillingFiles, ref: ManifestRef) -> Manifest:
    """The contents of a manifest, in the generation that was listed.

    Raises:
        InvalidManifest: too large, not JSON, not of the shape above, or it points outside its run's folder.
        NotFoundAtProvider: it was written again since.
    """
    location = f"gs://{connection.bucket}/{ref.name}"
    if ref.byte_count > LARGEST_MANIFEST_BYTES:
        raise _invalid(location, f"it has {ref.byte_count} bytes, more than {LARGEST_MANIFEST_BYTES}")
    blob = clients.storage.bucket(connection.bucket).blob(ref.name, generation=ref.generation)
    with gcp_faults(location, permission=GET_PERMISSION):
        content = blob.download_as_bytes(retry=clients.patience, timeout=READ_TIMEOUT_SECONDS)
    try:
        document: Any = json.loads(content)
        manifest = Manifest(
            run_id=_text(document["run_id"]),
            row_count=_count(document["row_count"]),
            files=tuple(_file(each, ref.name.rpartition("/")[0]) for each in document["files"]),
        )
        _check(manifest)
    except (ValueError, KeyError, TypeError, AttributeError) as fault:
        raise _invalid(location, repr(fault)) from fault
    return manifest


def newest_is(ref: ManifestRef, manifests: Collection[ManifestRef]) -> bool:
    """Whether the manifest is still the newest of its month."""
    return any(each == ref for each in manifests)


def _file(listed: Any, folder: str) -> ListedFile:
    name = _text(listed["name"])
    steps = name.split("/")
    if "" in steps or ".." in steps or "." in steps or not name.casefold().endswith(".parquet"):
        raise ValueError(f"file {name!r} is not a Parquet file below the run's folder")
    rows = listed.get("rows")
    return ListedFile(
        name=f"{folder}/{name}",
        generation=_count(listed["generation"]),
        byte_count=_count(listed["bytes"]),
        row_count=None if rows is None else _count(rows),
    )


def _check(manifest: Manifest) -> None:
    if manifest.row_count and not manifest.files:
        raise ValueError(f"it states {manifest.row_count} rows and lists no file")
    if len({each.name for each in manifest.files}) != len(manifest.files):
        raise ValueError("it lists a file twice")
    rows = [each.row_count for each in manifest.files]
    if all(count is not None for count in rows) and sum(count or 0 for count in rows) != manifest.row_count:
        raise ValueError(f"its files have other rows in all than the {manifest.row_count} that it states")


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise TypeError(f"{value!r} is not a text")
    return value


def _count(value: Any) -> int:
    """A count, which BigQuery writes in quotes when it exports JSON."""
    if isinstance(value, bool) or not (isinstance(value, int) or (isinstance(value, str) and value.isdigit())):
        raise TypeError(f"{value!r} is not a count")
    if int(value) < 0:
        raise ValueError(f"{value!r} is below zero")
    return int(value)


def _invalid(location: str, reason: str) -> InvalidManifest:
    return InvalidManifest(
        f"Google Cloud manifest {location} cannot be read ({reason}); expected run_id, row_count and files; run the "
        "export again",
        vendor=VENDOR,
        location=location,
    )

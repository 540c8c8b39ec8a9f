"""Storage Insights inventory reports: every object of a bucket on a day, by the manifest that is written last.

A report lies as ``<config id>_<snapshot time>_manifest.json`` beside its shards, CSV with a header line or Parquet.
Source: https://cloud.google.com/storage/docs/insights/inventory-reports.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from tempfile import TemporaryFile
from typing import IO, Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from collectors.connections.gcp import GcpBilling
from collectors.errors import InvalidManifest, TornDelivery
from collectors.gcp.client import READ_TIMEOUT_SECONDS, GcpClients, gcp_faults
from collectors.gcp.credentials import VENDOR
from collectors.gcp.manifests import GET_PERMISSION, LARGEST_MANIFEST_BYTES, LIST_PERMISSION
from collectors.readings import SignalReading
from collectors.signals.records import StateReading
from collectors.signals.state.gcs_inventory import read_gcs_inventory

_MANIFEST: Final = "_manifest.json"
_NEEDED: Final = {"bucket", "name", "size"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """The newest report of one configuration."""

    location: str
    bucket: str
    snapshot_on: date
    shards: tuple[str, ...]
    row_count: int | None
    delimiter: str
    fingerprint: str


def read_inventories(clients: GcpClients, connection: GcpBilling) -> Iterator[SignalReading]:
    """The newest report of every configuration below every ``storage_inventories`` of the connection.

    The shards of a report are fetched when its ``reading`` is called for, which may raise the same errors.

    Raises:
        InvalidManifest: a manifest or shard that cannot be read, or a manifest that lists a shard twice.
        TornDelivery: shards hold other rows than the manifest states.
        NotFoundAtProvider, AccessDenied, ProviderUnavailable, CredentialsMissing: see ``gcp_faults``.
    """
    for uri in connection.storage_inventories:
        for inventory in _newest(clients, uri):
            yield SignalReading(
                kind="gcs_inventory",
                reading=partial(_read_shards, clients, inventory),
                fingerprint=inventory.fingerprint,
            )


def _read_shards(clients: GcpClients, inventory: Inventory) -> StateReading:
    rows = _Counted(_rows(clients, inventory))
    found = read_gcs_inventory(rows, day_on=inventory.snapshot_on)
    if inventory.row_count is not None and rows.count != inventory.row_count:
        raise TornDelivery(
            f"Google Cloud inventory {inventory.location} states {inventory.row_count} objects, its shards hold "
            f"{rows.count}; nothing of it was stored; try again later",
            vendor=VENDOR,
            location=inventory.location,
        )
    return found


def _newest(clients: GcpClients, uri: str) -> list[Inventory]:
    bucket, _, prefix = uri.removeprefix("gs://").partition("/")
    newest: dict[str, str] = {}
    with gcp_faults(uri, permission=LIST_PERMISSION):
        listed = clients.storage.list_blobs(
            bucket, prefix=prefix, match_glob=f"**{_MANIFEST}", retry=clients.patience, timeout=READ_TIMEOUT_SECONDS
        )
        for blob in listed:
            if blob.name.endswith(_MANIFEST) and blob.size <= LARGEST_MANIFEST_BYTES:
                # The name is <configuration>_<time>_manifest.json, and times sort as text.
                configuration = blob.name.removesuffix(_MANIFEST).rpartition("_")[0]
                newest[configuration] = max(newest.get(configuration, ""), blob.name)
    return [_read_manifest(clients, bucket, name) for _, name in sorted(newest.items())]


def _read_manifest(clients: GcpClients, bucket: str, name: str) -> Inventory:
    location = f"gs://{bucket}/{name}"
    with gcp_faults(location, permission=GET_PERMISSION):
        content = (
            clients.storage.bucket(bucket)
            .blob(name)
            .download_as_bytes(retry=clients.patience, timeout=READ_TIMEOUT_SECONDS)
        )
    folder = name.rpartition("/")[0]
    try:
        document: Any = json.loads(content)
        shards = document["report_shards_file_names"]
        if not isinstance(shards, list) or any(".." in each or "/" in each for each in shards):
            raise ValueError("report_shards_file_names is not a list of names")
        if len(set(shards)) != len(shards):
            raise ValueError("report_shards_file_names names a shard twice")
        config = document.get("report_config") or {}
        options = config.get("csv_options") or config.get("csvOptions") or {}
        count = document.get("records_processed")
        return Inventory(
            location=location,
            bucket=bucket,
            snapshot_on=datetime.fromisoformat(document["snapshot_time"]).date(),
            shards=tuple(f"{folder}/{each}" if folder else each for each in shards),
            row_count=None if count is None else int(count),
            delimiter=str(options.get("delimiter") or ","),
            fingerprint=hashlib.sha256(location.encode() + content).hexdigest(),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as fault:
        raise _invalid(location, repr(fault)) from fault


def _rows(clients: GcpClients, inventory: Inventory) -> Iterator[Mapping[str, Any]]:
    for shard in inventory.shards:
        location = f"gs://{inventory.bucket}/{shard}"
        with TemporaryFile() as file:
            blob = clients.storage.bucket(inventory.bucket).blob(shard)
            with gcp_faults(location, permission=GET_PERMISSION):
                blob.download_to_file(file, retry=clients.patience, timeout=READ_TIMEOUT_SECONDS, checksum="crc32c")
            file.seek(0)
            try:
                read = _parquet_rows(file) if shard.endswith(".parquet") else _csv_rows(file, inventory.delimiter)
                yield from read
            except (pa.ArrowInvalid, csv.Error, ValueError) as fault:
                raise _invalid(location, str(fault).splitlines()[0]) from fault


def _parquet_rows(file: IO[bytes]) -> Iterator[Mapping[str, Any]]:
    with pq.ParquetFile(file) as stored:
        for batch in stored.iter_batches():
            yield from batch.to_pylist()


def _csv_rows(file: IO[bytes], delimiter: str) -> Iterator[Mapping[str, Any]]:
    with io.TextIOWrapper(file, encoding="utf-8", newline="") as text:
        yield from _named_rows(csv.DictReader(text, delimiter=delimiter))


def _named_rows(reader: csv.DictReader[str]) -> Iterator[Mapping[str, Any]]:
    lacking = _NEEDED - {name.casefold() for name in reader.fieldnames or ()}
    if lacking:
        raise ValueError(
            f"its first line does not name {', '.join(sorted(lacking))}; let the report have a header line"
        )
    yield from reader


class _Counted:
    """Rows, counted while they pass."""

    def __init__(self, rows: Iterator[Mapping[str, Any]]) -> None:
        self._rows = rows
        self.count = 0

    def __iter__(self) -> Iterator[Mapping[str, Any]]:
        for row in self._rows:
            self.count += 1
            yield row


def _invalid(location: str, reason: str) -> InvalidManifest:
    return InvalidManifest(
        f"Google Cloud inventory {location} cannot be read ({reason}); check the report's configuration",
        vendor=VENDOR,
        location=location,
    )

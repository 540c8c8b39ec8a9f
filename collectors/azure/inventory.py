"""Blob inventory reports as ``dataset_state``: the newest complete run of every rule.

A run writes ``<yyyy>/<MM>/<dd>/<HH-mm-ss>/<rule>/<rule>-manifest.json``, its files, and last
``<rule>-manifest.checksum`` with the MD5 of the manifest: without it the run is not complete.
Source: https://learn.microsoft.com/azure/storage/blobs/blob-inventory.
"""

from __future__ import annotations

import base64
import hashlib
import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

import duckdb

from collectors.azure.blob_files import bring_blob, find_blobs, fingerprint_of, location_of, open_container, split_place
from collectors.azure.client import AzureClients
from collectors.azure.credentials import VENDOR
from collectors.azure.manifest import LARGEST_MANIFEST_BYTES, ListedBlob, download_bytes, moment
from collectors.collector import CollectWindow
from collectors.errors import InvalidManifest, TornDelivery
from collectors.readings import SignalReading
from collectors.signals.records import DatasetState, StateReading, utc
from collectors.signals.uris import azure_blob_uri
from collectors.store.sql import identifier, literal

_MANIFEST: Final = "-manifest.json"
_CHECKSUM: Final = "-manifest.checksum"
_NO_TIER: Final = "Hot"
_KIND: Final = "azure_inventory"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    container: str
    rule: str
    completed_at: datetime
    files: tuple[ListedBlob, ...]


def read_inventories(clients: AzureClients, window: CollectWindow) -> Iterator[SignalReading]:
    """One reading for every rule that has a complete run in the window; its reports are brought when asked for.

    Raises:
        InvalidManifest: a manifest, or later a report, that cannot be read.
        TornDelivery: a run is being rewritten.
        NotFoundAtProvider, AccessDenied, CredentialsMissing, ProviderUnavailable: see ``azure_faults``.
    """
    newest: dict[tuple[str, str], _Run] = {}
    for place in clients.connection.inventories:
        container, prefix = split_place(place)
        blobs = {blob.name: blob for blob in find_blobs(clients, container, prefix)}
        for run in _runs(clients, container, blobs, window):
            present = newest.get((place, run.rule))
            if present is None or run.completed_at > present.completed_at:
                newest[place, run.rule] = run
    for _, run in sorted(newest.items(), key=lambda each: each[0]):
        yield _reading(clients, run)


def _runs(
    clients: AzureClients, container: str, blobs: Mapping[str, ListedBlob], window: CollectWindow
) -> Iterable[_Run]:
    for name, blob in blobs.items():
        checksum = blobs.get(f"{name.removesuffix(_MANIFEST)}{_CHECKSUM}")
        if not name.endswith(_MANIFEST) or checksum is None or f"{blob.written_at:%Y-%m}" < window.first_period:
            continue
        run = _read_manifest(clients, container, blob, checksum, blobs)
        if run is not None and window.first_period <= f"{run.completed_at:%Y-%m}" <= window.last_period:
            yield run


def _read_manifest(
    clients: AzureClients, container: str, blob: ListedBlob, checksum: ListedBlob, blobs: Mapping[str, ListedBlob]
) -> _Run | None:
    """The run, or None when it failed or lists containers instead of blobs."""
    location = location_of(clients, container, blob.name)
    if blob.byte_count > LARGEST_MANIFEST_BYTES:
        raise _invalid(location, f"it has {blob.byte_count} bytes")
    client = open_container(clients, container)
    content = download_bytes(client, blob, location)
    stated = download_bytes(client, checksum, location_of(clients, container, checksum.name)).strip().strip(b'"')
    digest = hashlib.md5(content, usedforsecurity=False).digest()
    if stated.lower() != digest.hex().encode() and stated != base64.b64encode(digest):
        raise _torn(location, "it does not have the checksum beside it")
    try:
        document: Any = json.loads(content)
        if document["status"] != "Succeeded" or document["ruleDefinition"].get("objectType", "blob") != "blob":
            return None
        stated_files = [(str(each["blob"]), int(each["size"])) for each in document["files"]]
        completed_at, rule = moment(document["inventoryCompletionTime"]), str(document["ruleName"])
    except (ValueError, KeyError, TypeError, AttributeError) as fault:
        raise _invalid(location, repr(fault)) from fault
    files = []
    for name, size in stated_files:
        if name not in blobs or blobs[name].byte_count != size:
            raise _torn(location_of(clients, container, name), f"it is not there with {size} bytes")
        files.append(blobs[name])
    return _Run(container=container, rule=rule, completed_at=completed_at, files=tuple(files))


def _reading(clients: AzureClients, run: _Run) -> SignalReading:
    tags = [(blob.name, blob.etag, blob.byte_count) for blob in run.files]
    # One source per rule: two rules may look at one container on one day, and neither replaces the other.
    return SignalReading(
        kind=f"{_KIND}:{run.rule}",
        reading=partial(_bring_states, clients, run),
        fingerprint=fingerprint_of(run.rule, run.completed_at.isoformat(), tags),
    )


def _bring_states(clients: AzureClients, run: _Run) -> StateReading:
    day_on = run.completed_at.date()
    states: dict[tuple[str, str], DatasetState] = {}
    unusable = 0
    with tempfile.TemporaryDirectory() as folder:
        for number, blob in enumerate(run.files):
            last = blob.name.rpartition("/")[2]
            path = bring_blob(clients, run.container, blob, Path(folder) / f"{number:05d}-{last}")
            unusable += _add_file(states, path, clients.connection.account_name, day_on)
    skipped = {"no container in Name, or no Content-Length": unusable} if unusable else {}
    return StateReading(states=tuple(states.values()), skipped=skipped)


def _add_file(states: dict[tuple[str, str], DatasetState], path: Path, account: str, day_on: date) -> int:
    """Add a report's blobs, summed by folder and tier before they leave the engine; returns the rows left out."""
    unusable = 0
    for container, folder, tier, total_bytes, objects, modified_at, accessed_at in _folders(path):
        if container is None or total_bytes is None:
            unusable += objects
            continue
        uri = str(azure_blob_uri(account, container, folder or ""))
        before = states.get((uri, tier))
        states[uri, tier] = DatasetState(
            day_on=day_on,
            dataset_uri=uri,
            provider="azure",
            region=None,
            storage_class=tier,
            stored_bytes=int(total_bytes) + (before.stored_bytes if before else 0),
            object_count=objects + ((before.object_count or 0) if before else 0),
            last_modified_at=_latest(modified_at, before.last_modified_at if before else None),
            last_access_at=_latest(accessed_at, before.last_access_at if before else None),
        )
    return unusable


def _folders(path: Path) -> list[tuple[Any, ...]]:
    is_csv = not path.name.lower().endswith(".parquet")
    relation = f"read_csv({literal(str(path))}, header = true, all_varchar = true)" if is_csv else (
        f"read_parquet({literal(str(path))}, hive_partitioning = false)"
    )  # fmt: skip
    try:
        with duckdb.connect() as engine:
            engine.execute("SET TimeZone = 'UTC'")
            names = [row[0] for row in engine.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()]
            return engine.execute(_folders_sql(relation, {name.casefold(): name for name in names})).fetchall()
    except (duckdb.Error, KeyError) as fault:
        raise InvalidManifest(
            f"Azure inventory report {path.name} cannot be read ({next(iter(str(fault).splitlines()), '')}); its rule "
            "must have the schema fields Name, Content-Length, AccessTier and Last-Modified",
            vendor=VENDOR,
            location=path.name,
        ) from fault


def _folders_sql(relation: str, spelled: Mapping[str, str]) -> str:
    """Container, folder, tier, bytes, blobs, newest change and newest access; rows that say too little in one group."""
    name, size = identifier(spelled["name"]), identifier(spelled["content-length"])
    tier = identifier(spelled["accesstier"]) if "accesstier" in spelled else "NULL"
    times = [
        f"max(TRY_CAST({identifier(spelled[each])} AS TIMESTAMPTZ))" if each in spelled else "NULL"
        for each in ("last-modified", "lastaccesstime")
    ]
    folders_out = (
        f"WHERE lower(coalesce(CAST({identifier(spelled['hdi_isfolder'])} AS VARCHAR), '')) <> 'true'"
        if "hdi_isfolder" in spelled
        else ""
    )
    return (
        f"SELECT container, folder, tier, sum(size), count(*), {times[0]}, {times[1]} FROM ("
        f"SELECT *, TRY_CAST({size} AS BIGINT) AS size, ltrim(CAST({name} AS VARCHAR), '/') AS path, "
        f"coalesce(nullif(CAST({tier} AS VARCHAR), ''), {literal(_NO_TIER)}) AS tier, "
        "CASE WHEN size >= 0 THEN nullif(regexp_extract(path, '^([^/]+)/.', 1), '') END AS container, "
        "regexp_extract(path, '^[^/]+/(.*/)[^/]*$', 1) AS folder "
        f"FROM {relation} {folders_out}) GROUP BY container, folder, tier ORDER BY ALL"
    )


def _latest(one: datetime | None, other: datetime | None) -> datetime | None:
    return max((utc(at) for at in (one, other) if at is not None), default=None)


def _torn(location: str, reason: str) -> TornDelivery:
    return TornDelivery(
        f"Azure is writing the inventory {location}: {reason}; nothing of it was stored; try again later",
        vendor=VENDOR,
        location=location,
    )


def _invalid(location: str, reason: str) -> InvalidManifest:
    return InvalidManifest(
        f"Azure inventory manifest {location} cannot be read ({reason}); expected status, ruleName, files and "
        "inventoryCompletionTime; wait for the next run of the rule",
        vendor=VENDOR,
        location=location,
    )

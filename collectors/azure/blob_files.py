"""Files of the storage account besides the bills: found by prefix, brought by tag."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

from azure.core import MatchConditions
from azure.storage.blob import ContainerClient

from collectors.azure.client import AzureClients
from collectors.azure.credentials import VENDOR
from collectors.azure.faults import azure_faults
from collectors.azure.manifest import READ_PERMISSION, ListedBlob, listed_blob
from collectors.errors import TornDelivery


def split_place(place: str) -> tuple[str, str]:
    """Container and blob prefix of ``<container>[/<prefix>]``.

    >>> split_place("inventory/daily"), split_place("insights-logs-storageread")
    (('inventory', 'daily'), ('insights-logs-storageread', ''))
    """
    container, _, prefix = place.partition("/")
    return container, prefix


def location_of(clients: AzureClients, container: str, name: str) -> str:
    """What to call a blob in an error."""
    return f"{clients.connection.account_url}/{container}/{name}"


def open_container(clients: AzureClients, container: str) -> ContainerClient:
    """A client for a container of the storage account."""
    return clients.blobs.get_container_client(container)


def find_blobs(clients: AzureClients, container: str, prefix: str) -> Iterator[ListedBlob]:
    """Every blob whose name starts with ``prefix``.

    Raises:
        NotFoundAtProvider, AccessDenied, CredentialsMissing, ProviderUnavailable: see ``azure_faults``.
    """
    location = location_of(clients, container, prefix)
    with azure_faults(location, permission=READ_PERMISSION):
        for blob in open_container(clients, container).list_blobs(name_starts_with=prefix or None):
            yield listed_blob(blob, location)


def bring_blob(clients: AzureClients, container: str, blob: ListedBlob, path: Path) -> Path:
    """Write a blob to ``path``, provided that it is still the one that was listed.

    Raises:
        TornDelivery: it has changed, or arrived cut off.
        AccessDenied, CredentialsMissing, ProviderUnavailable: see ``azure_faults``.
    """
    location = location_of(clients, container, blob.name)
    with azure_faults(location, permission=READ_PERMISSION), path.open("wb") as writing:
        # Bytes as they are stored: a gzip file may carry a Content-Encoding that would unpack it on the way.
        open_container(clients, container).download_blob(
            blob.name, etag=blob.etag, match_condition=MatchConditions.IfNotModified, decompress=False
        ).readinto(writing)
    if path.stat().st_size != blob.byte_count:
        raise TornDelivery(
            f"Azure sent {path.stat().st_size} of {blob.byte_count} bytes of {location}; nothing of it was stored; try "
            "again",
            vendor=VENDOR,
            location=location,
        )
    return path


def fingerprint_of(*facts: object) -> str:
    """A hash that two deliveries share only when all facts are the same."""
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()

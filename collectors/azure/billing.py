"""Azure bills: the FOCUS and the amortised export, brought from Blob storage as their manifests state them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from azure.storage.blob import ContainerClient

from collectors.azure.access import read_access
from collectors.azure.blob_files import bring_blob, open_container
from collectors.azure.client import AzureClients
from collectors.azure.credentials import VENDOR
from collectors.azure.discover import (
    FoundRun,
    find_deliveries,
    is_manifest,
    list_blobs,
    manifest_tags,
    mark_of,
    may_hold,
)
from collectors.azure.grants import check_grants
from collectors.azure.manifest import ListedBlob
from collectors.azure.prices import read_prices
from collectors.azure.to_focus import AZURE_AMORTIZED, AZURE_FOCUS
from collectors.azure.totals import query_totals
from collectors.azure.usage import read_usage
from collectors.collector import CollectWindow, Delivery, GrantCheck, IndependentTotal
from collectors.connections.azure import AzureAmortizedExport, AzureExport
from collectors.errors import InvalidManifest, ProviderError, TornDelivery
from collectors.focus.dialect import FOCUS_SUFFIXES, Dialect
from collectors.readings import Reading, SignalReading


@dataclass(frozen=True, slots=True, kw_only=True)
class AzureCollector:
    """One Azure export, opened."""

    clients: AzureClients

    @property
    def connection(self) -> AzureExport:
        """What it was opened from."""
        return self.clients.connection

    @property
    def dialect(self) -> Dialect:
        """How its files become FOCUS."""
        return AZURE_AMORTIZED if isinstance(self.connection, AzureAmortizedExport) else AZURE_FOCUS

    def discover(self, window: CollectWindow, *, known: Mapping[str, str]) -> Mapping[str, Delivery | ProviderError]:
        """The run of each month that covers most of it; see ``collectors.azure.discover``."""
        return find_deliveries(self.connection, self.clients.blobs, window, known)

    def fetch(self, delivery: Delivery, folder: Path) -> tuple[Path, ...]:
        """Bring the parts, each provided that it is the one that was listed, and look again for a newer run."""
        found: FoundRun = delivery.native
        container = self.connection.container
        paths = tuple(_path_of(self.connection, blob, folder, number) for number, blob in enumerate(found.blobs))
        for blob, path in zip(found.blobs, paths, strict=True):
            bring_blob(self.clients, container, blob, path)
        _check_still_newest(self.connection, open_container(self.clients, container), found)
        return paths

    def mark(self, delivery: Delivery) -> str:
        """The last day that it covers, so that less never takes its place once its files are gone."""
        return mark_of(delivery)

    def independent_totals(self, periods: Sequence[str]) -> Mapping[str, IndependentTotal]:
        """What the query API of Cost Management says; see ``collectors.azure.totals``."""
        return query_totals(self.clients, periods)

    def readings(
        self, purpose: Literal["usage", "prices", "access"], window: CollectWindow
    ) -> Iterator[Reading | SignalReading]:
        """Usage, prices or access signals, as far as the connection names any."""
        match purpose:
            case "usage":
                yield from read_usage(self.clients, window)
            case "prices":
                yield from read_prices(self.clients, window)
            case "access":
                yield from read_access(self.clients, window)

    def check_grants(self) -> tuple[GrantCheck, ...]:
        """Tries every permission that the connection needs; see ``collectors.azure.grants``."""
        return check_grants(self.clients)

    def close(self) -> None:
        """Give back network connections."""
        self.clients.close()


def _path_of(connection: AzureExport, blob: ListedBlob, folder: Path, number: int) -> Path:
    last = blob.name.rpartition("/")[2]
    if last.lower().endswith(FOCUS_SUFFIXES):
        return folder / f"{number:05d}-{last}"
    location = f"{connection.account_url}/{connection.container}/{blob.name}"
    raise InvalidManifest(
        f"Azure delivered {location}, which is neither CSV nor Parquet; set the export's format to one of the two",
        vendor=VENDOR,
        location=location,
    )


def _check_still_newest(connection: AzureExport, container: ContainerClient, found: FoundRun) -> None:
    listed = list_blobs(connection, container)
    manifests = manifest_tags(
        blob for name, blob in listed.items() if is_manifest(name) and may_hold(name, found.run.period)
    )
    own = (found.run.manifest.name, found.run.manifest.etag)
    if own in manifests and manifests <= found.manifests:
        return
    location = f"{connection.account_url}/{connection.container}/{found.run.manifest.name}"
    raise TornDelivery(
        f"Azure delivered {found.run.period} anew while it was fetched ({location}); nothing was stored; try again",
        vendor=VENDOR,
        location=location,
    )

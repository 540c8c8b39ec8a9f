"""Which billing periods an export has delivered: by its manifests alone, never by listing data files.

AWS writes a manifest after all the data files of a run. The data files are those that it names and no others: an
export that overwrites leaves old ones behind, one that keeps every run has a folder of them for each.
Where the manifests lie is told by ``collectors.aws.data_exports`` and ``collectors.aws.legacy_report``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from collectors.aws.client import AwsClients
from collectors.aws.credentials import VENDOR
from collectors.aws.objects import StoredObject, look_at
from collectors.collector import DeliveredPart, Delivery
from collectors.connections.aws import AwsExport
from collectors.errors import InvalidManifest, NotFoundAtProvider, ProviderError, TornDelivery
from collectors.store.raw import suffix_of


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestRef:
    """The newest manifest of a billing period in the bucket. ``period`` is ``YYYY-MM``."""

    period: str
    key: str
    etag: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a manifest says: the run, the account that owns the export, and the keys of the data files in its order."""

    place: StoredObject
    run_id: str
    account_id: str
    data_keys: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryContents:
    """What ``fetch`` needs: the manifest, the account that owns the export, and the data files as looked at."""

    ref: ManifestRef
    account_id: str
    objects: tuple[StoredObject, ...]


class ManifestLayout(Protocol):
    """Where the manifests of one kind of export lie, and how they read."""

    def find(self, connection: AwsExport, clients: AwsClients, periods: Sequence[str]) -> Mapping[str, ManifestRef]:
        """The newest manifest of each of the periods that has one.

        Raises:
            NotFoundAtProvider: no such bucket, or the export has delivered nothing in any period.
        """

    def read(self, connection: AwsExport, clients: AwsClients, ref: ManifestRef) -> Manifest:
        """The manifest, which must still be the one that was found.

        Raises:
            InvalidManifest: it is not of the shape that AWS writes, or names objects outside the bucket.
            TornDelivery: another one has taken its place.
        """


def find_deliveries(
    connection: AwsExport,
    clients: AwsClients,
    periods: Sequence[str],
    *,
    layout: ManifestLayout,
    suffixes: tuple[str, ...],
) -> Mapping[str, Delivery | ProviderError]:
    """The newest delivery of each period that has one, or why it cannot be taken now, so that other periods go on.

    Raises:
        NotFoundAtProvider, AccessDenied, CredentialsMissing, ProviderUnavailable: nothing can be told of any period.
    """
    refs = layout.find(connection, clients, periods)
    return {
        period: _delivery(
            connection, clients, refs[period], lambda ref: layout.read(connection, clients, ref), suffixes
        )
        for period in periods
        if period in refs
    }


def _delivery(
    connection: AwsExport,
    clients: AwsClients,
    ref: ManifestRef,
    read: Callable[[ManifestRef], Manifest],
    suffixes: tuple[str, ...],
) -> Delivery | ProviderError:
    try:
        manifest = read(ref)
        _refuse_doubles(connection, manifest)
        objects = tuple(_data_object(connection, clients, key, manifest, suffixes) for key in manifest.data_keys)
    except (InvalidManifest, TornDelivery, NotFoundAtProvider) as fault:
        return fault
    return Delivery(
        period=ref.period,
        run_id=manifest.run_id,
        parts=tuple(DeliveredPart(name=each.key, tag=each.etag, byte_count=each.byte_count) for each in objects),
        written_at=manifest.place.written_at,
        native=DeliveryContents(ref=ref, account_id=manifest.account_id, objects=objects),
    )


def _refuse_doubles(connection: AwsExport, manifest: Manifest) -> None:
    """A file that is listed twice would be billed twice, and which of its charges AWS means cannot be told."""
    for key, count in Counter(manifest.data_keys).items():
        if count > 1:
            location = f"s3://{connection.bucket}/{key}"
            raise InvalidManifest(
                f"AWS manifest {manifest.place.uri} lists {location} {count} times; expected each data file once; "
                "nothing of this delivery was stored; refresh the export that writes it",
                vendor=VENDOR,
                location=location,
            )


def _data_object(
    connection: AwsExport, clients: AwsClients, key: str, manifest: Manifest, suffixes: tuple[str, ...]
) -> StoredObject:
    location = f"s3://{connection.bucket}/{key}"
    if suffix_of(Path(key), suffixes) is None:
        raise InvalidManifest(
            f"AWS manifest {manifest.place.uri} lists {location}, which is none of {', '.join(suffixes)}; choose one "
            "of these formats for the export",
            vendor=VENDOR,
            location=location,
        )
    found = look_at(clients, connection.bucket, key)
    if found.written_at > manifest.place.written_at:
        raise TornDelivery(
            f"AWS is rewriting {location}: it is newer than its manifest; nothing of this delivery was stored; try "
            "again in a few minutes",
            vendor=VENDOR,
            location=location,
        )
    return found

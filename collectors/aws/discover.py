"""Which billing periods an export has delivered: by its manifests alone, never by listing data files.

AWS writes a manifest after all the data files of a run, at
``<prefix>/<export>/metadata/billing_period=YYYY-MM/<export>-Manifest.json``; documentation and real deliveries differ
in the letter case of the partition. Exports that keep every run put a copy one folder deeper, which is ignored here:
the manifest directly in the partition is always that of the newest run.
Source: AWS Data Exports User Guide, "Understanding export delivery", read 2026.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from collectors.aws.client import aws_faults
from collectors.aws.credentials import VENDOR
from collectors.connections import AwsFocusExport
from collectors.errors import InvalidManifest, NotFoundAtProvider

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

_PARTITION = re.compile(r"metadata/billing_period=(\d{4}-(?:0[1-9]|1[0-2]))/[^/]+-manifest\.json$", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestRef:
    """A manifest in the bucket. ``period`` is ``YYYY-MM``; ``etag`` changes with every delivery."""

    period: str
    key: str
    etag: str
    written_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a manifest says: the run and the keys of its data files, in its order."""

    ref: ManifestRef
    execution_id: str
    data_keys: tuple[str, ...]


def find_manifests(connection: AwsFocusExport, client: S3Client) -> tuple[ManifestRef, ...]:
    """The newest manifest of every billing period, oldest period first.

    Raises:
        NotFoundAtProvider: no such bucket, or the export has delivered nothing.
        AccessDenied, ProviderUnavailable, CredentialsMissing: see ``aws_faults``.
    """
    prefix = f"{connection.base_key}metadata/"
    location = f"s3://{connection.bucket}/{prefix}"
    newest: dict[str, ManifestRef] = {}
    with aws_faults(location, permission="s3:ListBucket"):
        for page in client.get_paginator("list_objects_v2").paginate(Bucket=connection.bucket, Prefix=prefix):
            for found in page.get("Contents", []):
                match = _PARTITION.search(found["Key"])
                if match is None or found["Key"].count("/") != prefix.count("/") + 1:
                    continue
                ref = ManifestRef(
                    period=match[1], key=found["Key"], etag=found["ETag"], written_at=found["LastModified"]
                )
                present = newest.get(ref.period)
                if present is None or ref.written_at > present.written_at:
                    newest[ref.period] = ref
    if not newest:
        raise NotFoundAtProvider(
            f"AWS has no manifest under {location}; check prefix and export of this connection; the first delivery of "
            "a new export takes up to 24 hours",
            vendor=VENDOR,
            location=location,
        )
    return tuple(newest[period] for period in sorted(newest))


def read_manifest(connection: AwsFocusExport, client: S3Client, ref: ManifestRef) -> Manifest:
    """The contents of a manifest, which must still be the one that was listed.

    Raises:
        InvalidManifest: not JSON, or not of the shape that Data Exports writes, or it points outside the bucket.
        TornDelivery: another run has replaced it.
    """
    location = f"s3://{connection.bucket}/{ref.key}"
    with aws_faults(location, permission="s3:GetObject"):
        body = client.get_object(Bucket=connection.bucket, Key=ref.key, IfMatch=ref.etag)["Body"].read()
    try:
        document: Any = json.loads(body)
        execution_id = document["executionId"]
        uris = document["dataFiles"]
        if not isinstance(execution_id, str) or not isinstance(uris, list):
            raise TypeError("executionId must be text and dataFiles a list")
        keys = tuple(_key_of(uri, connection.bucket) for uri in uris)
    except (ValueError, KeyError, TypeError) as fault:
        raise InvalidManifest(
            f"AWS manifest {location} cannot be read ({fault!r}); expected executionId and dataFiles within this "
            "bucket; refresh the export in Data Exports",
            vendor=VENDOR,
            location=location,
        ) from fault
    return Manifest(ref=ref, execution_id=execution_id, data_keys=keys)


def _key_of(uri: Any, bucket: str) -> str:
    head = f"s3://{bucket}/"
    if not isinstance(uri, str) or not uri.startswith(head) or uri == head:
        raise ValueError(f"data file {uri!r} does not lie in {head}")
    return uri.removeprefix(head)

"""Manifests of AWS Data Exports: FOCUS and CUR 2.0.

``<prefix>/<export>/metadata/billing_period=YYYY-MM/<export>-Manifest.json``; documentation and real deliveries differ
in the letter case of the partition. Exports that keep every run put a copy one folder deeper, which is ignored here:
the manifest directly in the partition is always that of the newest run.
Source: https://docs.aws.amazon.com/cur/latest/userguide/dataexports-export-delivery.html.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from collectors.aws.client import AwsClients
from collectors.aws.credentials import VENDOR
from collectors.aws.discover import Manifest, ManifestRef
from collectors.aws.objects import list_objects, read_small, unreadable
from collectors.connections.aws import AwsExport
from collectors.errors import NotFoundAtProvider

_PARTITION: Final = re.compile(
    r"metadata/billing_period=(\d{4}-(?:0[1-9]|1[0-2]))/[^/]+-manifest\.json$", re.IGNORECASE
)
_EXPECTED: Final = "executionId and dataFiles within this bucket"


class DataExportLayout:
    """A ``ManifestLayout``: one partition a billing period."""

    def find(self, connection: AwsExport, clients: AwsClients, periods: Sequence[str]) -> Mapping[str, ManifestRef]:
        """The newest manifest of each of the periods that has one.

        Raises:
            NotFoundAtProvider: no such bucket, or the export has delivered nothing in any period.
        """
        prefix = f"{connection.base_key}metadata/"
        newest: dict[str, tuple[datetime, ManifestRef]] = {}
        for found in list_objects(clients, connection.bucket, prefix):
            match = _PARTITION.search(found.key)
            if match is None or found.key.count("/") != prefix.count("/") + 1:
                continue
            present = newest.get(match[1])
            if present is None or found.written_at > present[0]:
                newest[match[1]] = (found.written_at, ManifestRef(period=match[1], key=found.key, etag=found.etag))
        if not newest:
            location = f"s3://{connection.bucket}/{prefix}"
            raise NotFoundAtProvider(
                f"AWS has no manifest under {location}; check prefix and export of this connection; the first delivery "
                "of a new export takes up to 24 hours",
                vendor=VENDOR,
                location=location,
            )
        return {period: newest[period][1] for period in periods if period in newest}

    def read(self, connection: AwsExport, clients: AwsClients, ref: ManifestRef) -> Manifest:
        """The manifest, which must still be the one that was found.

        Raises:
            InvalidManifest: it is not of the shape that AWS writes, or names objects outside the bucket.
            TornDelivery: another one has taken its place.
        """
        found = read_small(clients, connection.bucket, ref.key, etag=ref.etag)
        document = found.as_json(_EXPECTED)
        try:
            run_id, uris = document["executionId"], document["dataFiles"]
            if not isinstance(run_id, str) or not isinstance(uris, list):
                raise TypeError("executionId must be text and dataFiles a list")
            keys = tuple(_key_of(uri, connection.bucket) for uri in uris)
        except (ValueError, KeyError, TypeError) as fault:
            raise unreadable(found.place.uri, repr(fault), _EXPECTED) from fault
        account_id = _account_of(document.get("exportArn"))
        return Manifest(place=found.place, run_id=run_id, account_id=account_id, data_keys=keys)


def _key_of(uri: Any, bucket: str) -> str:
    head = f"s3://{bucket}/"
    if not isinstance(uri, str) or not uri.startswith(head) or uri == head:
        raise ValueError(f"data file {uri!r} does not lie in {head}")
    return uri.removeprefix(head)


def _account_of(export_arn: Any) -> str:
    """The account in ``arn:aws:bcm-data-exports:<region>:<account>:export/<name>``; '' when the ARN tells none."""
    fields = export_arn.split(":") if isinstance(export_arn, str) else []
    return fields[4] if len(fields) > 5 and re.fullmatch(r"\d{12}", fields[4]) else ""

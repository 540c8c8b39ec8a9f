"""Manifests of the Cost and Usage Report as it was before Data Exports.

``<prefix>/<report>/yyyymmdd-yyyymmdd/<report>-Manifest.json`` is always that of the newest run; a report that keeps
every run has a copy of it beside the data in ``yyyymmdd-yyyymmdd/<assemblyId>/``. The data files of a report in Parquet
lie elsewhere, at ``<prefix>/<report>/<report>/year=YYYY/month=M/``, and the manifest names them all the same.
Source: https://docs.aws.amazon.com/cur/latest/userguide/understanding-report-versions.html.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from collectors.aws.client import AwsClients
from collectors.aws.credentials import VENDOR
from collectors.aws.discover import Manifest, ManifestRef
from collectors.aws.objects import list_folders, look_at, read_small, unreadable
from collectors.connections.aws import AwsExport
from collectors.errors import NotFoundAtProvider
from collectors.months import month_after, month_start

_FOLDER: Final = re.compile(r"/\d{8}-\d{8}/$")
_EXPECTED: Final = "assemblyId, reportKeys and a billingPeriod that is that of its folder"


class LegacyReportLayout:
    """A ``ManifestLayout``: one folder of days a billing period."""

    def find(self, connection: AwsExport, clients: AwsClients, periods: Sequence[str]) -> Mapping[str, ManifestRef]:
        """The newest manifest of each of the periods that has one.

        Raises:
            NotFoundAtProvider: no such bucket, or the report has delivered nothing in any period.
        """
        folders = {
            each for each in list_folders(clients, connection.bucket, connection.base_key) if _FOLDER.search(each)
        }
        if not folders:
            location = f"s3://{connection.bucket}/{connection.base_key}"
            raise NotFoundAtProvider(
                f"AWS has no folder of a billing period under {location}; check prefix and export of this connection; "
                "the first delivery of a new report takes up to 24 hours",
                vendor=VENDOR,
                location=location,
            )
        found: dict[str, ManifestRef] = {}
        for period in periods:
            folder = f"{connection.base_key}{_days(period)}/"
            if folder not in folders:
                continue
            try:
                manifest = look_at(clients, connection.bucket, f"{folder}{connection.export}-Manifest.json")
            except NotFoundAtProvider:
                continue  # the folder is made before the first run of the month is complete: not ready
            found[period] = ManifestRef(period=period, key=manifest.key, etag=manifest.etag)
        return found

    def read(self, connection: AwsExport, clients: AwsClients, ref: ManifestRef) -> Manifest:
        """The manifest, which must still be the one that was found.

        Raises:
            InvalidManifest: it is not of the shape that AWS writes.
            TornDelivery: another one has taken its place.
        """
        found = read_small(clients, connection.bucket, ref.key, etag=ref.etag)
        document: Any = found.as_json(_EXPECTED)
        try:
            run_id, keys = document["assemblyId"], document["reportKeys"]
            if not isinstance(run_id, str) or not isinstance(keys, list):
                raise TypeError("assemblyId must be text and reportKeys a list")
            if not all(isinstance(key, str) and key for key in keys):
                raise TypeError("reportKeys must hold keys")
            starts_at = document["billingPeriod"]["start"]
            if not str(starts_at).replace("-", "").startswith(ref.period.replace("-", "")):
                raise ValueError(f"billingPeriod starts at {starts_at!r}")
            bucket = document.get("bucket", connection.bucket)
            if bucket != connection.bucket:
                raise ValueError(f"its data files lie in bucket {bucket!r}")
        except (ValueError, KeyError, TypeError) as fault:
            raise unreadable(found.place.uri, repr(fault), _EXPECTED) from fault
        account_id = str(document.get("account", ""))
        return Manifest(place=found.place, run_id=run_id, account_id=account_id, data_keys=tuple(keys))


def _days(period: str) -> str:
    """First day of a month and of the next, as the folder is called.

    >>> _days("2025-12")
    '20251201-20260101'
    """
    return f"{month_start(period):%Y%m%d}-{month_after(period):%Y%m%d}"

"""Azure Monitor's metrics of storage accounts, asked of Resource Manager itself.

``BlobCapacity`` and ``BlobCount`` are taken every hour, by tier and blob type; the last value of a day counts for it.
``Transactions``, ``Egress`` and ``Ingress`` are sums, by operation. Azure keeps metrics for 93 days.
Source: https://learn.microsoft.com/azure/storage/blobs/monitor-blob-storage-reference and
https://learn.microsoft.com/rest/api/monitor/metrics/list.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any, Final

from collectors.azure.blob_files import fingerprint_of
from collectors.azure.client import ArmCall, AzureClients
from collectors.azure.credentials import VENDOR
from collectors.azure.manifest import moment
from collectors.collector import CollectWindow
from collectors.errors import InvalidManifest
from collectors.months import month_bounds
from collectors.readings import SignalReading
from collectors.signals.records import DatasetState, StateReading
from collectors.signals.uris import parse_uri

API_VERSION: Final = "2023-10-01"
METRICS_PERMISSION: Final = "Monitoring Reader (Microsoft.Insights/Metrics/Read)"
KEPT_DAYS: Final = 93
# Sources of their own, so that an account's totals never replace what an inventory or log says of its containers.
STATE_KIND: Final = "azure_inventory:metrics"
ACCESS_KIND: Final = "azure_blob_log:metrics"

_NO_TIER: Final = "Hot"


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricPoint:
    """One value of one metric: its dimensions by lower-case name, and the region that the resource is in."""

    metric: str
    dimensions: Mapping[str, str]
    at: datetime
    value: Decimal
    region: str | None


def read_capacity(clients: AzureClients, window: CollectWindow) -> Iterator[SignalReading]:
    """States of whole storage accounts by day, a reading an account.

    Raises:
        InvalidManifest: an answer that is not of the documented shape.
        NotFoundAtProvider, AccessDenied, CredentialsMissing, ProviderUnavailable: see ``azure_faults``.
    """
    for account in clients.connection.metric_accounts:
        points = read_metrics(
            clients,
            account,
            window,
            metrics=("BlobCapacity", "BlobCount"),
            aggregation="Average",
            interval="PT1H",
            split="Tier eq '*' and BlobType eq '*'",
        )
        states = tuple(_states(account, list(points)))
        if states:
            facts = [(f"{each.day_on}", each.storage_class, each.stored_bytes, each.object_count) for each in states]
            yield SignalReading(
                kind=STATE_KIND, reading=StateReading(states=states), fingerprint=fingerprint_of(account, facts)
            )


def read_metrics(
    clients: AzureClients,
    account: str,
    window: CollectWindow,
    *,
    metrics: Sequence[str],
    aggregation: str,
    interval: str,
    split: str,
) -> Iterator[MetricPoint]:
    """Values of the blob service of a storage account, as far back in the window as Azure keeps them.

    Args:
        clients: of the connection.
        account: resource id of the storage account.
        window: months to look at.
        metrics: their names; all must have the dimensions of ``split``.
        aggregation: ``Average`` or ``Total``.
        interval: ISO 8601 duration between values.
        split: OData filter that names the dimensions to tell apart.
    """
    begin_at, end_at = span_of(clients, window)
    if begin_at >= end_at:
        return
    call = ArmCall(
        path=f"{account}/blobServices/default/providers/microsoft.insights/metrics",
        query={
            "api-version": API_VERSION,
            "metricnames": ",".join(metrics),
            "aggregation": aggregation,
            "interval": interval,
            "timespan": f"{begin_at:%Y-%m-%dT%H:%M:%SZ}/{end_at:%Y-%m-%dT%H:%M:%SZ}",
            "$filter": split,
        },
        permission=METRICS_PERMISSION,
        location=f"metrics of {account}",
    )
    body = clients.resource_manager(call).body
    try:
        yield from _points(body, aggregation.lower())
    except (KeyError, TypeError, ValueError, AttributeError, InvalidOperation) as fault:
        raise InvalidManifest(
            f"Azure's answer for {call.location} is not of the documented shape ({fault!r}); report this",
            vendor=VENDOR,
            location=call.location,
        ) from fault


def span_of(clients: AzureClients, window: CollectWindow) -> tuple[datetime, datetime]:
    """The part of the window that lies in whole days before today and that Azure still keeps; half-open."""
    today_at = clients.now().astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    first_at, _ = month_bounds(window.first_period)
    _, after_at = month_bounds(window.last_period)
    return max(first_at, today_at - timedelta(days=KEPT_DAYS)), min(after_at, today_at)


def account_uri(account: str) -> str:
    """The dataset that a storage account as a whole is."""
    return str(parse_uri(account))


def _points(body: Mapping[str, Any], aggregation: str) -> Iterator[MetricPoint]:
    region = body.get("resourceregion")
    for metric in body["value"]:
        for series in metric["timeseries"]:
            dimensions = {
                str(each["name"]["value"]).lower(): str(each["value"]) for each in series.get("metadatavalues") or ()
            }
            for point in series["data"]:
                if point.get(aggregation) is not None:
                    yield MetricPoint(
                        metric=str(metric["name"]["value"]),
                        dimensions=dimensions,
                        at=moment(point["timeStamp"]),
                        value=Decimal(str(point[aggregation])),
                        region=str(region) if region else None,
                    )


def _states(account: str, points: Sequence[MetricPoint]) -> Iterator[DatasetState]:
    last: dict[tuple[date, str, str, str], MetricPoint] = {}
    for point in points:
        tier = point.dimensions.get("tier") or _NO_TIER
        key = (point.at.date(), tier, point.dimensions.get("blobtype", ""), point.metric)
        if key not in last or point.at > last[key].at:
            last[key] = point
    for day, tier in sorted({(day, tier) for day, tier, _, _ in last}):
        sums: dict[str, Decimal] = {}
        for (on, of_tier, _, metric), point in last.items():
            if (on, of_tier) == (day, tier):
                sums[metric] = sums.get(metric, Decimal(0)) + point.value
        if "BlobCapacity" in sums:
            yield DatasetState(
                day_on=day,
                dataset_uri=account_uri(account),
                provider="azure",
                region=next((point.region for point in points if point.region), None),
                storage_class=tier,
                stored_bytes=_whole(sums["BlobCapacity"]),
                object_count=_whole(sums["BlobCount"]) if "BlobCount" in sums else None,
            )


def _whole(value: Decimal) -> int:
    return int(value.quantize(Decimal(1), ROUND_HALF_UP))

"""Sizes of buckets by storage class and day, from the daily metrics that CloudWatch keeps of S3 without charge.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/metrics-dimensions.html (namespace AWS/S3).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from collectors.aws.client import AwsClients
from collectors.collector import CollectWindow
from collectors.months import month_bounds
from collectors.readings import SignalReading
from collectors.signals.state.cloudwatch_sizes import read_cloudwatch_sizes

_NAMESPACE: Final = "AWS/S3"
_METRICS: Final = ("BucketSizeBytes", "NumberOfObjects")
_MOST_QUERIES: Final = 500
_DAY_SECONDS: Final = 86_400


def read_bucket_sizes(clients: AwsClients, region: str, window: CollectWindow) -> Iterator[SignalReading]:
    """Every bucket of a region on every whole day of the window that has passed; nothing when there is none."""
    starts_at, _ = month_bounds(window.first_period)
    today = clients.now().astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    _, after_window_at = month_bounds(window.last_period)
    ends_at = min(after_window_at, today)
    if starts_at >= ends_at:
        return
    # A metric that is listed twice would be counted twice.
    listed = (metric for name in _METRICS for metric in _metrics(clients, region, name))
    metrics = list({tuple(metric.values()): metric for metric in listed}.values())
    rows: list[dict[str, Any]] = []
    for first in range(0, len(metrics), _MOST_QUERIES):
        rows.extend(_points(clients, region, metrics[first : first + _MOST_QUERIES], starts_at, ends_at))
    if not rows:
        return
    rows.sort(key=lambda row: json.dumps(row, default=str))
    fingerprint = hashlib.sha256(json.dumps(rows, default=str).encode()).hexdigest()
    yield SignalReading(kind="cloudwatch_sizes", reading=read_cloudwatch_sizes(rows), fingerprint=fingerprint)


def _metrics(clients: AwsClients, region: str, name: str) -> Iterator[dict[str, str]]:
    """Bucket and storage type of every metric of that name."""
    pages = clients.pages(
        clients.cloudwatch(region).list_metrics,
        {"Namespace": _NAMESPACE, "MetricName": name},
        location=f"the metrics of S3 in {region}",
        permission="cloudwatch:ListMetrics",
    )
    for page in pages:
        for metric in page["Metrics"]:
            found = {each["Name"]: each["Value"] for each in metric["Dimensions"]}
            if {"BucketName", "StorageType"} <= found.keys():
                yield {"metric": name, "bucket": found["BucketName"], "storage_type": found["StorageType"]}


def _points(
    clients: AwsClients, region: str, metrics: Sequence[dict[str, str]], starts_at: datetime, ends_at: datetime
) -> Iterator[dict[str, Any]]:
    queries = [
        {
            "Id": f"m{number}",
            "MetricStat": {
                "Metric": {
                    "Namespace": _NAMESPACE,
                    "MetricName": metric["metric"],
                    "Dimensions": [
                        {"Name": "BucketName", "Value": metric["bucket"]},
                        {"Name": "StorageType", "Value": metric["storage_type"]},
                    ],
                },
                "Period": _DAY_SECONDS,
                "Stat": "Average",
            },
        }
        for number, metric in enumerate(metrics)
    ]
    pages = clients.pages(
        clients.cloudwatch(region).get_metric_data,
        {"MetricDataQueries": queries, "StartTime": starts_at, "EndTime": ends_at},
        location=f"the sizes of buckets in {region}",
        permission="cloudwatch:GetMetricData",
    )
    for page in pages:
        for result in page["MetricDataResults"]:
            metric = metrics[int(result["Id"][1:])]
            for at, value in zip(result["Timestamps"], result["Values"], strict=True):
                yield {**metric, "region": region, "at": at.astimezone(UTC), "value": int(value)}

"""Lines and rows as the vendors write them, after their published examples."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from typing import Any

from collectors.signals.records import AccessEvent

OWNER = "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"
TAIL = (
    '7 4 "-" "S3Console/0.4" - s9lzHYrFp76ZVxRcpX9+5cjAnEH2ROuNkd2BHfIa6UkFVdtjf5mKR3/eTPFvsiP/XV/VLi31234= SigV4 '
    "ECDHE-RSA-AES128-GCM-SHA256 AuthHeader amzn-s3-demo-bucket1.s3.us-west-1.amazonaws.com TLSV1.2 - -"
)
ETL = "arn:aws:sts::123456789012:assumed-role/etl/session-1"
NOW = datetime(2026, 11, 1, 6, tzinfo=UTC)


def s3_line(**other: Any) -> str:
    """A line of an S3 server access log: a range read of 113 of 5,000,000 bytes."""
    facts: dict[str, Any] = {
        "bucket": "lake",
        "time": "06/Sep/2026:00:00:38 +0000",
        "requester": ETL,
        "request_id": "3E57427F3EXAMPLE",
        "operation": "REST.GET.OBJECT",
        "key": "raw/orders/dt%253D2026-09-05/a.parquet",
        "request": '"GET /lake/raw/orders/a.parquet HTTP/1.1"',
        "status": "206",
        "sent": "113",
        "size": "5000000",
        "tail": TAIL,
        **other,
    }
    return (
        f"{OWNER} {facts['bucket']} [{facts['time']}] 192.0.2.3 {facts['requester']} {facts['request_id']} "
        f"{facts['operation']} {facts['key']} {facts['request']} {facts['status']} - {facts['sent']} {facts['size']} "
        f"{facts['tail']}"
    )


def cloudtrail_record(**other: Any) -> dict[str, Any]:
    """A data event of S3: a read of 236,375 bytes by a role."""
    return {
        "eventVersion": "1.11",
        "userIdentity": {
            "type": "AssumedRole",
            "arn": "arn:aws:sts::111122223333:assumed-role/spark/i-0123456789abcdef0",
            "sessionContext": {"sessionIssuer": {"arn": "arn:aws:iam::111122223333:role/jobs/spark"}},
        },
        "eventTime": "2026-09-21T22:13:24Z",
        "eventSource": "s3.amazonaws.com",
        "eventName": "GetObject",
        "awsRegion": "us-east-1",
        "requestParameters": {"bucketName": "lake", "key": "raw/orders/a.parquet"},
        "additionalEventData": {"bytesTransferredIn": 0, "bytesTransferredOut": 236375},
        "eventID": "e1",
        "readOnly": True,
        "eventCategory": "Data",
        "managementEvent": False,
        "recipientAccountId": "111122223333",
        **other,
    }


def cloudtrail_file(*records: dict[str, Any]) -> bytes:
    return gzip.compress(json.dumps({"Records": records}).encode())


def lineage_event(**other: Any) -> dict[str, Any]:
    """A finished run that read 5 MB of a path and wrote 4 MB of another."""
    return {
        "eventType": "COMPLETE",
        "eventTime": "2026-09-01T00:05:00Z",
        "run": {"runId": "0196-run-1", "facets": {"parent": {"job": {"namespace": "airflow", "name": "etl"}}}},
        "job": {"namespace": "airflow", "name": "etl.daily"},
        "inputs": [lineage_input()],
        "outputs": [
            {
                "namespace": "abfss://gold@acct.dfs.core.windows.net",
                "name": "orders",
                "outputFacets": {"outputStatistics": {"rowCount": 990, "size": 4_000_000, "fileCount": 3}},
            }
        ],
        "producer": "https://example.org/p",
        "schemaURL": "https://openlineage.io/spec/2-0-2/OpenLineage.json",
        **other,
    }


def lineage_input(size: int | None = 5_000_000, **other: Any) -> dict[str, Any]:
    statistics = {} if size is None else {"inputFacets": {"inputStatistics": {"size": size, "fileCount": 12}}}
    return {"namespace": "s3://lake", "name": "raw/orders", **statistics, **other}


def event(key: str, **other: Any) -> AccessEvent:
    """A read of 1 GB from a bucket by a role."""
    facts: dict[str, Any] = {
        "at": datetime(2026, 9, 10, 12, tzinfo=UTC),
        "dataset_uri": "s3://lake/raw",
        "op": "read",
        "principal": "arn:aws:iam::123456789012:role/etl",
        "moved_bytes": 10**9,
        **other,
    }
    return AccessEvent(event_key=key, **facts)

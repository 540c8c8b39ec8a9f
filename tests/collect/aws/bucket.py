"""A bucket that exports are delivered to, behind a proxy that misbehaves when told to."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from types import TracebackType
from typing import Any
from urllib.parse import unquote

from collectors.aws import AwsCollector, open_collector
from collectors.connections import AwsCostAndUsageReport2, AwsExport, AwsFocusExport, AwsLegacyReport
from tests.peers.aws_json import AwsJsonServer
from tests.peers.emulators import MotoPeer
from tests.peers.http_replay import HttpReply, HttpRequest
from tests.peers.proxy import FaultProxy

ACCOUNT = "123456789012"
EXPORT = "daily"
PREFIX = "exports"
KINDS: dict[str, type[AwsExport]] = {
    "focus": AwsFocusExport,
    "cur_2": AwsCostAndUsageReport2,
    "legacy": AwsLegacyReport,
}
NOW = datetime(2026, 3, 20, 6, tzinfo=UTC)


class S3Proxy(FaultProxy):
    """Tells other times of objects than the server's, which has whole seconds and no way to set them."""

    def __init__(self, upstream_url: str) -> None:
        self.hours_ahead = 0
        self.newer_keys: set[str] = set()
        super().__init__(upstream_url)

    def answer(self, request: HttpRequest) -> HttpReply:
        """What the server answers, ``hours_ahead``; objects whose key holds one of ``newer_keys`` a further hour."""
        reply = super().answer(request)
        hours = self.hours_ahead + any(key in unquote(request.path) for key in self.newer_keys)
        stated = next((name for name in reply.headers if name.lower() == "last-modified"), None)
        if not hours or stated is None:
            return reply
        later = parsedate_to_datetime(reply.headers[stated]) + timedelta(hours=hours)
        return replace(reply, headers={**reply.headers, stated: format_datetime(later, usegmt=True)})

    def mend(self) -> None:
        """Behave."""
        self.reset()
        self.hours_ahead = 0
        self.newer_keys.clear()


class BillingBucket:
    """The bucket, connections of each kind to it, and deliveries as AWS lays them out."""

    def __init__(self, moto: MotoPeer, aws_json: AwsJsonServer) -> None:
        self.moto = moto
        self.aws_json = aws_json
        self.name = f"billing-{uuid.uuid4().hex[:12]}"
        self.s3 = moto.client("s3")
        self.proxy = S3Proxy(moto.endpoint_url)
        self.pauses: list[float] = []
        self.now = NOW
        self._opened: list[AwsCollector] = []

    def __enter__(self) -> BillingBucket:
        self.s3.create_bucket(Bucket=self.name)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for collector in self._opened:
            collector.close()
        self.proxy.close()

    def connection(self, kind: str = "focus", **settings: Any) -> AwsExport:
        """A connection of ``KINDS`` to the bucket."""
        replayed = ("cost_explorer", "invoicing", "savings_plans", "cost_optimization_hub", "pricing", "ec2")
        endpoints = {
            "s3": self.proxy.url,
            **dict.fromkeys(("sts", "organizations", "cloudwatch"), self.moto.endpoint_url),
            **dict.fromkeys(replayed, self.aws_json.endpoint_url),
        }
        given = {
            "name": "payer",
            "bucket": self.name,
            "prefix": PREFIX,
            "export": EXPORT,
            "region": "us-east-1",
            "endpoints": endpoints,
            "credentials": "env:TEST_AWS",
        }
        return KINDS[kind](**{**given, **settings})

    def open(self, kind: str = "focus", *, environ: Mapping[str, str] | None = None, **settings: Any) -> AwsCollector:
        """A new collector whose pauses are noted, not waited."""
        collector = open_collector(
            self.connection(kind, **settings),
            environ=environ or self.moto.environ,
            sleep=self.pauses.append,
            now=lambda: self.now,
        )
        self._opened.append(collector)
        return collector

    def put(self, key: str, content: bytes) -> str:
        """An object; its URI."""
        self.s3.put_object(Bucket=self.name, Key=key, Body=content)
        return f"s3://{self.name}/{key}"

    def deliver_export(
        self,
        period: str,
        files: Sequence[bytes],
        *,
        run: str,
        suffix: str = ".csv.gz",
        partition: str = "BILLING_PERIOD",
        create_new: bool = False,
        with_manifest: bool = True,
        account: str = ACCOUNT,
    ) -> list[str]:
        """A delivery of Data Exports: data first, the manifest last. The keys of the data."""
        folder = f"{PREFIX}/{EXPORT}/data/{partition}={period}/" + (
            f"2026-03-01T01:00:00.000Z-{run}/" if create_new else ""
        )
        keys = [f"{folder}{EXPORT}-{number:05d}{suffix}" for number in range(1, len(files) + 1)]
        for key, content in zip(keys, files, strict=True):
            self.put(key, content)
        if with_manifest:
            document = {
                "executionId": run,
                "exportArn": f"arn:aws:bcm-data-exports:us-east-1:{account}:export/{EXPORT}",
                "columns": [{"name": "BilledCost", "type": "double"}],
                "dataFiles": [f"s3://{self.name}/{key}" for key in keys],
                "additionalOutputFiles": [],
            }
            self.put_manifest(period, json.dumps(document).encode(), partition=partition)
            if create_new:
                copy = f"{PREFIX}/{EXPORT}/metadata/{partition}={period}/2026-03-01T01:00:00.000Z-{run}/"
                self.put(f"{copy}{EXPORT}-Manifest.json", json.dumps(document).encode())
        return keys

    def put_manifest(self, period: str, content: bytes, *, partition: str = "BILLING_PERIOD") -> str:
        """The manifest of Data Exports; its key."""
        key = f"{PREFIX}/{EXPORT}/metadata/{partition}={period}/{EXPORT}-Manifest.json"
        self.put(key, content)
        return key

    def deliver_report(
        self,
        period: str,
        files: Sequence[bytes],
        *,
        run: str,
        suffix: str = ".csv.gz",
        create_new: bool = False,
        with_manifest: bool = True,
    ) -> list[str]:
        """A delivery of a legacy report: data first, the manifest last. The keys of the data."""
        folder = legacy_folder(period)
        data = f"{folder}{run}/" if create_new else folder
        if suffix.endswith(".parquet"):
            data = f"{PREFIX}/{EXPORT}/{EXPORT}/year={period[:4]}/month={int(period[5:])}/"
        keys = [f"{data}{EXPORT}-{number}{suffix}" for number in range(1, len(files) + 1)]
        for key, content in zip(keys, files, strict=True):
            self.put(key, content)
        if with_manifest:
            start, end = (f"{day}T000000.000Z" for day in folder.split("/")[-2].split("-"))
            document = {
                "assemblyId": run,
                "account": ACCOUNT,
                "bucket": self.name,
                "billingPeriod": {"start": start, "end": end},
                "reportKeys": keys,
                "compression": {".gz": "GZIP", ".zip": "ZIP"}.get(suffix[-3:], "Parquet"),
                "columns": [{"category": "lineItem", "name": "UnblendedCost"}],
            }
            content = json.dumps(document).encode()
            self.put(f"{folder}{EXPORT}-Manifest.json", content)
            if create_new:
                self.put(f"{data}{EXPORT}-Manifest.json", content)
        return keys


def legacy_folder(period: str) -> str:
    """Folder of a billing period of a legacy report."""
    first, following = (text.replace("-", "") for text in (period, month_after(period)))
    return f"{PREFIX}/{EXPORT}/{first}01-{following}01/"


def month_after(period: str) -> str:
    """The next month."""
    year, month = int(period[:4]), int(period[5:])
    return f"{year + month // 12:04d}-{month % 12 + 1:02d}"

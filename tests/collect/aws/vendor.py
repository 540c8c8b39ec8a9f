"""Exports of AWS as the contract suite wants a vendor: FOCUS, CUR 2.0 and the legacy report."""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from typing import Any, Final
from urllib.parse import quote

from collectors.aws import AwsCollector
from tests.collect.aws.bucket import EXPORT, PREFIX, BillingBucket, legacy_folder, month_after
from tests.collect.aws.reports import csv_gz, legacy_row, report_row
from tests.collect.vendor import BilledRow, Fault
from tests.focus.bills import csv_text as focus_text
from tests.focus.bills import row as focus_row
from tests.peers.aws_json import AwsJsonServer
from tests.peers.emulators import MotoPeer

WAIVED: Final[dict[Fault, str]] = {
    "foreign_next_link": "the next page of S3, Cost Explorer and the rest is an opaque token, never an address",
}
FAULTS: Final[frozenset[Fault]] = frozenset(
    {
        "throttled",
        "server_error",
        "cut_body",
        "expired_token",
        "denied",
        "torn",
        "truncated_file",
        "gzip_bomb",
        "unreadable_manifest",
        "duplicate_manifest",
        "clock_skew",
    }
)
THROTTLES: Final = (
    (503, "SlowDown", {}),
    (503, "SlowDown", {"Retry-After": "2"}),
    (429, "TooManyRequestsException", {"Retry-After": "Fri, 20 Mar 2026 06:00:07 GMT"}),
    (429, "ThrottlingException", {"x-amz-retry-after": "1500"}),
)
KINDS_OF_LINE: Final = {"Usage": "Usage", "Tax": "Tax", "Credit": "Credit", "Purchase": "Fee"}


@dataclass(slots=True, kw_only=True)
class AwsVendor:
    """Implements ``tests.collect.vendor.Vendor`` on a bucket of its own."""

    bucket: BillingBucket
    kind: str
    name: str = "aws"
    faults: frozenset[Fault] = FAULTS
    currencies: int = 3
    shows_empty: bool = True
    _totals: dict[str, tuple[Mapping[str, Decimal], bool]] = field(default_factory=dict)
    _last: dict[str, tuple[list[bytes], str, bool]] = field(default_factory=dict)
    _broken: list[str] = field(default_factory=list)

    def open(self) -> AwsCollector:
        """A new collector."""
        return self.bucket.open(self.kind)

    def deliver(self, period: str, rows: Sequence[BilledRow], *, run: str, create_new: bool = False) -> None:
        """One data file, or two when there is enough for them, and the manifest."""
        self.mend()
        parts = (rows[:2], rows[2:]) if len(rows) > 3 else (rows,)
        files = [self._file(period, part) for part in parts]
        self._last[period] = (files, run, create_new)
        self._put(period, files, run, create_new=create_new)

    def deliver_empty(self, period: str, *, run: str) -> None:
        """A manifest that names no file."""
        self.mend()
        self._last.pop(period, None)
        self._put(period, [], run)

    def break_next(self, fault: Fault, period: str, *, variant: int = 0) -> None:
        """Make the fault stand until ``mend``; every second variant passes after two requests where it can."""
        proxy = self.bucket.proxy
        files, run, create_new = self._last[period]
        times = 2 if variant % 2 else 1000
        match fault:
            case "throttled":
                status, code, headers = THROTTLES[variant // 2 % len(THROTTLES)]
                proxy.fail_next(status, headers, error_body(code), times)
            case "server_error":
                proxy.fail_next((500, 502, 503, 504)[variant // 2 % 4], None, error_body("InternalError"), times)
            case "cut_body":
                proxy.cut_next(times, on=quote(self._data_file(period)))
            case "expired_token":
                proxy.fail_next(400, None, error_body("ExpiredToken"), 1000)
            case "denied":
                on = ("", quote(self._data_file(period)), "manifest.json")[variant % 3]
                proxy.fail_next(403, None, error_body("AccessDenied"), 1000, on=on)
            case "torn":
                self._put(period, [*(gzip.compress(b"of the new run") for _ in files)], run, manifest=False)
                proxy.newer_keys.add(self._data_file(period))
                self._broken.append(period)
            case "truncated_file":
                self._put(period, [each[: len(each) // 2] for each in files], f"{run}-cut", create_new=create_new)
                self._broken.append(period)
            case "gzip_bomb":
                self._put(period, [bomb(gzip.decompress(files[0]))], f"{run}-bomb")
                self._broken.append(period)
            case "unreadable_manifest":
                body = (b"not json", b"[]", b'{"executionId": 7}', b'{"assemblyId": "x"}')[variant % 4]
                self.bucket.put(self._manifest_key(period), body)
                self._broken.append(period)
            case "duplicate_manifest":
                self._put(period, files, run, partition="billing_period")
            case "clock_skew":
                proxy.hours_ahead = 1
            case _:
                raise ValueError(fault)

    def mend(self) -> None:
        """End every fault; a broken delivery becomes whole."""
        self.bucket.proxy.mend()
        for period in self._broken:
            files, run, create_new = self._last[period]
            self._put(period, files, run, create_new=create_new)
        self._broken.clear()

    def state_total(self, period: str, costs: Mapping[str, Decimal], *, final: bool) -> None:
        """What Cost Explorer says; there is no invoice."""
        self._totals[period] = (costs, final)
        self.bucket.aws_json.on("ce", "GetCostAndUsage")(self._cost_explorer)
        self.bucket.aws_json.on("invoicing", "ListInvoiceSummaries")(lambda request: {"InvoiceSummaries": []})

    def _cost_explorer(self, request: dict[str, Any]) -> dict[str, Any]:
        """One page a result, as many as there are."""
        asked = request["TimePeriod"]
        results = [
            {
                "TimePeriod": {"Start": f"{period}-01", "End": f"{month_after(period)}-01"},
                "Total": {"UnblendedCost": {"Amount": str(amount), "Unit": currency}},
                "Groups": [],
                "Estimated": not final,
            }
            for period, (costs, final) in sorted(self._totals.items())
            for currency, amount in costs.items()
            if asked["Start"] <= f"{period}-01" < asked["End"]
        ]
        page = int(request.get("NextPageToken", "0"))
        following = {"NextPageToken": str(page + 1)} if page + 1 < len(results) else {}
        return {"ResultsByTime": results[page : page + 1], **following}

    def _put(
        self,
        period: str,
        files: Sequence[bytes],
        run: str,
        *,
        create_new: bool = False,
        manifest: bool = True,
        partition: str = "BILLING_PERIOD",
    ) -> None:
        if self.kind == "legacy":
            self.bucket.deliver_report(period, files, run=run, create_new=create_new, with_manifest=manifest)
            return
        self.bucket.deliver_export(
            period, files, run=run, create_new=create_new, with_manifest=manifest, partition=partition
        )

    def _file(self, period: str, rows: Sequence[BilledRow]) -> bytes:
        if self.kind == "focus":
            text = focus_text([_focus_row(period, each) for each in rows])
            return gzip.compress(text.encode(), mtime=0)
        lines = [_report_row(period, each) for each in rows]
        return csv_gz([legacy_row(each) for each in lines] if self.kind == "legacy" else lines)

    def _data_file(self, period: str) -> str:
        """How the keys of the month's data files begin, or go on."""
        return f"{legacy_folder(period)}{EXPORT}-1" if self.kind == "legacy" else f"/data/BILLING_PERIOD={period}/"

    def _manifest_key(self, period: str) -> str:
        if self.kind == "legacy":
            return f"{legacy_folder(period)}{EXPORT}-Manifest.json"
        return f"{PREFIX}/{EXPORT}/metadata/BILLING_PERIOD={period}/{EXPORT}-Manifest.json"


@contextmanager
def aws_vendor(moto: MotoPeer, aws_json: AwsJsonServer, kind: str = "cur_2") -> Iterator[AwsVendor]:
    """An export of ``kind`` (``focus``, ``cur_2`` or ``legacy``) in a bucket of its own."""
    aws_json.reset()
    with BillingBucket(moto, aws_json) as bucket:
        yield AwsVendor(bucket=bucket, kind=kind)


def error_body(code: str) -> bytes:
    """An error as S3 answers it."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><Error><Code>{code}</Code><Message>injected</Message></Error>'.encode()
    )


def bomb(head: bytes) -> bytes:
    """A gzip file of a bill and 300 MB of nothing after it."""
    return gzip.compress(head) + _nothing()


@cache
def _nothing() -> bytes:
    return gzip.compress(b" " * (300 << 20), 6)


def _report_row(period: str, billed: BilledRow) -> dict[str, str]:
    return report_row(
        period,
        day=billed.day,
        line_item_unblended_cost=f"{billed.cost:f}",
        line_item_currency_code=billed.currency,
        line_item_line_item_type=KINDS_OF_LINE[billed.category],
        line_item_resource_id=billed.thing,
    ) | {f"x_{name}": value for name, value in (billed.extra or {}).items()}


def _focus_row(period: str, billed: BilledRow) -> dict[str, str | None]:
    return focus_row(
        BilledCost=f"{billed.cost:f}",
        EffectiveCost=f"{billed.cost:f}",
        BillingCurrency=billed.currency,
        ChargeCategory=billed.category,
        ResourceId=f"arn:aws:s3:::{billed.thing}",
        BillingPeriodStart=f"{period}-01T00:00:00Z",
        BillingPeriodEnd=f"{month_after(period)}-01T00:00:00Z",
        ChargePeriodStart=f"{period}-{billed.day:02d}T00:00:00Z",
        ChargePeriodEnd=f"{period}-{billed.day:02d}T01:00:00Z",
    ) | {f"x_{name}": value for name, value in (billed.extra or {}).items()}

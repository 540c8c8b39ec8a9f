"""Azure as the contract suite wants a vendor: exports in Azurite behind a proxy, totals in a Resource Manager peer."""

from __future__ import annotations

import io
import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from collectors.azure import open_collector
from collectors.azure.query_quota import QueryQuota
from collectors.collector import Collector
from collectors.connections.azure import AzureAmortizedExport, AzureExport, AzureFocusExport
from tests.collect.azure.deliveries import (
    LAKE,
    ExportFolder,
    bomb,
    csv_bytes,
    enterprise_row,
    focus_row,
    gzip_bytes,
    month_days,
)
from tests.collect.vendor import BilledRow, Fault
from tests.peers.arm import THROTTLE_HEADERS, ArmRequest, ArmServer
from tests.peers.arm_replies import usage_page
from tests.peers.arm_routes import QUERY_PATH
from tests.peers.proxy import FaultProxy

if TYPE_CHECKING:
    from azure.storage.blob import BlobServiceClient

    from tests.peers.emulators import AzuritePeer

WAIVED: Final[dict[Fault, str]] = {
    "foreign_next_link": "pages of Blob storage follow by a marker; only totals and prices page by address, and tests "
    "of their own see another host refused",
}
ALWAYS: Final = 1_000_000
PREFIX: Final = "TEST_AZURE"
SCOPE: Final = "providers/Microsoft.Billing/billingAccounts/1234567"
_COLUMNS: Final = {"Cost": "Number", "BillingMonth": "Datetime", "InvoiceNumber": "String", "Currency": "String"}
_EVERY_FAULT: Final[frozenset[Fault]] = frozenset(
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


@dataclass(slots=True, kw_only=True)
class AzureVendor:
    """Implements ``tests.collect.vendor.Vendor`` on a container of its own, in one of the two billing formats."""

    azurite: AzuritePeer
    arm: ArmServer
    proxy: FaultProxy
    is_amortized: bool = False
    always_through_proxy: bool = False
    name: str = "azure"
    faults: frozenset[Fault] = _EVERY_FAULT
    currencies: int = 3
    shows_empty: bool = True
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    folder: ExportFolder = field(init=False)
    connection: AzureExport = field(init=False)
    _service: BlobServiceClient = field(init=False)
    pauses: list[float] = field(default_factory=list)
    _runs: dict[str, str] = field(default_factory=dict)
    _parts: dict[str, list[tuple[str, bytes, int]]] = field(default_factory=dict)
    _spoilt: list[tuple[str, str, bytes]] = field(default_factory=list)
    _totals: dict[str, tuple[dict[str, Decimal], bool]] = field(default_factory=dict)
    _has_foreign_link: bool = False
    _is_broken: bool = False

    def __post_init__(self) -> None:
        container = f"exports-{uuid.uuid4().hex[:16]}"
        kind = AzureAmortizedExport if self.is_amortized else AzureFocusExport
        self.connection = kind(
            name="azure-bank",
            account_url=f"https://{self.azurite.account_name}.blob.core.windows.net",
            container=container,
            export="focus",
            root_folder="billing",
            scope=SCOPE,
            credentials=f"env:{PREFIX}",
            ca_bundle=str(self.arm.ca_pem),
            endpoints={
                "blob": self.proxy.url,
                "management": self.arm.base_url,
                "login": self.arm.base_url,
                "retail_prices": self.arm.base_url,
            },
        )
        self._service = self.azurite.service()
        client = self._service.create_container(container)
        self.folder = ExportFolder(container=client, kind="AmortizedCost" if self.is_amortized else "FocusCost")
        self.arm.on("POST", QUERY_PATH)(self._answer_query)

    def close(self) -> None:
        """Give back the connection that arranges."""
        self._service.close()

    @property
    def environ(self) -> dict[str, str]:
        """Everything that ``env:TEST_AZURE`` refers to."""
        return {**self.arm.environ, f"{PREFIX}_ACCOUNT_KEY": self.azurite.account_key}

    def open(self) -> Collector:
        """A new collector that does not really pause, with its own quota; past the proxy while nothing is wrong."""
        past_proxy = not (self._is_broken or self.always_through_proxy)
        blob = self.azurite.account_url if past_proxy else self.proxy.url
        return open_collector(
            replace(self.connection, endpoints={**self.connection.endpoints, "blob": blob}),
            environ=self.environ,
            sleep=self.pauses.append,
            now=lambda: self.now,
            quota=QueryQuota(),
        )

    def deliver(self, period: str, rows: Sequence[BilledRow], *, run: str, create_new: bool = False) -> None:
        """A run in a folder of its own; without ``create_new`` the run before is deleted afterwards."""
        names = dict.fromkeys(name for row in rows for name in row.extra or {})
        native = [self._native(period, row) for row in rows]
        header = [*dict.fromkeys(name for row in native for name in row if name not in names), *names]
        parts = [("part_0_0001.csv", csv_bytes(native, header), len(native))] if native else []
        self._publish(period, parts, run=run, create_new=create_new)

    def deliver_empty(self, period: str, *, run: str) -> None:
        """A manifest that names no blob and says that there is no row."""
        self._publish(period, [], run=run, create_new=False)

    def break_next(self, fault: Fault, period: str, *, variant: int = 0) -> None:
        """Faults of the wire end by themselves after a few requests; the others stand until ``mend``."""
        self._is_broken = True
        match fault:
            case "throttled":
                header = ("Retry-After", *THROTTLE_HEADERS)[variant % (1 + len(THROTTLE_HEADERS))]
                self.arm.fail_next(429, {header: "7"}, code="TooManyRequests")
                self.proxy.fail_next(429 if variant % 2 else 503, {"Retry-After": "7"}, on="GET")
            case "server_error":
                self.proxy.fail_next(503, times=2 if variant % 2 else ALWAYS, on="GET")
            case "cut_body":
                self.proxy.cut_next(after_bytes=10, times=ALWAYS, on="/part_")
            case "expired_token":
                self.arm.expire_tokens()
                self.proxy.fail_next(401, times=ALWAYS, on="GET")
            case "denied":
                headers = {"x-ms-error-code": "AuthorizationPermissionMismatch"}
                self.proxy.fail_next(403, headers, times=ALWAYS, on="GET")
            case "foreign_next_link":
                self._has_foreign_link = True
            case "clock_skew":
                self.folder.ahead = timedelta(hours=1)
            case _:
                self._spoil(fault, period, variant)

    def mend(self) -> None:
        """Everything as it was; what lies in the container is whole again."""
        self.proxy.reset()
        self._is_broken = False
        self._has_foreign_link = False
        self.folder.ahead = timedelta(0)
        for period, name, content in reversed(self._spoilt):
            if content:
                self.folder.container.upload_blob(name, content, overwrite=True)
            else:
                self.folder.container.delete_blob(name)
            if period in self._runs and not name.endswith("manifest.json"):
                self._write_manifest(period)
        self._spoilt.clear()

    def state_total(self, period: str, costs: Mapping[str, Decimal], *, final: bool) -> None:
        """What the query API says: a month is final once its charges stand on an invoice."""
        self._totals[period] = (dict(costs), final)

    def _native(self, period: str, row: BilledRow) -> dict[str, str]:
        cost, extra = format(row.cost, "f"), dict(row.extra or {})
        resource = f"{LAKE.rpartition('/')[0]}/{row.thing}"
        if self.is_amortized:
            cells = {"ChargeType": row.category, "BillingCurrencyCode": row.currency, "ResourceId": resource, **extra}
            return enterprise_row(period, cost, row.day, **cells)
        cells = {"ChargeCategory": row.category, "BillingCurrency": row.currency, "ResourceId": resource, **extra}
        return focus_row(period, cost, row.day, **cells)

    def _publish(self, period: str, parts: list[tuple[str, bytes, int]], *, run: str, create_new: bool) -> None:
        before = self._runs.get(period)
        self._runs[period] = self.folder.run(period, parts, run_id=run, timestamped=create_new)
        self._parts[period] = parts
        if before is not None and not create_new and before != self._runs[period]:
            self.folder.delete(before)

    def _write_manifest(self, period: str) -> None:
        folder = self._runs[period]
        self.folder.write_manifest(folder, self.folder.manifest(period, folder, self._parts[period]))

    def _spoil(self, fault: Fault, period: str, variant: int) -> None:
        folder, parts = self._runs[period], self._parts[period]
        manifest = f"{folder}manifest.json"
        whole = self.folder.container.download_blob(manifest).readall()
        if fault == "unreadable_manifest":
            self._replace(period, manifest, (whole[: len(whole) // 2], b"[]", b"\xff\xfe")[variant % 3], whole)
        elif fault == "duplicate_manifest":
            older = json.loads(whole)
            older["runInfo"]["submittedTime"] = "2024-01-01T00:00:00.0000000Z"
            name = f"{folder.rstrip('/').upper() if variant % 2 else folder + 'again'}/manifest.json"
            if not name.startswith(self.folder.base_path):
                name = f"{self.folder.base_path}{folder.rstrip('/').rpartition('/')[2].upper()}/manifest.json"
            self._replace(period, name, json.dumps(older).encode(), b"")
        elif fault == "torn" and parts:
            name, content, _ = parts[0]
            self._replace(period, f"{folder}{name}", content + b"\r\n", content)
        elif fault in ("truncated_file", "gzip_bomb"):
            self._replace_by_broken(fault, period, variant)

    def _replace_by_broken(self, fault: Fault, period: str, variant: int) -> None:
        """The period's data as a file that is broken, delivered as if whole, in a run of its own."""
        broken = bomb(period) if fault == "gzip_bomb" else _truncated(self._parts[period], period, variant)
        folder = self.folder.run(period, [broken], run_id=f"broken-{uuid.uuid4().hex}", compression="gzip")
        for name in (f"{folder}{broken[0]}", f"{folder}manifest.json"):
            self._spoilt.append(("", name, b""))

    def _replace(self, period: str, name: str, content: bytes, before: bytes) -> None:
        self.folder.container.upload_blob(name, content, overwrite=True)
        self._spoilt.append((period, name, before))

    def _answer_query(self, request: ArmRequest) -> Mapping[str, Any]:
        rows = [
            [float(cost), f"{period}-01T00:00:00", f"G{period}" if final else "", currency]
            for period, (costs, final) in sorted(self._totals.items())
            for currency, cost in sorted(costs.items())
            if request.body["timePeriod"]["from"][:7] <= period <= request.body["timePeriod"]["to"][:7]
        ]
        foreign = "https://elsewhere.example/query?$skiptoken=1" if self._has_foreign_link else None
        return usage_page(_COLUMNS, rows, foreign)


def _truncated(parts: Sequence[tuple[str, bytes, int]], period: str, variant: int) -> tuple[str, bytes, int]:
    content, rows = (parts[0][1], parts[0][2]) if parts else (csv_bytes([focus_row(period, "1")]), 1)
    if variant % 2:
        sink = io.BytesIO()
        pq.write_table(pa.table({"BilledCost": [Decimal("1.5")] * 1000}), sink)
        whole, name = sink.getvalue(), "part_0_0001.snappy.parquet"
    else:
        whole, name = gzip_bytes(content), "part_0_0001.csv.gz"
    return name, whole[: len(whole) // 2], rows


@contextmanager
def azure_vendor(
    azurite: AzuritePeer, arm: ArmServer, *, is_amortized: bool = False, always_through_proxy: bool = False
) -> Iterator[AzureVendor]:
    """A vendor on a container that no other test uses; one at a time, for it answers every query of ``arm``."""
    arm.reset()
    with FaultProxy(azurite.account_url) as proxy:
        vendor = AzureVendor(
            azurite=azurite,
            arm=arm,
            proxy=proxy,
            is_amortized=is_amortized,
            always_through_proxy=always_through_proxy,
        )
        try:
            yield vendor
        finally:
            vendor.close()


__all__ = ["WAIVED", "AzureVendor", "azure_vendor", "month_days"]

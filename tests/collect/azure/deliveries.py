"""What Cost Management writes into a container: native rows, parts and manifests, in both billing formats."""

from __future__ import annotations

import csv
import gzip
import io
import json
import uuid
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from azure.storage.blob import ContainerClient

SUBSCRIPTION: Final = "00000000-0000-4000-8000-000000000001"
ACCOUNT: Final = "/providers/Microsoft.Billing/billingAccounts/1234567"
LAKE: Final = f"/subscriptions/{SUBSCRIPTION}/resourcegroups/rg/providers/microsoft.storage/storageaccounts/lake"
Row = Mapping[str, str]


def month_days(period: str) -> tuple[str, str, str]:
    """First and last day of a month and the first of the next, as ``YYYY-MM-DD``."""
    first = datetime.fromisoformat(f"{period}-01")
    following = (first + timedelta(days=32)).replace(day=1)
    return f"{first:%Y-%m-%d}", f"{following - timedelta(days=1):%Y-%m-%d}", f"{following:%Y-%m-%d}"


def focus_row(period: str, cost: str, day: int = 2, /, **cells: str) -> dict[str, str]:
    """A row of the FOCUS 1.0 export: standing data in the lake, costing ``cost``. Times without seconds, as 1.0 has."""
    first, _, following = month_days(period)
    row = {
        "BilledCost": cost,
        "BillingAccountId": ACCOUNT,
        "BillingAccountName": "Bank",
        "BillingAccountType": "Billing Account",
        "BillingCurrency": "USD",
        "BillingPeriodEnd": f"{following}T00:00Z",
        "BillingPeriodStart": f"{first}T00:00Z",
        "ChargeCategory": "Usage",
        "ChargeClass": "",
        "ChargeDescription": "Tiered Block Blob - Hot LRS - US East",
        "ChargeFrequency": "Usage-Based",
        "ChargePeriodEnd": f"{datetime.fromisoformat(f'{period}-{day:02d}') + timedelta(days=1):%Y-%m-%d}T00:00Z",
        "ChargePeriodStart": f"{period}-{day:02d}T00:00Z",
        "CommitmentDiscountCategory": "",
        "CommitmentDiscountId": "",
        "CommitmentDiscountName": "",
        "CommitmentDiscountStatus": "",
        "CommitmentDiscountType": "",
        "ConsumedQuantity": "1",
        "ConsumedUnit": "1 GB/Month",
        "ContractedCost": cost,
        "ContractedUnitPrice": "",
        "EffectiveCost": cost,
        "InvoiceIssuerName": "Microsoft",
        "ListCost": cost,
        "ListUnitPrice": "",
        "PricingCategory": "Standard",
        "PricingQuantity": "1",
        "PricingUnit": "1 GB/Month",
        "ProviderName": "Microsoft",
        "PublisherName": "Microsoft",
        "RegionId": "eastus",
        "RegionName": "East US",
        "ResourceId": LAKE,
        "ResourceName": "lake",
        "ResourceType": "Storage account",
        "ServiceCategory": "Storage",
        "ServiceName": "Storage Accounts",
        "SkuId": "DZH318Z0BNZN",
        "SkuPriceId": "DZH318Z0BNZN_003V_TRMBP24Q",
        "SubAccountId": f"/subscriptions/{SUBSCRIPTION}",
        "SubAccountName": "Production",
        "SubAccountType": "Subscription",
        "Tags": '{"team": "data"}',
        "x_SkuMeterName": "Hot LRS Data Stored",
        "x_PricingCurrency": "USD",
        "x_InvoiceId": "G012345678",
    }
    return {**row, **cells}


def enterprise_row(period: str, cost: str, day: int = 2, /, **cells: str) -> dict[str, str]:
    """A row of the amortised export of an Enterprise Agreement."""
    first, last, _ = (f"{day[5:7]}/{day[8:]}/{day[:4]}" for day in month_days(period))
    row = {
        "SubscriptionId": SUBSCRIPTION,
        "SubscriptionName": "Production",
        "ResourceGroup": "rg",
        "ResourceLocation": "US East",
        "Date": f"{period[5:]}/{day:02d}/{period[:4]}",
        "ProductName": "Tiered Block Blob - Hot LRS - US East",
        "MeterCategory": "Storage",
        "MeterSubCategory": "Tiered Block Blob",
        "MeterId": "d23a5753-ff85-4ddf-af28-8cc5cf2d3882",
        "MeterName": "Hot LRS Data Stored",
        "UnitOfMeasure": "1 GB/Month",
        "Quantity": "10",
        "EffectivePrice": "0.0184",
        "CostInBillingCurrency": cost,
        "CostCenter": "",
        "ConsumedService": "Microsoft.Storage",
        "ResourceId": LAKE,
        "Tags": '"team": "data"',
        "AdditionalInfo": "",
        "ResourceName": "lake",
        "ReservationId": "",
        "ReservationName": "",
        "PublisherType": "Azure",
        "ChargeType": "Usage",
        "Frequency": "UsageBased",
        "PricingModel": "OnDemand",
        "BillingAccountId": "1234567",
        "BillingAccountName": "Bank",
        "BillingCurrencyCode": "USD",
        "BillingPeriodStartDate": first,
        "BillingPeriodEndDate": last,
        "ServiceFamily": "Storage",
        "PartNumber": "AAD-31337",
        "benefitId": "",
        "benefitName": "",
    }
    return {**row, **cells}


_CUSTOMER_NAMES: Final = {
    "SubscriptionId": "SubscriptionId",
    "BillingCurrencyCode": "billingCurrency",
    "ProductName": "product",
    "ResourceGroup": "resourceGroupName",
}


def customer_row(period: str, cost: str, day: int = 2, /, **cells: str) -> dict[str, str]:
    """The same row as an export of a Customer Agreement spells it; ``cells`` in its spelling too."""
    enterprise = enterprise_row(period, cost, day)
    row = {_CUSTOMER_NAMES.get(name, name[0].lower() + name[1:]): cell for name, cell in enterprise.items()}
    row |= {
        "invoiceId": "G012345678",
        "pricingCurrency": "USD",
        "costInPricingCurrency": cost,
        "paygCostInBillingCurrency": cost,
        "productId": "DZH318Z0BNZN",
        "resourceLocation": "eastus",
    }
    return {**row, **cells}


def csv_bytes(rows: Sequence[Row], header: Sequence[str] | None = None) -> bytes:
    """CSV as Azure writes it: a byte-order mark, every part with its header."""
    names = list(header or dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=names, restval="", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def gzip_bytes(content: bytes) -> bytes:
    """The same in gzip, without a time in it."""
    return gzip.compress(content, mtime=0)


@cache
def bomb(period: str) -> tuple[str, bytes, int]:
    """A part of 300 MB in 300 kB: name, content and rows."""
    rows = 300
    header, _, row = csv_bytes([focus_row(period, "0.000000001", Tags="0" * 1_000_000)]).partition(b"\r\n")
    packer = zlib.compressobj(6, wbits=31)
    return "part_0_0001.csv.gz", packer.compress(header + b"\r\n" + row * rows) + packer.flush(), rows


@dataclass(slots=True, kw_only=True)
class ExportFolder:
    """The folder of an export, written as Cost Management writes it.

    ``submitted_at`` moves on by a second with each run; ``ahead`` is by how much the vendor's clock is.
    """

    container: ContainerClient
    base_path: str = "billing/focus/"
    kind: str = "FocusCost"
    ahead: timedelta = timedelta(0)
    _latest_at: datetime = field(default_factory=lambda: datetime(2024, 1, 1, tzinfo=UTC))

    def run(
        self,
        period: str,
        parts: Sequence[tuple[str, bytes, int]],
        *,
        run_id: str | None = None,
        timestamped: bool = False,
        manifest_name: str = "manifest.json",
        **overrides: Any,
    ) -> str:
        """Deliver a run: ``parts`` are name, content and rows; returns the run's folder. Overrides as ``manifest``."""
        folder = self.folder(period, run_id or str(uuid.uuid4()), timestamped=timestamped)
        for name, content, _ in parts:
            self.container.upload_blob(f"{folder}{name}", content, overwrite=True)
        self.write_manifest(folder, self.manifest(period, folder, parts, **overrides), name=manifest_name)
        return folder

    def folder(self, period: str, run_id: str, *, timestamped: bool = False) -> str:
        """Where a run writes, with a slash at its end."""
        first, last, _ = (day.replace("-", "") for day in month_days(period))
        stamp = f"{self._latest_at:%Y%m%d%H%M}/" if timestamped else ""
        return f"{self.base_path}{first}-{last}/{stamp}{run_id}/"

    def manifest(
        self,
        period: str,
        folder: str,
        parts: Sequence[tuple[str, bytes, int]],
        *,
        submitted_at: datetime | None = None,
        starts: str | None = None,
        ends: str | None = None,
        compression: str = "None",
    ) -> dict[str, Any]:
        """A manifest of version 2024-04-01 in the documented shape, its mixture of zones included."""
        first, last, _ = month_days(period)
        self._latest_at = max(self._latest_at + timedelta(seconds=1), datetime.now(UTC) + self.ahead)
        at = submitted_at or self._latest_at
        return {
            "manifestVersion": "2024-04-01",
            "byteCount": sum(len(content) for _, content, _ in parts),
            "blobCount": len(parts),
            "dataRowCount": sum(rows for _, _, rows in parts),
            "exportConfig": {
                "exportName": "focus",
                "type": self.kind,
                "dataVersion": "1.0",
                "timeFrame": "MonthToDate",
            },
            "deliveryConfig": {"partitionData": True, "fileFormat": "Csv", "compressionMode": compression},
            "runInfo": {
                "executionType": "Scheduled",
                "submittedTime": f"{at:%Y-%m-%dT%H:%M:%S.%f}7Z",
                "runId": folder.rstrip("/").rpartition("/")[2],
                "startDate": f"{starts or first}T00:00:00",
                "endDate": f"{ends or last}T00:00:00Z",
            },
            "blobs": [
                {"blobName": f"{folder}{name}", "byteCount": len(content), "dataRowCount": rows}
                for name, content, rows in parts
            ],
        }

    def write_manifest(self, folder: str, manifest: Mapping[str, Any], *, name: str = "manifest.json") -> None:
        """Write it last, as the vendor does."""
        self.container.upload_blob(f"{folder}{name}", json.dumps(manifest).encode(), overwrite=True)

    def delete(self, folder: str) -> None:
        """Delete everything that a run wrote."""
        for blob in self.container.list_blobs(name_starts_with=folder):
            self.container.delete_blob(blob.name)

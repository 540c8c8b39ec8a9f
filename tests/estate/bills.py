"""Small bills and inventories written by hand, taken in through the real store."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd

from collectors.focus import ingest_files
from collectors.focus.write import write_focus
from collectors.inventory import (
    BandRow,
    DatasetRow,
    Inventory,
    LineageRow,
    ResourceRow,
    WorkloadRow,
)
from collectors.store import IngestStore

INGESTED_AT = datetime(2026, 11, 1, 6, tzinfo=UTC)
AS_OF_ON = date(2026, 11, 1)
MONTHS = ("2026-08", "2026-09", "2026-10")
S3, EC2 = "Amazon Simple Storage Service", "Amazon Elastic Compute Cloud"


def month_bounds(month: str) -> tuple[datetime, datetime]:
    """First moment of a month and of the next."""
    start = datetime.strptime(month, "%Y-%m").replace(tzinfo=UTC)
    following = start.replace(year=start.year + start.month // 12, month=start.month % 12 + 1)
    return start, following


def charge(resource_id: str | None, meter: str, cost: str | Decimal, **other: Any) -> dict[str, Any]:
    """One row of a bill under FOCUS 1.4 names; ``other`` overrides any column, ``month`` sets all four times."""
    starts_at, ends_at = month_bounds(other.pop("month", MONTHS[0]))
    amount = Decimal(cost)
    return {
        "BilledCost": amount,
        "BillingAccountId": "payer-1",
        "BillingAccountName": "Payer",
        "BillingCurrency": "USD",
        "BillingPeriodEnd": ends_at,
        "BillingPeriodStart": starts_at,
        "ChargeCategory": "Usage",
        "ChargeClass": None,
        "ChargeDescription": meter,
        "ChargeFrequency": "Usage-Based",
        "ChargePeriodEnd": ends_at,
        "ChargePeriodStart": starts_at,
        "CommitmentDiscountCategory": None,
        "CommitmentDiscountId": None,
        "CommitmentDiscountStatus": None,
        "ContractedCost": amount,
        "EffectiveCost": amount,
        "HostProviderName": "AWS",
        "InvoiceIssuerName": "AWS",
        "ListCost": amount,
        "PricingQuantity": Decimal(1),
        "PricingUnit": "Hours",
        "RegionId": "us-east-1",
        "ResourceId": resource_id,
        "ServiceCategory": "Compute",
        "ServiceName": EC2,
        "ServiceProviderName": "AWS",
        "SkuMeter": meter,
        "SubAccountId": "account-1",
        **other,
    }


def stored(folder: Path, charges: list[dict[str, Any]], *, version: str = "1.4") -> IngestStore:
    """A store that holds the charges, ingested from one Parquet file; all of them must be accepted."""
    store = IngestStore.open(folder / "store")
    path = folder / "bill.parquet"
    write_focus(pd.DataFrame(charges), path, version=version)
    report = ingest_files(store, [path], source=None, ingested_at=INGESTED_AT)
    assert report.rejected_rows == 0
    return store


def workload(name: str, **other: Any) -> WorkloadRow:
    """A small virtual machine on AWS."""
    facts: dict[str, Any] = {
        "workload_id": name,
        "name": name,
        "role": "virtual_machine",
        "place": "aws:us-east-1",
        "service": "aws_ec2",
        "sku": "m5.xlarge",
        "purchase": "on_demand",
        "business_unit": "risk",
        "environment": "production",
        "data_class": "internal",
        "jurisdiction": "US",
        "owner": "team-a",
        "vcpu_hours": 1460.0,
        "memory_gib": 8.0,
        "peak_vcpu": 2.0,
        "running_hours": 730.0,
        "instances": 1,
        "scanned_gb": 0.0,
        "interruptible": False,
        "migration_labour_hours": 16.0,
    }
    return WorkloadRow(**{**facts, **other})


def dataset(name: str, **other: Any) -> DatasetRow:
    """A dataset in S3."""
    facts: dict[str, Any] = {
        "dataset_id": name,
        "name": name,
        "place": "aws:us-east-1",
        "service": "aws_s3",
        "business_unit": "risk",
        "environment": "production",
        "data_class": "internal",
        "jurisdiction": "US",
        "owner": "team-a",
        "content_hash": f"hash-of-{name}",
        "replica_of": None,
        "written_gb_per_month": 10.0,
        "put_requests_per_month": 1000.0,
    }
    return DatasetRow(**{**facts, **other})


def band(name: str, **other: Any) -> BandRow:
    """All of a dataset in the standard tier."""
    facts: dict[str, Any] = {
        "dataset_id": name,
        "tier": "standard",
        "min_age_days": 0,
        "max_age_days": None,
        "stored_gb": 100.0,
        "object_count": 1000.0,
        "retrieved_gb_per_month": 5.0,
        "get_requests_per_month": 100.0,
    }
    return BandRow(**{**facts, **other})


def reads(workload_id: str, dataset_id: str, gb_per_month: float = 50.0, **other: Any) -> LineageRow:
    """A workload reads a dataset."""
    facts: dict[str, Any] = {"direction": "read", "max_rtt_ms": None, **other}
    return LineageRow(workload_id=workload_id, dataset_id=dataset_id, gb_per_month=gb_per_month, **facts)


def inventory(**tables: Any) -> Inventory:
    """An inventory with the given tables and nothing else; ``resources`` may be a mapping resource -> thing."""
    names = Inventory.__dataclass_fields__
    rows = {name: tuple(tables.get(name, ())) for name in names if name != "resources"}
    resources = tables.get("resources", {})
    owners = tuple(ResourceRow(resource_id=name, belongs_to=thing) for name, thing in resources.items())
    return Inventory(resources=owners, **rows)

"""Bills for tests: a plain row to change, and writers that put exactly the given text into a file."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from collectors.focus import columns_of

NOW = datetime(2025, 3, 4, 5, 6, tzinfo=UTC)
Cells = Mapping[str, str | None]

PLAIN_ROW = {
    "AvailabilityZone": "us-east-1a",
    "BilledCost": "1.25",
    "BillingAccountId": "111122223333",
    "BillingAccountName": "Acme",
    "BillingAccountType": "Payer",
    "BillingCurrency": "USD",
    "BillingPeriodEnd": "2025-02-01T00:00:00Z",
    "BillingPeriodStart": "2025-01-01T00:00:00Z",
    "ChargeCategory": "Usage",
    "ChargeDescription": "an hour of a machine",
    "ChargeFrequency": "Usage-Based",
    "ChargePeriodEnd": "2025-01-02T01:00:00Z",
    "ChargePeriodStart": "2025-01-02T00:00:00Z",
    "ContractedCost": "1.25",
    "ContractedUnitPrice": "0.125",
    "EffectiveCost": "1.25",
    "HostProviderName": "AWS",
    "InvoiceIssuerName": "Amazon Web Services, Inc.",
    "ListCost": "1.25",
    "ListUnitPrice": "0.125",
    "PricingCategory": "Standard",
    "PricingCurrency": "USD",
    "PricingCurrencyEffectiveCost": "1.25",
    "PricingQuantity": "10",
    "PricingUnit": "Hours",
    "ProviderName": "AWS",
    "PublisherName": "AWS",
    "RegionId": "us-east-1",
    "RegionName": "US East (N. Virginia)",
    "ResourceId": "arn:aws:ec2:us-east-1:111122223333:instance/i-1",
    "ServiceCategory": "Compute",
    "ServiceName": "Amazon Elastic Compute Cloud",
    "ServiceProviderName": "AWS",
    "ServiceSubcategory": "Virtual Machines",
    "SubAccountId": "444455556666",
    "Tags": '{"team": "payments"}',
}


def row(**changes: str | None) -> dict[str, str | None]:
    """A row with nothing odd about it, apart from ``changes``."""
    return {**PLAIN_ROW, **changes}


def csv_text(rows: Sequence[Cells], *, version: str = "1.2", columns: Sequence[str] | None = None) -> str:
    """CSV text of the rows, cell by cell as given; None is an empty cell."""
    names = list(columns if columns is not None else columns_of(version))
    names += sorted({name for each in rows for name in each if name.startswith("x_")} - set(names))
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([[each.get(name) or "" for name in names] for each in rows])
    return stream.getvalue()


def write_bill(
    path: Path, rows: Sequence[Cells], *, version: str = "1.2", columns: Sequence[str] | None = None
) -> Path:
    """A bill in the format of the path's suffix; Parquet columns are text."""
    text = csv_text(rows, version=version, columns=columns)
    if path.name.endswith(".csv"):
        path.write_text(text, encoding="utf-8")
    elif path.name.endswith(".csv.gz"):
        path.write_bytes(gzip.compress(text.encode()))
    else:
        parsed = list(csv.reader(io.StringIO(text)))
        cells = list(zip(*parsed[1:], strict=True)) if parsed[1:] else [()] * len(parsed[0])
        table = {
            name: pa.array([cell or None for cell in column], pa.string())
            for name, column in zip(parsed[0], cells, strict=True)
        }
        pq.write_table(pa.table(table), path)
    return path


def sum_of(rows: Sequence[Cells], column: str = "BilledCost") -> Decimal:
    """The sum of a column's cells, all of which are numbers."""
    return sum((Decimal(each[column] or "0") for each in rows), Decimal(0))

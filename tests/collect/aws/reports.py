"""Rows and files of Cost and Usage Reports, in the spelling of CUR 2.0 and of the legacy report."""

from __future__ import annotations

import csv
import gzip
import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tests.collect.aws.bucket import ACCOUNT, month_after

Cells = Mapping[str, str]

PLAIN: dict[str, str] = {
    "identity_line_item_id": "id-1",
    "bill_invoice_id": "",
    "bill_billing_entity": "AWS",
    "bill_payer_account_id": ACCOUNT,
    "line_item_usage_account_id": "210987654321",
    "line_item_line_item_type": "Usage",
    "line_item_product_code": "AmazonS3",
    "line_item_usage_type": "EUW1-TimedStorage-ByteHrs",
    "line_item_operation": "StandardStorage",
    "line_item_availability_zone": "",
    "line_item_resource_id": "lake",
    "line_item_usage_amount": "10",
    "line_item_currency_code": "USD",
    "line_item_unblended_rate": "0.023",
    "line_item_unblended_cost": "0.23",
    "line_item_line_item_description": "$0.023 per GB - first 50 TB",
    "pricing_unit": "GB-Mo",
    "pricing_public_on_demand_rate": "0.023",
    "pricing_public_on_demand_cost": "0.23",
    "pricing_rate_code": "SKU1.TERM.DIM",
    "product_product_name": "Amazon Simple Storage Service",
    "product_region_code": "eu-west-1",
    "product_sku": "SKU1",
    "product_servicecode": "AmazonS3",
    "reservation_reservation_a_r_n": "",
    "reservation_effective_cost": "",
    "reservation_unused_amortized_upfront_fee_for_billing_period": "",
    "reservation_unused_recurring_fee": "",
    "savings_plan_savings_plan_a_r_n": "",
    "savings_plan_savings_plan_effective_cost": "",
    "savings_plan_offering_type": "",
    "savings_plan_total_commitment_to_date": "",
    "savings_plan_used_commitment": "",
}
_LEGACY = {"bill": "bill", "line_item": "lineItem", "pricing": "pricing", "product": "product", "identity": "identity"}
_LEGACY |= {"reservation": "reservation", "savings_plan": "savingsPlan"}


def report_row(period: str = "2026-01", *, day: int = 2, **changes: str) -> dict[str, str]:
    """A line of CUR 2.0: a day of storage, but for the changes."""
    return {
        "bill_billing_period_start_date": f"{period}-01T00:00:00.000Z",
        "bill_billing_period_end_date": f"{month_after(period)}-01T00:00:00.000Z",
        "line_item_usage_start_date": f"{period}-{day:02d}T00:00:00.000Z",
        "line_item_usage_end_date": f"{period}-{day:02d}T01:00:00.000Z",
        **PLAIN,
        **changes,
    }


def legacy_row(cells: Cells) -> dict[str, str]:
    """The same line as the legacy report spells it."""
    return {legacy_name(name): value.replace(".000Z", "Z") for name, value in cells.items()}


def legacy_name(name: str) -> str:
    """``lineItem/UnblendedCost`` for ``line_item_unblended_cost``."""
    for prefix, category in _LEGACY.items():
        if name.startswith(f"{prefix}_"):
            rest = "".join(word.capitalize() for word in name.removeprefix(f"{prefix}_").split("_"))
            own = rest[0].lower() + rest[1:] if category in ("product", "pricing") and rest != "ProductName" else rest
            return f"{category}/{own}"
    return name if "/" in name or not re.match("x_|new", name, re.IGNORECASE) else f"lineItem/{name}"


def csv_text(rows: Sequence[Cells]) -> str:
    """Rows as CSV; columns are those of the first row."""
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def csv_gz(rows: Sequence[Cells]) -> bytes:
    """A ``.csv.gz`` file."""
    return gzip.compress(csv_text(rows).encode(), mtime=0)


def csv_zip(rows: Sequence[Cells], name: str = "daily-1.csv") -> bytes:
    """A ``.csv.zip`` file."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, csv_text(rows))
    return out.getvalue()


def parquet(rows: Sequence[Mapping[str, Any]], **types: pa.DataType) -> bytes:
    """A Parquet file; columns are text unless ``types`` says otherwise."""
    columns = {name: pa.array([row[name] for row in rows], types.get(name, pa.string())) for name in rows[0]}
    out = io.BytesIO()
    pq.write_table(pa.table(columns), out)
    return out.getvalue()

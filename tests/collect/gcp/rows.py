"""Rows of Google's exports, as nested values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

ACCOUNT = "01AAAA-BBBBBB-CCCCCC"
BUCKET_ID = "//storage.googleapis.com/projects/_/buckets/{}"
_MONEY = pa.decimal128(38, 9)
_AT = pa.timestamp("us", tz="UTC")
_PAIRS = pa.list_(pa.struct([("key", pa.string()), ("value", pa.string())]))
_CREDITS = pa.list_(pa.struct([(n, pa.string()) for n in ("name", "full_name", "id", "type")] + [("amount", _MONEY)]))

DETAILED_SCHEMA = pa.schema(
    [
        ("billing_account_id", pa.string()),
        ("service", pa.struct([("id", pa.string()), ("description", pa.string())])),
        ("sku", pa.struct([("id", pa.string()), ("description", pa.string())])),
        ("usage_start_time", _AT),
        ("usage_end_time", _AT),
        (
            "project",
            pa.struct([("id", pa.string()), ("number", pa.string()), ("name", pa.string()), ("labels", _PAIRS)]),
        ),
        ("labels", _PAIRS),
        ("system_labels", _PAIRS),
        ("location", pa.struct([(n, pa.string()) for n in ("location", "country", "region", "zone")])),
        (
            "tags",
            pa.list_(
                pa.struct(
                    [
                        ("key", pa.string()),
                        ("value", pa.string()),
                        ("inherited", pa.bool_()),
                        ("namespace", pa.string()),
                    ]
                )
            ),
        ),
        ("transaction_type", pa.string()),
        ("seller_name", pa.string()),
        ("export_time", _AT),
        ("cost", _MONEY),
        ("currency", pa.string()),
        ("currency_conversion_rate", pa.float64()),
        (
            "usage",
            pa.struct(
                [
                    ("amount", pa.float64()),
                    ("unit", pa.string()),
                    ("amount_in_pricing_units", pa.float64()),
                    ("pricing_unit", pa.string()),
                ]
            ),
        ),
        ("credits", _CREDITS),
        ("invoice", pa.struct([("month", pa.string()), ("publisher_type", pa.string())])),
        ("cost_type", pa.string()),
        ("adjustment_info", pa.struct([(n, pa.string()) for n in ("id", "description", "mode", "type")])),
        ("cost_at_list", pa.float64()),
        ("resource", pa.struct([("name", pa.string()), ("global_name", pa.string())])),
        (
            "price",
            pa.struct(
                [
                    ("effective_price", _MONEY),
                    ("tier_start_amount", _MONEY),
                    ("unit", pa.string()),
                    ("pricing_unit_quantity", _MONEY),
                ]
            ),
        ),
        ("subscription", pa.struct([("instance_id", pa.string())])),
        ("consumption_model", pa.struct([("id", pa.string()), ("description", pa.string())])),
    ]
)
"""The detailed usage cost export, costs as NUMERIC."""


def credit(amount: str, kind: str, name: str = "") -> dict[str, Any]:
    """A credit; amounts are negative."""
    return {
        "name": name or kind.title(),
        "full_name": None,
        "id": name or None,
        "type": kind,
        "amount": Decimal(amount),
    }


def detailed_row(cost: str | Decimal, *, month: str = "202506", day: int = 2, **changes: Any) -> dict[str, Any]:
    """An hour of storage of bucket ``lake``, changed at will; ``sku`` and ``service`` may be a description alone."""
    year, number = int(month[:4]), int(month[4:])
    row: dict[str, Any] = {
        "billing_account_id": ACCOUNT,
        "service": {"id": "95FF-2EF5-5EA1", "description": "Cloud Storage"},
        "sku": {"id": "E5F0-6A5D-7BAD", "description": "Standard Storage US Regional"},
        "usage_start_time": datetime(year, number, day, 0, tzinfo=UTC),
        "usage_end_time": datetime(year, number, day, 1, tzinfo=UTC),
        "project": {"id": "shop-prod", "number": "411", "name": "Shop", "labels": []},
        "labels": [],
        "system_labels": [],
        "location": {"location": "us-central1", "country": "US", "region": "us-central1", "zone": None},
        "tags": [],
        "transaction_type": "GOOGLE",
        "seller_name": None,
        "export_time": datetime(year, number, day, 6, tzinfo=UTC),
        "cost": Decimal(cost),
        "currency": "USD",
        "currency_conversion_rate": 1.0,
        "usage": {
            "amount": 7.2e15,
            "unit": "byte-seconds",
            "amount_in_pricing_units": 2.5,
            "pricing_unit": "gibibyte month",
        },
        "credits": [],
        "invoice": {"month": month, "publisher_type": "GOOGLE"},
        "cost_type": "regular",
        "adjustment_info": None,
        "cost_at_list": None,
        "resource": {"name": "lake", "global_name": BUCKET_ID.format("lake")},
        "price": {
            "effective_price": Decimal("0.02"),
            "tier_start_amount": Decimal("5"),
            "unit": "gibibyte month",
            "pricing_unit_quantity": Decimal(1),
        },
        "subscription": None,
        "consumption_model": None,
    }
    for name in ("sku", "service"):
        if isinstance(changes.get(name), str):
            changes[name] = row[name] | {"description": changes[name]}
    return row | changes


def write_native(path: Path, rows: Sequence[Mapping[str, Any]], schema: pa.Schema = DETAILED_SCHEMA) -> Path:
    """A Parquet file of native rows; columns that the schema lacks are texts at its end."""
    known = set(schema.names)
    extra = sorted({name for row in rows for name in row if name not in known})
    for name in extra:
        schema = schema.append(pa.field(name, pa.string()))
    pq.write_table(pa.Table.from_pylist([dict(row) for row in rows], schema=schema), path)
    return path

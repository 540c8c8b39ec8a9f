"""Records of system.billing.usage as FOCUS: rows worked out by hand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.connections.databricks import DatabricksSystemTables
from collectors.databricks.list_prices import ListPrice, index_of, price_at
from collectors.databricks.to_focus import DATABRICKS_USAGE, read_natively, translate
from collectors.databricks.usage_records import cost_of, native_table, region_of
from collectors.errors import InvalidFocusFile
from collectors.estate.classify import ChargeKind, component_of, vendor_of

SKU = "PREMIUM_JOBS_COMPUTE"


def _connection(**changes: Any) -> DatabricksSystemTables:
    settings: dict[str, Any] = {
        "name": "dbx",
        "host": "https://example.cloud.databricks.com",
        "warehouse_id": "w",
        "account_id": "acct-1",
    }
    return DatabricksSystemTables(**{**settings, **changes})


def _price(
    list_price: str, effective: str | None = None, *, sku: str = SKU, start: int = 2024, end: int | None = None
) -> ListPrice:
    return ListPrice(
        sku_name=sku,
        cloud="AWS",
        unit="DBU",
        currency="USD",
        starts_at=datetime(start, 1, 1, tzinfo=UTC),
        ends_at=None if end is None else datetime(end, 1, 1, tzinfo=UTC),
        list_unit_price=Decimal(list_price),
        effective_unit_price=Decimal(effective or list_price),
    )


def _row(**changes: str | None) -> dict[str, str | None]:
    row: dict[str, str | None] = {
        "record_id": "r1",
        "account_id": "acct-1",
        "workspace_id": "42",
        "sku_name": SKU,
        "cloud": "AWS",
        "usage_start_time": "2025-01-02T03:00:00.000Z",
        "usage_end_time": "2025-01-02T04:00:00.000Z",
        "usage_date": "2025-01-02",
        "custom_tags": '{"team": "data"}',
        "usage_unit": "DBU",
        "usage_quantity": "10.500000000000000000",
        "usage_metadata": '{"cluster_id": "c-1", "job_id": "7", "warehouse_id": null}',
        "record_type": "ORIGINAL",
        "ingestion_date": "2025-01-03",
        "billing_origin_product": "JOBS",
        "product_features": '{"is_serverless": false}',
    }
    return {**row, **changes}


def _translated(folder: Path, table: pa.Table) -> list[dict[str, Any]]:
    native, target = folder / "native.parquet", folder / "focus.parquet"
    pq.write_table(table, native)
    with duckdb.connect() as engine:
        translate(native, target, engine)
    rows: list[dict[str, Any]] = pq.read_table(target).to_pylist()
    reading = read_natively(native)
    assert (len(rows), sum(row["BilledCost"] or 0 for row in rows)) == (reading.rows, reading.billed_cost)
    return rows


def _focus(folder: Path, connection: DatabricksSystemTables | None = None, **changes: str | None) -> dict[str, Any]:
    (row,) = _translated(folder, native_table([_row(**changes)], connection or _connection(), [_price("0.40")]))
    return row


def _component(row: Mapping[str, Any]) -> str:
    kind = ChargeKind(
        vendor=vendor_of(row["ServiceProviderName"]),
        service=row["ServiceName"],
        meter=row["SkuMeter"],
        charge_category=row["ChargeCategory"],
        is_commitment=False,
        is_unused=False,
    )
    return component_of(kind)


def test_usage_costs_the_effective_list_price_less_the_discount(tmp_path: Path) -> None:
    # list 0.40, promotion 0.38, discount 8 %: 10.5 x 0.38 x 0.92 = 3.6708; list cost 10.5 x 0.40 = 4.20;
    # contracted unit price 0.38 x 0.92 = 0.3496
    table = native_table([_row()], _connection(discount_ratio="0.08"), [_price("0.40", "0.38")])
    (row,) = _translated(tmp_path, table)
    assert {
        "BilledCost": Decimal("3.6708"),
        "EffectiveCost": Decimal("3.6708"),
        "ContractedCost": Decimal("3.6708"),
        "ContractedUnitPrice": Decimal("0.3496"),
        "ListCost": Decimal("4.2"),
        "ListUnitPrice": Decimal("0.4"),
        "PricingQuantity": Decimal("10.5"),
        "PricingUnit": "DBU",
        "BillingCurrency": "USD",
        "BillingAccountId": "acct-1",
        "SubAccountId": "42",
        "BillingPeriodStart": datetime(2025, 1, 1),
        "BillingPeriodEnd": datetime(2025, 2, 1),
        "ChargePeriodStart": datetime(2025, 1, 2, 3),
        "ChargePeriodEnd": datetime(2025, 1, 2, 4),
        "ChargeCategory": "Usage",
        "ChargeClass": None,
        "ResourceId": "databricks:42/job/7",
        "ResourceType": "Job",
        "HostProviderName": "AWS",
        "ServiceProviderName": "Databricks",
        "InvoiceIssuerName": "Databricks",
        "SkuPriceId": "PREMIUM_JOBS_COMPUTE/AWS/USD/2024-01-01",
        "Tags": '{"team": "data"}',
        "x_VmBilledBy": "aws",
    }.items() <= row.items()
    assert _component(row) == "compute"


def test_a_correction_keeps_all_three_records_and_sums_to_the_restated_cost(tmp_path: Path) -> None:
    # 10.5 x 0.40 = 4.20, retracted: -4.20, restated 9 x 0.40 = 3.60
    rows = [
        _row(),
        _row(record_id="r2", record_type="RETRACTION", usage_quantity="-10.5"),
        _row(record_id="r3", record_type="RESTATEMENT", usage_quantity="9"),
    ]
    found = _translated(tmp_path, native_table(rows, _connection(), [_price("0.40")]))
    assert [(row["BilledCost"], row["ChargeClass"]) for row in found] == [
        (Decimal("4.2"), None),
        (Decimal("-4.2"), "Correction"),
        (Decimal("3.6"), "Correction"),
    ]


def test_a_record_without_a_list_price_has_no_cost_rather_than_none_to_pay(tmp_path: Path) -> None:
    row = _focus(tmp_path, sku_name="NOT_ON_THE_LIST")
    assert (row["BilledCost"], row["ListCost"], row["SkuPriceId"]) == (None, None, None)
    assert row["BillingCurrency"] == "USD", "so that the row is rejected for its cost"


def test_the_price_is_the_one_that_held_when_the_usage_ended() -> None:
    index = index_of([_price("0.40", end=2025), _price("0.44", start=2025)])
    times = [datetime(2024, 12, 31, 23, 59, 59, tzinfo=UTC), datetime(2025, 1, 1, tzinfo=UTC)]
    found = [price_at(index, SKU, "AWS", "DBU", at) for at in times]
    assert [price.list_unit_price for price in found if price is not None] == [Decimal("0.40"), Decimal("0.44")]
    assert price_at(index, SKU, "AWS", "DBU", datetime(2023, 12, 31, tzinfo=UTC)) is None
    assert price_at(index, SKU, "AZURE", "DBU", times[0]) is None


@pytest.mark.parametrize(
    ("metadata", "resource_id"),
    [
        ('{"warehouse_id": "wh1", "cluster_id": null}', "databricks:42/warehouse/wh1"),
        ('{"cluster_id": "c-1", "job_id": null, "notebook_id": null}', "databricks:42/cluster/c-1"),
        ('{"cluster_id": "c-1", "dlt_pipeline_id": "p-1"}', "databricks:42/pipeline/p-1"),
        ('{"endpoint_id": "e-1"}', "databricks:42/endpoint/e-1"),
        ('{"job_id": ""}', None),
        ("{}", None),
        (None, None),
    ],
)
def test_the_resource_is_the_most_telling_id_of_the_metadata(
    tmp_path: Path, metadata: str | None, resource_id: str | None
) -> None:
    assert _focus(tmp_path, usage_metadata=metadata)["ResourceId"] == resource_id


@pytest.mark.parametrize(
    ("changes", "billed_by"),
    [
        ({}, "aws"),
        ({"product_features": '{"is_serverless": true}'}, None),
        ({"sku_name": "PREMIUM_SERVERLESS_SQL_COMPUTE", "product_features": None}, None),
        ({"usage_unit": "GB"}, None),
    ],
)
def test_classic_compute_says_whose_bill_its_machines_stand_on(
    tmp_path: Path, changes: dict[str, str | None], billed_by: str | None
) -> None:
    assert _focus(tmp_path, **changes)["x_VmBilledBy"] == billed_by


@pytest.mark.parametrize(
    ("sku", "product", "category", "component"),
    [
        ("PREMIUM_SERVERLESS_SQL_COMPUTE", "SQL", "Databases", "compute"),
        ("PREMIUM_DLT_CORE_COMPUTE", "DLT", "Analytics", "compute"),
        ("PREMIUM_SERVERLESS_REAL_TIME_INFERENCE", "MODEL_SERVING", "AI and Machine Learning", "compute"),
        ("PREMIUM_INTERNET_EGRESS", "NETWORKING", "Networking", "transfer"),
        ("PREMIUM_DATABRICKS_STORAGE", "DEFAULT_STORAGE", "Storage", "storage"),
        (SKU, None, "Analytics", "compute"),
    ],
)
def test_every_product_is_classified(
    tmp_path: Path, sku: str, product: str | None, category: str, component: str
) -> None:
    row = _focus(tmp_path, sku_name=sku, billing_origin_product=product)
    assert (row["ServiceCategory"], _component(row)) == (category, component)


def test_on_azure_microsoft_issues_the_invoice_and_hosts(tmp_path: Path) -> None:
    row = _focus(tmp_path, cloud="AZURE")
    assert (row["HostProviderName"], row["InvoiceIssuerName"]) == ("Microsoft", "Microsoft")


def test_the_region_is_the_connections_or_the_skus() -> None:
    regional = "PREMIUM_SERVERLESS_SQL_COMPUTE_EUROPE_FRANKFURT"
    assert region_of("42", regional, _connection()) == "eu-central-1"
    assert region_of("42", regional, _connection(workspace_regions={"42": "eu-west-1"})) == "eu-west-1"
    assert region_of("42", SKU, _connection()) is None


def test_a_column_that_the_table_gains_is_kept_and_one_that_it_lacks_is_named(tmp_path: Path) -> None:
    assert _focus(tmp_path, usage_type="COMPUTE_TIME")["x_usage_type"] == "COMPUTE_TIME"
    table = native_table([_row()], _connection(), []).drop_columns(["record_type"])
    pq.write_table(table, tmp_path / "less.parquet")
    with duckdb.connect() as engine, pytest.raises(InvalidFocusFile, match=r"no column record_type"):
        translate(tmp_path / "less.parquet", tmp_path / "out.parquet", engine)


def test_column_names_in_other_letters_are_the_same_columns(tmp_path: Path) -> None:
    table = native_table([_row()], _connection(), [_price("0.40")])
    (row,) = _translated(tmp_path, table.rename_columns([name.upper() for name in table.column_names]))
    assert row["BilledCost"] == Decimal("4.2")


def test_a_file_cut_in_half_is_refused_by_both_readings(tmp_path: Path) -> None:
    pq.write_table(native_table([_row()], _connection(), []), tmp_path / "whole.parquet")
    cut = tmp_path / "cut.parquet"
    content = (tmp_path / "whole.parquet").read_bytes()
    cut.write_bytes(content[: len(content) // 2])
    with pytest.raises(InvalidFocusFile, match=r"not a readable Parquet file"):
        read_natively(cut)
    with duckdb.connect() as engine, pytest.raises(InvalidFocusFile, match=r"not a readable Parquet file"):
        translate(cut, tmp_path / "out.parquet", engine)


def test_the_dialect_reads_parquet_alone() -> None:
    assert (DATABRICKS_USAGE.suffixes, DATABRICKS_USAGE.translate) == ((".parquet",), translate)


@given(
    quantity=st.decimals(min_value=-(10**9), max_value=10**9, places=18, allow_nan=False),
    price=st.decimals(min_value=0, max_value=1000, places=12, allow_nan=False),
    discount=st.decimals(min_value=0, max_value=Decimal("0.99"), places=6, allow_nan=False),
)
def test_a_cost_is_exact_to_half_a_digit_at_twelve_decimals_and_a_retraction_cancels_it(
    quantity: Decimal, price: Decimal, discount: Decimal
) -> None:
    cost = cost_of(quantity, price, discount)
    numerator = quantity.as_integer_ratio()[0] * price.as_integer_ratio()[0] * (1 - discount).as_integer_ratio()[0]
    denominator = quantity.as_integer_ratio()[1] * price.as_integer_ratio()[1] * (1 - discount).as_integer_ratio()[1]
    scaled = int(cost.scaleb(12))
    assert abs(scaled * denominator - numerator * 10**12) * 2 <= denominator
    assert cost + cost_of(-quantity, price, discount) == 0

"""USAGE_IN_CURRENCY_DAILY as FOCUS: rows worked out by hand, and shares that never lose a digit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.errors import InvalidFocusFile
from collectors.estate.classify import ChargeKind, component_of, vendor_of
from collectors.snowflake.allocation import WAREHOUSE_CREDITS, Share, shares_of
from collectors.snowflake.billing import native_table
from collectors.snowflake.regions import region_name
from collectors.snowflake.to_focus import SNOWFLAKE_USAGE, read_natively, translate
from tests.collect.snowflake.account import usage_row

DAY = date(2025, 1, 2)


def _native_row(**changes: object) -> dict[str, object]:
    return usage_row(**{"USAGE_DATE": DAY, **changes})


def _metered(warehouse: str, compute: object, cloud_services: object = 0, kind: str = "Warehouse") -> dict[str, object]:
    return {
        "ORGANIZATION_NAME": "ACME",
        "ACCOUNT_NAME": "PROD",
        "DAY": DAY,
        "KIND": kind,
        "NAME": warehouse,
        "FIRST_WEIGHT": compute,
        "SECOND_WEIGHT": cloud_services,
    }


def _translated(folder: Path, table: pa.Table) -> list[dict[str, Any]]:
    native, target = folder / "native.parquet", folder / "focus.parquet"
    pq.write_table(table, native)
    with duckdb.connect() as engine:
        translate(native, target, engine)
    rows: list[dict[str, Any]] = pq.read_table(target).to_pylist()
    assert sum((row["BilledCost"] for row in rows), Decimal(0)) == read_natively(native).billed_cost
    assert len({row["x_NativeRow"] for row in rows}) == read_natively(native).rows
    return rows


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


def test_compute_is_shared_by_the_credits_of_the_days_warehouses(tmp_path: Path) -> None:
    # 31.50 USD, 4 credits; WH_ETL used 3 of them and WH_BI 1:
    # 31.50 x 3/4 = 23.625 and 31.50 x 1/4 = 7.875; 4 x 3/4 = 3 and 4 x 1/4 = 1
    basis = shares_of([_metered("WH_ETL", 3), _metered("WH_BI", 1)])
    small, large = _translated(tmp_path, native_table([_native_row()], basis))
    assert (small["ResourceId"], small["BilledCost"], small["PricingQuantity"]) == (
        "acme-prod/warehouse/WH_BI",
        Decimal("7.875"),
        Decimal(1),
    )
    assert (large["ResourceId"], large["BilledCost"], large["PricingQuantity"]) == (
        "acme-prod/warehouse/WH_ETL",
        Decimal("23.625"),
        Decimal(3),
    )
    assert {
        "BillingAccountId": "ACME",
        "SubAccountId": "PROD",
        "BillingCurrency": "USD",
        "BillingPeriodStart": datetime(2025, 1, 1),
        "BillingPeriodEnd": datetime(2025, 2, 1),
        "ChargePeriodStart": datetime(2025, 1, 2),
        "ChargePeriodEnd": datetime(2025, 1, 3),
        "ChargeCategory": "Usage",
        "ServiceProviderName": "Snowflake",
        "HostProviderName": "AWS",
        "RegionId": "us-east-1",
        "PricingUnit": "Credits",
        "ResourceType": "Warehouse",
        "AllocatedMethodId": "snowflake_warehouse_credits",
        "AllocatedResourceId": "acme-prod/warehouse/WH_ETL",
        "EffectiveCost": Decimal("23.625"),
        "ListCost": Decimal("23.625"),
        "ContractApplied": '{"contract_number":"C-1","balance_source":"capacity"}',
    }.items() <= large.items()
    assert _component(large) == "compute"


def test_thirds_of_a_cent_are_rounded_but_for_the_last_share(tmp_path: Path) -> None:
    # 0.01 over three equal warehouses: shares 0.333333333333 (twice) and 0.333333333334;
    # 0.01 x 0.333333333333 = 0.00333333333333 -> 0.003333333333 at twelve decimals, twice; the rest: 0.003333333334
    basis = shares_of([_metered(name, 1) for name in ("A", "B", "C")])
    rows = _translated(tmp_path, native_table([_native_row(USAGE_IN_CURRENCY="0.01")], basis))
    assert [row["BilledCost"] for row in rows] == [
        Decimal("0.003333333333"),
        Decimal("0.003333333333"),
        Decimal("0.003333333334"),
    ]


def test_storage_is_shared_by_databases_and_stages(tmp_path: Path) -> None:
    # 8 USD; SALES holds 300 bytes, RAW 75 and the stages 25 of 400: 6.00, 1.50 and 0.50
    basis = shares_of(
        [
            _metered("SALES", 300, kind="Database"),
            _metered("RAW", 75, kind="Database"),
            _metered("", 25, kind="Stage"),
        ]
    )
    bill = _native_row(RATING_TYPE="storage", SERVICE_TYPE="STORAGE", USAGE_TYPE="storage", USAGE_IN_CURRENCY="8")
    rows = _translated(tmp_path, native_table([bill], basis))
    assert [(row["ResourceId"], row["ResourceName"], row["BilledCost"]) for row in rows] == [
        (None, "stages", Decimal("0.5")),
        ("snowflake://acme-prod/RAW", "RAW", Decimal("1.5")),
        ("snowflake://acme-prod/SALES", "SALES", Decimal(6)),
    ]
    assert {_component(row) for row in rows} == {"storage"}


def test_without_metering_a_cost_stays_whole_and_says_why(tmp_path: Path) -> None:
    (unmetered,) = _translated(tmp_path, native_table([_native_row()], shares_of([])))
    (hidden,) = _translated(tmp_path, native_table([_native_row()], None))
    for row in (unmetered, hidden):
        assert (row["ResourceId"], row["BilledCost"], row["AllocatedMethodId"]) == (None, Decimal("31.5"), None)
    assert (unmetered["x_AllocationBasis"], hidden["x_AllocationBasis"]) == (None, "hidden")


@pytest.mark.parametrize(
    ("changes", "category", "component"),
    [
        ({"SERVICE_TYPE": "SNOWPIPE"}, "Usage", "compute"),
        ({"RATING_TYPE": "data_transfer", "SERVICE_TYPE": "DATA_TRANSFER"}, "Usage", "transfer"),
        ({"RATING_TYPE": "other", "SERVICE_TYPE": "LOGGING"}, "Usage", "other"),
        ({"SERVICE_TYPE": "CLOUD_SERVICES", "IS_ADJUSTMENT": True, "USAGE_IN_CURRENCY": "-1"}, "Usage", "compute"),
        ({"SERVICE_TYPE": "SNOWPIPE", "IS_ADJUSTMENT": True, "USAGE_IN_CURRENCY": "-1"}, "Adjustment", "credit"),
        ({"BILLING_TYPE": "support_credit", "USAGE_IN_CURRENCY": "-9.99"}, "Credit", "credit"),
        ({"BILLING_TYPE": "rebate", "BALANCE_SOURCE": "rebate"}, "Credit", "credit"),
        ({"BILLING_TYPE": "priority support", "ACCOUNT_NAME": None, "REGION": None}, "Purchase", "support"),
        ({"BILLING_TYPE": "vps_deployment_fee"}, "Purchase", "marketplace"),
        ({"USAGE_IN_CURRENCY": "0"}, "Usage", "compute"),
    ],
)
def test_every_kind_of_row_is_kept_and_classified(
    tmp_path: Path, changes: dict[str, object], category: str, component: str
) -> None:
    (row,) = _translated(tmp_path, native_table([_native_row(**changes)], {}))
    assert (row["ChargeCategory"], _component(row)) == (category, component)
    assert row["BilledCost"] == Decimal(str(changes.get("USAGE_IN_CURRENCY", "31.50")))


def test_the_free_tenth_of_cloud_services_has_no_negative_quantity(tmp_path: Path) -> None:
    bill = _native_row(SERVICE_TYPE="CLOUD_SERVICES", IS_ADJUSTMENT=True, USAGE="-0.4", USAGE_IN_CURRENCY="-1.2")
    (row,) = _translated(tmp_path, native_table([bill], {}))
    assert (row["PricingQuantity"], row["ConsumedQuantity"], row["x_Usage"]) == (None, None, Decimal("-0.4"))


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("AWS_US_EAST_1", "AWS"),
        ("PUBLIC.AWS_EU_CENTRAL_1", "AWS"),
        ("AZURE_WESTEUROPE", "Microsoft"),
        ("GCP_US_CENTRAL1", "Google Cloud"),
        ("MOON", "Snowflake"),
    ],
)
def test_regions_are_named_as_their_host_names_them(tmp_path: Path, region: str, host: str) -> None:
    (row,) = _translated(tmp_path, native_table([_native_row(REGION=region)], {}))
    assert (row["RegionId"], row["HostProviderName"]) == (region_name(region), host)


def test_a_column_that_the_view_gains_is_kept_and_one_that_it_lacks_is_named(tmp_path: Path) -> None:
    (row,) = _translated(tmp_path, native_table([_native_row(NEW_FACT="yes")], {}))
    assert row["x_NEW_FACT"] == "yes"
    legacy = native_table([_native_row()], {}).drop_columns(["BILLING_TYPE"])
    pq.write_table(legacy, tmp_path / "legacy.parquet")
    with duckdb.connect() as engine, pytest.raises(InvalidFocusFile, match=r"no column BILLING_TYPE.*Snowflake Supp"):
        translate(tmp_path / "legacy.parquet", tmp_path / "out.parquet", engine)


def test_column_names_in_other_letters_are_the_same_columns(tmp_path: Path) -> None:
    table = native_table([_native_row()], {})
    (row,) = _translated(tmp_path, table.rename_columns([name.lower() for name in table.column_names]))
    assert row["BilledCost"] == Decimal("31.5")


def test_a_file_cut_in_half_is_refused_by_both_readings(tmp_path: Path) -> None:
    pq.write_table(native_table([_native_row()], {}), tmp_path / "whole.parquet")
    cut = tmp_path / "cut.parquet"
    content = (tmp_path / "whole.parquet").read_bytes()
    cut.write_bytes(content[: len(content) // 2])
    with pytest.raises(InvalidFocusFile, match=r"not a readable Parquet file"):
        read_natively(cut)
    with duckdb.connect() as engine, pytest.raises(InvalidFocusFile, match=r"not a readable Parquet file"):
        translate(cut, tmp_path / "out.parquet", engine)


def test_rows_have_an_order_of_their_own(tmp_path: Path) -> None:
    rows = [_native_row(USAGE_IN_CURRENCY=str(cost)) for cost in (3, 1, 2)]
    assert native_table(rows, {}).equals(native_table(rows[::-1], {}))


def test_the_dialect_reads_parquet_alone() -> None:
    assert (SNOWFLAKE_USAGE.suffixes, SNOWFLAKE_USAGE.translate) == ((".parquet",), translate)


def _shares(weights: Sequence[Decimal]) -> tuple[Share, ...]:
    basis = shares_of([_metered(f"W{number}", weight) for number, weight in enumerate(weights)])
    return basis[WAREHOUSE_CREDITS, "PROD", DAY]


_AMOUNTS = st.decimals(min_value=-(10**13), max_value=10**13, places=9, allow_nan=False)
_WEIGHTS = st.decimals(min_value=Decimal("0.000000001"), max_value=10**9, places=9, allow_nan=False)


@settings(max_examples=40, deadline=None)
@given(cost=_AMOUNTS, weights=st.lists(_WEIGHTS, min_size=1, max_size=9))
def test_shares_of_any_cost_add_up_to_it_exactly(
    tmp_path_factory: pytest.TempPathFactory, cost: Decimal, weights: list[Decimal]
) -> None:
    shares = _shares(weights)
    assert sum(share.share_ratio for share in shares) == 1
    assert all(0 <= share.share_ratio <= 1 for share in shares)
    basis = {(WAREHOUSE_CREDITS, "PROD", DAY): shares}
    table = native_table([_native_row(USAGE_IN_CURRENCY=str(cost))], basis)
    rows = _translated(tmp_path_factory.mktemp("bill"), table)
    assert sum(row["BilledCost"] for row in rows) == cost
    if abs(cost) < 10**12:
        for row, share in zip(rows, shares, strict=True):
            assert abs(row["BilledCost"] - cost * share.share_ratio) <= Decimal("1e-12") * len(shares)

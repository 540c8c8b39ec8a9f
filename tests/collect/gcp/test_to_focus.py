"""Google's exports as FOCUS: every amount below is worked out by hand in the comment beside it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collectors.errors import InvalidFocusFile
from collectors.estate.classify import ChargeKind, component_of, vendor_of
from collectors.focus.dialect import Dialect
from collectors.gcp.to_focus import DETAILED, DETAILED_REQUIRED, FOCUS_EXPORT
from collectors.store.schema import COLUMN_BY_NAME
from collectors.store.sql import EngineLimits, open_engine
from tests.collect.gcp.rows import DETAILED_SCHEMA, credit, detailed_row, write_native

LIMITS = EngineLimits(memory_mb=300, threads=1)


def translated(folder: Path, native: Path, dialect: Dialect = DETAILED) -> list[dict[str, Any]]:
    """What becomes of a native file."""
    target = folder / "focus.parquet"
    assert dialect.translate is not None
    with open_engine(LIMITS) as engine:
        dialect.translate(native, target, engine)
    return pq.read_table(target).to_pylist()


def focus_rows(folder: Path, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What becomes of rows of the detailed export."""
    return translated(folder, write_native(folder / "native.parquet", rows))


def money(row: Mapping[str, Any], *names: str) -> tuple[str, ...]:
    """Amounts without their trailing zeros."""
    return tuple(f"{row[name].normalize():f}" for name in names)


COSTS = ("BilledCost", "EffectiveCost", "ContractedCost", "ListCost")


def test_usage_is_billed_net_of_the_discounts_on_its_price(tmp_path: Path) -> None:
    row = detailed_row(
        "10",
        credits=[credit("-1.5", "SUSTAINED_USAGE_DISCOUNT"), credit("-0.5", "FREE_TIER")],
        cost_at_list=12.0,
    )
    (found,) = focus_rows(tmp_path, [row])
    # 10 - 1.5 - 0.5 = 8; at contract price 10; at list price 12.
    assert money(found, *COSTS) == ("8", "8", "10", "12")
    assert (found["ChargeCategory"], found["ChargeClass"], found["PricingCategory"]) == ("Usage", None, "Standard")


def test_a_promotion_is_a_credit_of_its_own_so_that_the_usage_keeps_its_price(tmp_path: Path) -> None:
    row = detailed_row("10", credits=[credit("-4", "PROMOTION", "Free trial"), credit("-1", "FREE_TIER")])
    usage, paid = focus_rows(tmp_path, [row])
    # 10 - 1 = 9 of usage, - 4 of credit: 5 on the invoice.
    assert (usage["ChargeCategory"], *money(usage, "BilledCost", "EffectiveCost")) == ("Usage", "9", "9")
    assert (paid["ChargeCategory"], paid["ChargeDescription"], *money(paid, *COSTS)) == (
        "Credit", "Free trial", "-4", "-4", "-4", "-4",
    )  # fmt: skip
    assert [usage["x_NativeRow"], paid["x_NativeRow"]] == [1, 1]
    assert paid["ResourceId"] == usage["ResourceId"]
    assert paid["PricingQuantity"] is None


def test_a_credit_of_a_kind_that_nobody_knows_yet_is_shown_and_not_netted(tmp_path: Path) -> None:
    _, paid = focus_rows(tmp_path, [detailed_row("3", credits=[credit("-1", "SOMETHING_NEW")])])
    assert (paid["ChargeCategory"], *money(paid, "BilledCost")) == ("Credit", "-1")


def test_the_fee_of_a_commitment_is_a_purchase_whose_cost_reappears_as_effective_cost(tmp_path: Path) -> None:
    fee = detailed_row(
        "5",
        sku="Commitment v1: N2 Cpu in Americas for 1 Year",
        service="Compute Engine",
        resource=None,
        subscription={"instance_id": "sub-1"},
    )
    covered = detailed_row(
        "8",
        sku="N2 Instance Core running in Americas",
        service="Compute Engine",
        credits=[credit("-8", "COMMITTED_USAGE_DISCOUNT", "Committed Usage Discount: CPU")],
    )
    bought, share, used = focus_rows(tmp_path, [fee, covered])
    # Invoice: 5 of fee + (8 - 8) = 5. EffectiveCost: 0 + 5 + 0 = 5.
    assert (bought["ChargeCategory"], *money(bought, "BilledCost", "EffectiveCost")) == ("Purchase", "5", "0")
    assert (share["ChargeCategory"], *money(share, "BilledCost", "EffectiveCost")) == ("Usage", "0", "5")
    assert (used["ChargeCategory"], *money(used, "BilledCost", "EffectiveCost", "ListCost")) == ("Usage", "0", "0", "8")
    assert [row["CommitmentDiscountId"] for row in (bought, share)] == ["sub-1", "sub-1"]
    assert [row["CommitmentDiscountStatus"] for row in (bought, share, used)] == [None, "Used", "Used"]
    assert {row["CommitmentDiscountCategory"] for row in (bought, share, used)} == {"Usage"}
    assert used["PricingCategory"] == "Committed"


def test_what_is_left_of_a_spend_commitment_after_its_offset_is_its_unused_part(tmp_path: Path) -> None:
    fee = detailed_row(
        "20",
        sku="Commitment - dollar based v1: flexible for 1 Year",
        service="Compute Engine",
        credits=[credit("-17.5", "FEE_UTILIZATION_OFFSET")],
        subscription={"instance_id": "sub-2"},
    )
    (left,) = focus_rows(tmp_path, [fee])
    # 20 - 17.5 = 2.5 paid for nothing.
    assert (left["ChargeCategory"], *money(left, "BilledCost", "EffectiveCost")) == ("Usage", "2.5", "2.5")
    assert (left["CommitmentDiscountStatus"], left["CommitmentDiscountCategory"]) == ("Unused", "Spend")


@pytest.mark.parametrize(
    ("changes", "category", "charge_class"),
    [
        ({"cost_type": "tax"}, "Tax", None),
        ({"cost_type": "rounding_error"}, "Adjustment", None),
        ({"cost_type": "adjustment"}, "Adjustment", None),
        ({"cost_type": "adjustment", "adjustment_info": {"type": "SLA_VIOLATION"}}, "Credit", None),
        ({"cost_type": "adjustment", "adjustment_info": {"type": "PRICE_CORRECTION"}}, "Usage", "Correction"),
        ({"cost_type": "regular", "adjustment_info": {"type": "USAGE_CORRECTION"}}, "Usage", "Correction"),
        ({"cost_type": "of a new kind"}, "Adjustment", None),
        ({"cost_type": "REGULAR"}, "Usage", None),
    ],
)
def test_a_cost_type_becomes_a_charge_category(
    tmp_path: Path, changes: dict[str, Any], category: str, charge_class: str | None
) -> None:
    (found,) = focus_rows(tmp_path, [detailed_row("-0.01", **changes)])
    assert (found["ChargeCategory"], found["ChargeClass"], *money(found, "BilledCost")) == (
        category, charge_class, "-0.01",
    )  # fmt: skip


def test_who_when_and_where_are_told_in_focus_words(tmp_path: Path) -> None:
    row = detailed_row(
        "1",
        labels=[{"key": "team", "value": "data"}, {"key": "team", "value": "later"}],
        tags=[{"key": "env", "value": "prod", "inherited": False, "namespace": "411"}],
        project={"id": "shop-prod", "number": "411", "name": "Shop", "labels": [{"key": "team", "value": "shop"}]},
        location={"location": "us-central1-a", "country": "US", "region": "us-central1", "zone": "us-central1-a"},
    )
    (found,) = focus_rows(tmp_path, [row])
    expected = {
        "BillingAccountId": "01AAAA-BBBBBB-CCCCCC",
        "BillingCurrency": "USD",
        "BillingPeriodStart": datetime(2025, 6, 1),
        "BillingPeriodEnd": datetime(2025, 7, 1),
        "ChargePeriodStart": datetime(2025, 6, 2, 0),
        "ChargePeriodEnd": datetime(2025, 6, 2, 1),
        "HostProviderName": "Google Cloud",
        "InvoiceIssuerName": "Google Cloud",
        "ServiceProviderName": "Google Cloud",
        "ServiceName": "Cloud Storage",
        "ServiceCategory": "Storage",
        "ServiceSubcategory": "Object Storage",
        "SkuId": "E5F0-6A5D-7BAD",
        "SkuPriceId": "E5F0-6A5D-7BAD:5",
        "SubAccountId": "shop-prod",
        "SubAccountName": "Shop",
        "RegionId": "us-central1",
        "AvailabilityZone": "us-central1-a",
        "ResourceId": "//storage.googleapis.com/projects/_/buckets/lake",
        "ResourceName": "lake",
        "ResourceType": "buckets",
        "PricingUnit": "gibibyte month",
        "ChargeFrequency": "Usage-Based",
    }
    assert {name: found[name] for name in expected} == expected
    assert json.loads(found["Tags"]) == {"team": "data", "411/env": "prod"}
    assert money(found, "PricingQuantity", "ConsumedQuantity", "ContractedUnitPrice") == (
        "2.5", "7200000000000000", "0.02",
    )  # fmt: skip


def test_a_partner_on_the_marketplace_issues_its_own_invoice(tmp_path: Path) -> None:
    row = detailed_row(
        "9", seller_name="Snowflake Inc.", invoice={"month": "202506", "publisher_type": "PARTNER"}, service="Snowflake"
    )
    (found,) = focus_rows(tmp_path, [row])
    assert (found["InvoiceIssuerName"], found["ServiceProviderName"]) == ("Snowflake Inc.", "Snowflake Inc.")
    assert found["HostProviderName"] == "Google Cloud"


def test_tax_and_support_without_a_project_or_place_are_kept(tmp_path: Path) -> None:
    row = detailed_row("2", cost_type="tax", project=None, location=None, resource=None, usage=None, price=None)
    (found,) = focus_rows(tmp_path, [row])
    assert (found["SubAccountId"], found["RegionId"], found["ResourceId"], found["SkuPriceId"]) == (None,) * 4
    assert money(found, *COSTS) == ("2", "2", "2", "2")


@pytest.mark.parametrize(
    ("service", "sku", "component"),
    [
        ("Cloud Storage", "Standard Storage US Regional", "storage"),
        ("Cloud Storage", "Regional Standard Class A Operations", "requests"),
        ("Cloud Storage", "Nearline Data Retrieval", "retrieval"),
        ("Cloud Storage", "Network Inter Region Egress from US to Zurich", "transfer"),
        ("Compute Engine", "N2 Instance Ram running in Americas", "compute"),
        ("Compute Engine", "SSD backed PD Capacity", "storage"),
        ("BigQuery", "Analysis (us-central1)", "compute"),
        ("BigQuery", "Active Logical Storage", "storage"),
        ("Cloud Dataproc", "Licensing Fee for Google Cloud Dataproc (CPU cost)", "compute"),
    ],
)
def test_the_estate_knows_what_a_line_is_for(tmp_path: Path, service: str, sku: str, component: str) -> None:
    (found,) = focus_rows(tmp_path, [detailed_row("1", service=service, sku=sku)])
    assert classified(found) == component


def classified(row: Mapping[str, Any]) -> str:
    """The component as the estate finds it."""
    return component_of(
        ChargeKind(
            vendor=vendor_of(row["ServiceProviderName"]),
            service=row["ServiceName"],
            meter=row["SkuMeter"],
            charge_category=row["ChargeCategory"],
            is_commitment=row["CommitmentDiscountId"] is not None,
            is_unused=row["CommitmentDiscountStatus"] == "Unused",
        )
    )


def test_the_estate_counts_a_commitment_once_as_compute_and_leaves_its_purchase_out(tmp_path: Path) -> None:
    fee = detailed_row("5", sku="Commitment v1: Cpu in Americas for 1 Year", service="Compute Engine")
    assert [classified(row) for row in focus_rows(tmp_path, [fee])] == ["commitment_purchase", "compute"]


def test_columns_that_focus_has_no_place_for_are_kept(tmp_path: Path) -> None:
    row = detailed_row("1", brand_new="seen", system_labels=[{"key": "k", "value": "v"}])
    (found,) = focus_rows(tmp_path, [row])
    assert found["x_brand_new"] == "seen"
    assert found["x_system_labels"] == [{"key": "k", "value": "v"}]
    assert (found["x_project_number"], found["x_location_country"], found["x_cost_type"]) == ("411", "US", "regular")
    assert all(name in COLUMN_BY_NAME or name.startswith("x_") for name in found)


def test_column_names_in_other_letters_are_the_same_columns(tmp_path: Path) -> None:
    table = pa.Table.from_pylist([detailed_row("1.25", credits=[credit("-0.25", "FREE_TIER")])], schema=DETAILED_SCHEMA)
    native = tmp_path / "native.parquet"
    pq.write_table(table.rename_columns([name.upper() for name in table.column_names]), native)
    (found,) = translated(tmp_path, native)
    assert money(found, "BilledCost") == ("1",)
    assert DETAILED.read_natively is not None
    assert DETAILED.read_natively(native).billed_cost == Decimal(1)


@pytest.mark.parametrize("column", ["cost", "invoice", "credits", "service"])
def test_a_file_without_a_needed_column_is_refused_by_its_name(tmp_path: Path, column: str) -> None:
    table = pa.Table.from_pylist([detailed_row("1")], schema=DETAILED_SCHEMA).drop_columns([column])
    native = tmp_path / "native.parquet"
    pq.write_table(table, native)
    with pytest.raises(InvalidFocusFile, match=column) as caught:
        translated(tmp_path, native)
    assert caught.value.column in DETAILED_REQUIRED


def test_a_file_that_is_cut_off_is_refused(tmp_path: Path) -> None:
    native = write_native(tmp_path / "native.parquet", [detailed_row("1")])
    native.write_bytes(native.read_bytes()[:-100])
    with pytest.raises(InvalidFocusFile, match="not a readable Parquet file"):
        translated(tmp_path, native)


def test_a_row_without_a_cost_or_month_is_passed_on_for_the_checks_to_reject(tmp_path: Path) -> None:
    rows = [detailed_row("1") | {"cost": None}, detailed_row("2") | {"invoice": {"month": "June"}}]
    without_cost, without_month = focus_rows(tmp_path, rows)
    assert (without_cost["BilledCost"], without_month["BillingPeriodStart"]) == (None, None)


_amounts = st.decimals(min_value=Decimal("-1e9"), max_value=Decimal("1e9"), places=9)
_kinds = st.sampled_from(["PROMOTION", "FREE_TIER", "COMMITTED_USAGE_DISCOUNT", "FEE_UTILIZATION_OFFSET", "NEW"])


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            _amounts,
            st.lists(st.tuples(_amounts, _kinds), max_size=3),
            st.sampled_from(["Storage", "Commitment v1: Cpu"]),
        ),
        min_size=1,
        max_size=6,
    ),
    st.booleans(),
)
def test_no_row_and_no_cent_is_lost_or_invented(
    tmp_path: Path, charges: list[tuple[Decimal, list[tuple[Decimal, str]], str]], as_floats: bool
) -> None:
    rows = [
        detailed_row(cost, credits=[credit(str(amount), kind) for amount, kind in given], sku=sku)
        for cost, given, sku in charges
    ]
    native = write_native(tmp_path / "native.parquet", rows)
    if as_floats:
        table = pq.read_table(native)
        position = table.schema.get_field_index("cost")
        pq.write_table(table.set_column(position, "cost", table["cost"].cast(pa.float64())), native)
    found = translated(tmp_path, native)
    assert DETAILED.read_natively is not None
    reading = DETAILED.read_natively(native)
    assert sorted({row["x_NativeRow"] for row in found}) == list(range(1, len(rows) + 1))
    assert [row["x_NativeRow"] for row in found] == sorted(row["x_NativeRow"] for row in found)
    assert reading.rows == len(rows)
    assert sum(row["BilledCost"] for row in found) == reading.billed_cost == sum(row["EffectiveCost"] for row in found)
    if not as_floats:
        assert reading.billed_cost == sum(cost + sum(amount for amount, _ in given) for cost, given, _ in charges)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.floats(min_value=-1e12, max_value=1e12), min_size=1, max_size=50))
def test_a_float_counts_as_the_decimal_number_that_it_is_written_as(tmp_path: Path, costs: list[float]) -> None:
    schema = DETAILED_SCHEMA.set(DETAILED_SCHEMA.get_field_index("cost"), pa.field("cost", pa.float64()))
    rows = [detailed_row("0") | {"cost": cost} for cost in costs]
    native = write_native(tmp_path / "native.parquet", rows, schema)
    assert DETAILED.read_natively is not None
    found = sum(row["BilledCost"] for row in translated(tmp_path, native))
    assert found == DETAILED.read_natively(native).billed_cost
    assert abs(found - sum(map(Decimal, map(repr, costs)))) <= len(costs) * Decimal("5e-13")


FOCUS_SCHEMA = pa.schema(
    [
        *((name, pa.decimal128(38, 9)) for name in COSTS),
        *((name, pa.string()) for name in ("BillingAccountId", "BillingCurrency", "ChargeCategory", "ChargeClass")),
        *(
            (name, pa.string())
            for name in ("ChargeDescription", "ServiceName", "SubAccountId", "ResourceId", "RegionId")
        ),
        *((name, pa.string()) for name in ("ProviderName", "PublisherName", "x_CostType")),
        *(
            (f"{name}Period{end}", pa.timestamp("us", tz="UTC"))
            for name in ("Billing", "Charge")
            for end in ("Start", "End")
        ),
        ("x_ExportTime", pa.timestamp("us", tz="UTC")),
        ("x_Labels", pa.list_(pa.struct([("Key", pa.string()), ("Value", pa.string())]))),
        ("x_Project", pa.struct([("Id", pa.string()), ("Number", pa.string())])),
    ]
)


def focus_export_row(cost: str, **changes: Any) -> dict[str, Any]:
    """A row of Google's FOCUS export, with the columns that the preview has."""
    return {
        **dict.fromkeys(COSTS, Decimal(cost)),
        "BillingAccountId": "01AAAA-BBBBBB-CCCCCC",
        "BillingCurrency": "EUR",
        "ChargeCategory": "Usage",
        "ChargeDescription": "Standard Storage US Regional",
        "ServiceName": "Cloud Storage",
        "SubAccountId": "shop-prod",
        "ProviderName": "Google Cloud",
        "PublisherName": "Google Cloud",
        "BillingPeriodStart": datetime(2025, 6, 1, 7, tzinfo=UTC),
        "BillingPeriodEnd": datetime(2025, 7, 1, 7, tzinfo=UTC),
        "ChargePeriodStart": datetime(2025, 6, 2, tzinfo=UTC),
        "ChargePeriodEnd": datetime(2025, 6, 2, 1, tzinfo=UTC),
        "x_ExportTime": datetime(2025, 6, 3, tzinfo=UTC),
        "x_CostType": "regular",
        "x_Labels": [{"Key": "team", "Value": "data"}],
        "x_Project": {"Id": "shop-prod", "Number": "411"},
    } | changes


def test_googles_own_focus_rows_are_kept_as_they_are_and_completed(tmp_path: Path) -> None:
    rows = [focus_export_row("1.5"), focus_export_row("-0.25", ChargeClass="Correction")]
    native = write_native(tmp_path / "native.parquet", rows, FOCUS_SCHEMA)
    first, second = translated(tmp_path, native, FOCUS_EXPORT)
    assert money(first, *COSTS) == ("1.5",) * 4
    assert (second["ChargeClass"], *money(second, "BilledCost")) == ("Correction", "-0.25")
    expected = {
        "ServiceCategory": "Storage",
        "ServiceSubcategory": "Object Storage",
        "InvoiceIssuerName": "Google Cloud",
        "ServiceProviderName": "Google Cloud",
        "SkuMeter": "Standard Storage US Regional",
        "BillingPeriodStart": datetime(2025, 6, 1, 7),
        "x_PublisherName": "Google Cloud",
        "x_CostType": "regular",
        "x_Project_Number": "411",
    }
    assert {name: first[name] for name in expected} == expected
    assert json.loads(first["Tags"]) == {"team": "data"}
    assert classified(first) == "storage"
    assert FOCUS_EXPORT.read_natively is not None
    # 1.5 - 0.25 = 1.25
    assert FOCUS_EXPORT.read_natively(native).billed_cost == Decimal("1.25")


def test_a_focus_file_without_a_needed_column_is_refused_by_its_name(tmp_path: Path) -> None:
    native = write_native(tmp_path / "native.parquet", [focus_export_row("1")], FOCUS_SCHEMA)
    pq.write_table(pq.read_table(native).drop_columns(["EffectiveCost"]), native)
    with pytest.raises(InvalidFocusFile, match="EffectiveCost"):
        translated(tmp_path, native, FOCUS_EXPORT)


def test_a_column_that_is_empty_from_top_to_bottom_may_have_no_type(tmp_path: Path) -> None:
    table = pa.Table.from_pylist([detailed_row("1")], schema=DETAILED_SCHEMA)
    for name in ("seller_name", "cost_at_list", "system_labels", "resource"):
        table = table.set_column(table.schema.get_field_index(name), name, pa.nulls(1))
    native = tmp_path / "native.parquet"
    pq.write_table(table, native)
    (found,) = translated(tmp_path, native)
    assert (found["InvoiceIssuerName"], found["ResourceId"], *money(found, "ListCost")) == ("Google Cloud", None, "1")


def test_many_labels_are_one_object_and_the_first_of_a_key_counts(tmp_path: Path) -> None:
    pairs = [{"key": f"k{n}", "value": f"v{n}"} for n in range(5)]
    plain, doubled, none = (
        detailed_row("1", labels=labels)
        for labels in (pairs, [*pairs, {"key": "k0", "value": "other"}, {"key": None, "value": "lost"}], [])
    )
    found = focus_rows(tmp_path, [plain, doubled, none])
    expected = {f"k{n}": f"v{n}" for n in range(5)}
    assert [row["Tags"] and json.loads(row["Tags"]) for row in found] == [expected, expected, None]

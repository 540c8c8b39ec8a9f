"""Cost and Usage Reports as FOCUS: rows worked out by hand, every spelling and format, every kind of line."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collectors.aws.to_focus import COST_AND_USAGE_REPORT_2, LEGACY_REPORT, read_report, translate_report
from collectors.errors import InvalidFocusFile
from collectors.estate.classify import ChargeKind, component_of, vendor_of
from collectors.store.sql import EngineLimits, open_engine
from tests.collect.aws.reports import csv_gz, csv_text, csv_zip, legacy_row, parquet, report_row
from tests.collect.aws.vendor import bomb

ZERO = Decimal(0)
LIMITS = EngineLimits(memory_mb=300, threads=1)
PLAN = "arn:aws:savingsplans::123456789012:savingsplan/p"
RESERVATION = "arn:aws:ec2:eu-west-1:123456789012:reserved-instances/r"


def translated(tmp_path: Path, content: bytes, suffix: str = ".csv.gz") -> list[dict[str, Any]]:
    """The FOCUS rows of a native file."""
    native, target = tmp_path / f"native{suffix}", tmp_path / "focus.parquet"
    native.write_bytes(content)
    with open_engine(LIMITS) as engine:
        translate_report(native, target, engine)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["focus.parquet", native.name]
    rows: list[dict[str, Any]] = pq.read_table(target).to_pylist()
    return rows


def one(tmp_path: Path, **changes: str) -> dict[str, Any]:
    (row,) = translated(tmp_path, csv_gz([report_row(**changes)]))
    return row


def component(row: Mapping[str, Any]) -> str:
    """What the estate takes the row for."""
    return component_of(
        ChargeKind(
            vendor=vendor_of(row["ServiceProviderName"]),
            service=row["ServiceName"],
            meter=row["SkuMeter"] or row["ChargeDescription"] or "",
            charge_category=row["ChargeCategory"] or "",
            is_commitment=row["CommitmentDiscountId"] is not None,
            is_unused=row["CommitmentDiscountStatus"] == "Unused",
        )
    )


def test_a_day_of_storage_is_a_usage_row_of_its_bucket(tmp_path: Path) -> None:
    row = one(tmp_path)
    expected = {
        "x_NativeRow": 1,
        "BilledCost": Decimal("0.23"),  # 10 GB-months x 0.023
        "EffectiveCost": Decimal("0.23"),
        "ListCost": Decimal("0.23"),
        "ContractedCost": Decimal("0.23"),
        "BillingCurrency": "USD",
        "BillingAccountId": "123456789012",
        "SubAccountId": "210987654321",
        "BillingPeriodStart": datetime(2026, 1, 1),
        "BillingPeriodEnd": datetime(2026, 2, 1),
        "ChargePeriodStart": datetime(2026, 1, 2),
        "ChargePeriodEnd": datetime(2026, 1, 2, 1),
        "ChargeCategory": "Usage",
        "ChargeFrequency": "Usage-Based",
        "PricingCategory": "Standard",
        "PricingQuantity": Decimal(10),
        "PricingUnit": "GB-Mo",
        "ConsumedQuantity": Decimal(10),
        "ServiceName": "Amazon Simple Storage Service",
        "ServiceCategory": "Storage",
        "ServiceSubcategory": "Object Storage",
        "HostProviderName": "Amazon Web Services",
        "ServiceProviderName": "Amazon Web Services",
        "RegionId": "eu-west-1",
        "ResourceId": "arn:aws:s3:::lake",
        "ResourceType": "Bucket",
        "SkuId": "SKU1",
        "SkuMeter": "EUW1-TimedStorage-ByteHrs",
        "SkuPriceId": "SKU1.TERM.DIM",
        "CommitmentDiscountId": None,
        "x_line_item_operation": "StandardStorage",
        "x_line_item_resource_id": "lake",
        "x_UnreadableCost": None,
    }
    assert {name: row[name] for name in expected} == expected
    assert component(row) == "storage"


COMMITTED = {
    "line_item_product_code": "AmazonEC2",
    "product_product_name": "Amazon Elastic Compute Cloud",
    "line_item_usage_type": "EUW1-BoxUsage:m5.large",
    "line_item_resource_id": "i-0123456789abcdef0",
    "pricing_unit": "Hrs",
}


def test_savings_plans_are_billed_as_fees_and_cost_what_they_cover(tmp_path: Path) -> None:
    # An hour: 0.50 committed, 0.30 of it used, for machines that cost 0.40 on demand.
    plan = {"savings_plan_savings_plan_a_r_n": PLAN, "savings_plan_offering_type": "ComputeSavingsPlans"}
    covered = report_row(
        line_item_line_item_type="SavingsPlanCoveredUsage", line_item_unblended_cost="0.40",
        savings_plan_savings_plan_effective_cost="0.30", pricing_public_on_demand_cost="0.40", **plan, **COMMITTED,
    )  # fmt: skip
    negation = report_row(
        line_item_line_item_type="SavingsPlanNegation", line_item_unblended_cost="-0.40",
        pricing_public_on_demand_cost="", **plan, **COMMITTED,
    )  # fmt: skip
    fee = report_row(
        line_item_line_item_type="SavingsPlanRecurringFee", line_item_unblended_cost="0.50",
        line_item_product_code="ComputeSavingsPlans", product_product_name="", line_item_resource_id=PLAN,
        line_item_usage_type="EUW1-ComputeSP:1yrNoUpfront", pricing_public_on_demand_cost="",
        savings_plan_total_commitment_to_date="0.50", savings_plan_used_commitment="0.30", **plan,
    )  # fmt: skip
    upfront = {**fee, "line_item_line_item_type": "SavingsPlanUpfrontFee", "line_item_unblended_cost": "1000"}

    rows = translated(tmp_path, csv_gz([covered, negation, fee, upfront]))

    d = Decimal
    assert [
        (
            row["x_NativeRow"], row["BilledCost"], row["EffectiveCost"], row["ListCost"], row["ContractedCost"],
            row["ChargeCategory"], row["CommitmentDiscountStatus"], row["ChargeFrequency"], component(row),
        )
        for row in rows
    ] == [
        (1, d("0.40"), d("0.30"), d("0.40"), d("0.40"), "Usage", "Used", "Usage-Based", "compute"),
        (2, d("-0.40"), ZERO, ZERO, ZERO, "Usage", "Used", "Usage-Based", "compute"),
        (3, d("0.50"), ZERO, d("0.50"), d("0.50"), "Purchase", None, "Recurring", "commitment_purchase"),
        # 0.50 committed - 0.30 used = 0.20 for nothing.
        (3, ZERO, d("0.20"), ZERO, ZERO, "Usage", "Unused", "Usage-Based", "commitment_unused"),
        (4, d(1000), ZERO, d(1000), d(1000), "Purchase", None, "One-Time", "commitment_purchase"),
    ]  # fmt: skip
    # The hour costs what was committed: 0.30 + 0 + 0 + 0.20; billed: 0.40 - 0.40 + 0.50, and the money paid up front.
    assert sum(row["EffectiveCost"] for row in rows) == Decimal("0.50")
    assert sum(row["BilledCost"] for row in rows) == Decimal("1000.50")
    assert {row["CommitmentDiscountId"] for row in rows} == {PLAN}
    assert {row["CommitmentDiscountCategory"] for row in rows} == {"Spend"}
    assert {row["PricingQuantity"] for row in rows[1:]} == {None}
    assert rows[0]["ResourceId"] == "arn:aws:ec2:eu-west-1:210987654321:instance/i-0123456789abcdef0"


def test_reservations_are_billed_as_fees_and_cost_what_they_cover(tmp_path: Path) -> None:
    used = report_row(
        line_item_line_item_type="DiscountedUsage", line_item_unblended_cost="0", reservation_effective_cost="7.5",
        reservation_reservation_a_r_n=RESERVATION, pricing_public_on_demand_cost="12", **COMMITTED,
    )  # fmt: skip
    fee = report_row(
        line_item_line_item_type="RIFee", line_item_unblended_cost="10", reservation_reservation_a_r_n=RESERVATION,
        reservation_unused_amortized_upfront_fee_for_billing_period="1.25", reservation_unused_recurring_fee="1.5",
        pricing_public_on_demand_cost="", **COMMITTED,
    )  # fmt: skip
    upfront = report_row(
        line_item_line_item_type="Fee", line_item_unblended_cost="500", pricing_public_on_demand_cost="",
        reservation_reservation_a_r_n=RESERVATION, **COMMITTED,
    )  # fmt: skip
    rows = translated(tmp_path, csv_gz([used, fee, upfront]))
    assert [
        (
            row["x_NativeRow"], row["BilledCost"], row["EffectiveCost"], row["ListCost"], row["ChargeCategory"],
            component(row),
        )
        for row in rows
    ] == [
        (1, ZERO, Decimal("7.5"), Decimal(12), "Usage", "compute"),
        (2, Decimal(10), ZERO, Decimal(10), "Purchase", "commitment_purchase"),
        (2, ZERO, Decimal("2.75"), ZERO, "Usage", "commitment_unused"),  # 1.25 of the upfront fee + 1.50 recurring
        (3, Decimal(500), ZERO, Decimal(500), "Purchase", "commitment_purchase"),
    ]  # fmt: skip
    assert {row["CommitmentDiscountId"] for row in rows} == {RESERVATION}
    assert {row["CommitmentDiscountType"] for row in rows} == {"Reserved Instance"}


@pytest.mark.parametrize(
    ("kind", "category", "charge_class", "found"),
    [
        ("Tax", "Tax", None, "tax"),
        ("Credit", "Credit", None, "credit"),
        ("Refund", "Adjustment", "Correction", "credit"),
        ("EdpDiscount", "Adjustment", None, "credit"),
        ("BundledDiscount", "Adjustment", None, "credit"),
        ("Fee", "Purchase", None, "marketplace"),
    ],
)
def test_lines_that_are_no_usage_keep_their_cost_and_say_what_they_are(
    tmp_path: Path, kind: str, category: str, charge_class: str | None, found: str
) -> None:
    row = one(tmp_path, line_item_line_item_type=kind, line_item_unblended_cost="-1.5")
    assert (row["ChargeCategory"], row["ChargeClass"], component(row)) == (category, charge_class, found)
    assert {row[name] for name in ("BilledCost", "EffectiveCost", "ListCost", "ContractedCost")} == {Decimal("-1.5")}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"product_servicecode": "AWSDataTransfer", "line_item_product_code": "AmazonEC2",
          "line_item_usage_type": "EUW1-DataTransfer-Out-Bytes"}, ("AWS Data Transfer", "Networking", "transfer")),
        ({"line_item_usage_type": "Requests-Tier1"}, ("Amazon Simple Storage Service", "Storage", "requests")),
        ({"line_item_usage_type": "EUW1-Retrieval-SIA"}, ("Amazon Simple Storage Service", "Storage", "retrieval")),
        ({"product_product_name": "", "line_item_product_code": "AWSGlue",
          "line_item_usage_type": "EUW1-ETL-DPU-Hour"}, ("AWS Glue", "Analytics", "compute")),
        ({"product_product_name": "", "line_item_product_code": "AmazonEC2",
          "line_item_usage_type": "EUW1-EBS:VolumeUsage.gp3"}, ("Amazon Elastic Compute Cloud", "Compute", "storage")),
        ({"product_product_name": "Snowflake", "bill_billing_entity": "AWS Marketplace",
          "line_item_product_code": "8xyz"}, ("AWS Marketplace: Snowflake", "Other", "marketplace")),
        ({"product_product_name": "", "line_item_product_code": "BrandNew"}, ("BrandNew", "Other", "other")),
    ],
)  # fmt: skip
def test_services_and_meters_are_named_as_the_estate_knows_them(
    tmp_path: Path, changes: dict[str, str], expected: tuple[str, str, str]
) -> None:
    row = one(tmp_path, **changes)
    assert (row["ServiceName"], row["ServiceCategory"], component(row)) == expected


@pytest.mark.parametrize(
    ("resource", "region", "expected"),
    [
        ("lake", "cn-north-1", "arn:aws-cn:s3:::lake"),
        ("arn:aws:s3:::lake", "eu-west-1", "arn:aws:s3:::lake"),
        ("vol-0abc", "us-gov-west-1", "arn:aws-us-gov:ec2:us-gov-west-1:210987654321:volume/vol-0abc"),
        ("Something Else", "eu-west-1", "Something Else"),
        ("", "eu-west-1", None),
    ],
)
def test_resources_are_named_as_an_inventory_names_them(
    tmp_path: Path, resource: str, region: str, expected: str | None
) -> None:
    code = "AmazonEC2" if "-" in resource else "AmazonS3"
    row = one(tmp_path, line_item_resource_id=resource, product_region_code=region, line_item_product_code=code)
    assert row["ResourceId"] == expected


def test_a_region_that_is_not_named_is_that_of_the_zone(tmp_path: Path) -> None:
    row = one(tmp_path, product_region_code="", line_item_availability_zone="us-gov-west-1b")
    assert (row["RegionId"], row["AvailabilityZone"]) == ("us-gov-west-1", "us-gov-west-1b")


def as_legacy(rows: Sequence[dict[str, str]]) -> list[dict[str, str]]:
    return [legacy_row(row) for row in rows]


def shouted(rows: Sequence[dict[str, str]]) -> list[dict[str, str]]:
    return [{name.upper(): value for name, value in row.items()} for row in rows]


@pytest.mark.parametrize(
    ("write", "suffix"),
    [
        (lambda rows: csv_gz(rows), ".csv.gz"),
        (lambda rows: csv_text(rows).encode(), ".csv"),
        (lambda rows: b"\xef\xbb\xbf" + csv_text(rows).replace("\n", "\r\n").encode(), ".csv"),
        (lambda rows: csv_zip(as_legacy(rows)), ".csv.zip"),
        (lambda rows: csv_zip(as_legacy(rows)), ".zip"),
        (lambda rows: csv_gz(as_legacy(rows)), ".csv.gz"),
        (lambda rows: csv_gz(shouted(rows)), ".csv.gz"),
        (lambda rows: parquet(rows), ".snappy.parquet"),
        (lambda rows: parquet(shouted(rows)), ".parquet"),
    ],
)
def test_every_spelling_and_format_gives_the_same_rows(
    tmp_path: Path, write: Callable[[list[dict[str, str]]], bytes], suffix: str
) -> None:
    rows = [
        report_row(day=2),
        report_row(day=3, line_item_unblended_cost="0.0000000001", line_item_resource_id='a "b"'),
    ]
    (tmp_path / "plain").mkdir()
    (tmp_path / "other").mkdir()
    plain = translated(tmp_path / "plain", csv_gz(rows))
    other = translated(tmp_path / "other", write(rows), suffix)
    names = [name for name in plain[0] if not name.startswith("x_")]
    assert [[row[name] for name in names] for row in other] == [[row[name] for name in names] for row in plain]
    assert read_report(tmp_path / "other" / f"native{suffix}").rows == 2
    assert read_report(tmp_path / "other" / f"native{suffix}").billed_cost == Decimal("0.2300000001")


def test_doubles_times_and_maps_of_parquet_are_read_exactly(tmp_path: Path) -> None:
    row: dict[str, Any] = {
        **report_row(),
        "line_item_unblended_cost": 10.000000009999983,  # a double that a real export wrote for 10.00000001
        "line_item_usage_start_date": datetime(2026, 1, 5, 7),
        "product": {"product_name": "Amazon Athena", "region_code": "eu-central-1"},
        "resource_tags": {"user_team": "payments", "aws_created_by": "root", "user_empty": ""},
    }
    for folded in ("product_product_name", "product_region_code"):
        del row[folded]
    text_map = pa.map_(pa.string(), pa.string())
    content = parquet(
        [row],
        line_item_unblended_cost=pa.float64(),
        line_item_usage_start_date=pa.timestamp("ms"),
        product=text_map,
        resource_tags=text_map,
    )
    (found,) = translated(tmp_path, content, ".parquet")
    assert found["BilledCost"] == Decimal("10.000000010000")  # twelve decimals, half up
    assert read_report(tmp_path / "native.parquet").billed_cost == found["BilledCost"]
    assert found["ChargePeriodStart"] == datetime(2026, 1, 5, 7)
    assert (found["ServiceName"], found["RegionId"]) == ("Amazon Athena", "eu-central-1")
    assert json.loads(found["Tags"]) == {"team": "payments", "aws_created_by": "root"}


def test_maps_written_as_json_in_csv_are_read(tmp_path: Path) -> None:
    row = report_row(
        product='{"product_name": "Amazon Athena"}', product_product_name="", resource_tags='{"user_team": "a \\"b\\""}'
    )
    (found,) = translated(tmp_path, csv_gz([row]))
    assert (found["ServiceName"], json.loads(found["Tags"])) == ("Amazon Athena", {"team": 'a "b"'})


def test_tags_that_differ_in_case_alone_are_both_kept(tmp_path: Path) -> None:
    row = legacy_row(report_row()) | {
        "resourceTags/user:Team": "a",
        "resourceTags/user:team": "b",
        "resourceTags/aws:createdBy": "root",
        "resourceTags/user:none": "",
    }
    (found,) = translated(tmp_path, csv_gz([row]))
    assert json.loads(found["Tags"]) == {"Team": "a", "team": "b", "aws:createdBy": "root"}


def test_columns_that_nobody_knows_are_passed_on(tmp_path: Path) -> None:
    (found,) = translated(tmp_path, csv_gz([report_row() | {"brand/New": "1", "Brand/new": "2"}]))
    assert (found["x_brand/New"], found["x_Brand/new_2"]) == ("1", "2")


@pytest.mark.parametrize(
    "column", ["line_item_unblended_cost", "line_item_currency_code", "bill_billing_period_start_date"]
)
@pytest.mark.parametrize("suffix", [".csv.gz", ".parquet"])
def test_a_missing_column_is_named(tmp_path: Path, column: str, suffix: str) -> None:
    row = report_row()
    del row[column]
    content = csv_gz([row]) if suffix == ".csv.gz" else parquet([row])
    with pytest.raises(InvalidFocusFile, match=f"no column {column}") as caught:
        translated(tmp_path, content, suffix)
    assert caught.value.column == column
    with pytest.raises(InvalidFocusFile, match=f"no column {column}"):
        read_report(tmp_path / f"native{suffix}")


@pytest.mark.parametrize(
    ("kind", "column"),
    [
        ("SavingsPlanCoveredUsage", "savings_plan_savings_plan_effective_cost"),
        ("SavingsPlanRecurringFee", "savings_plan_total_commitment_to_date"),
        ("SavingsPlanRecurringFee", "savings_plan_used_commitment"),
        ("DiscountedUsage", "reservation_effective_cost"),
        ("RIFee", "reservation_unused_amortized_upfront_fee_for_billing_period"),
        ("RIFee", "reservation_unused_recurring_fee"),
    ],
)
@pytest.mark.parametrize("write", ["cur_2", "legacy", "parquet"])
def test_a_column_without_which_an_effective_cost_is_unknown_is_needed_by_lines_that_have_one(
    tmp_path: Path, kind: str, column: str, write: str
) -> None:
    def delivered(*kinds: str) -> tuple[bytes, str]:
        rows = [report_row(line_item_line_item_type=each) for each in kinds]
        for row in rows:
            del row[column]
        if write == "parquet":
            return parquet(rows), ".parquet"
        return csv_gz(as_legacy(rows) if write == "legacy" else rows), ".csv.gz"

    with pytest.raises(InvalidFocusFile, match=f"no column {column}, .* lines of type {kind}") as caught:
        translated(tmp_path, *delivered("Usage", kind))
    assert caught.value.column == column
    (row,) = translated(tmp_path, *delivered("Usage"))
    assert row["EffectiveCost"] == Decimal("0.23")


def test_a_cost_that_is_no_number_is_passed_on_as_text(tmp_path: Path) -> None:
    rows = translated(tmp_path, csv_gz([report_row(line_item_unblended_cost="1,5"), report_row()]))
    assert [(row["BilledCost"], row["x_UnreadableCost"]) for row in rows] == [(None, "1,5"), (Decimal("0.23"), None)]
    assert read_report(tmp_path / "native.csv.gz").billed_cost == Decimal("0.23")


whole = csv_gz([report_row(line_item_resource_id=f"bucket-{number * 7919 % 1000}") for number in range(400)])


@pytest.mark.parametrize(
    ("content", "suffix", "message"),
    [
        (whole[: len(whole) // 2], ".csv.gz", "cannot be read to its end|not a whole compressed file"),
        (b"not gzip", ".csv.gz", "not a whole compressed file"),
        (parquet([report_row()])[:-20], ".parquet", "not a readable Parquet file"),
        (csv_zip([report_row()])[:-30], ".csv.zip", "not a whole compressed file"),
        (gzip.compress(b"", mtime=0), ".csv.gz", "line 1 is empty"),
        (csv_text([report_row()]).encode() + b"one,cell\n", ".csv", "cannot be read to its end"),
    ],
)
def test_a_file_that_is_not_whole_is_named(tmp_path: Path, content: bytes, suffix: str, message: str) -> None:
    with pytest.raises(InvalidFocusFile, match=message):
        translated(tmp_path, content, suffix)


def test_an_archive_of_several_files_is_named(tmp_path: Path) -> None:
    content = io.BytesIO(csv_zip([report_row()]))
    with zipfile.ZipFile(content, "a") as archive:
        archive.writestr("second.csv", "x")
    with pytest.raises(InvalidFocusFile, match="holds 2 files"):
        translated(tmp_path, content.getvalue(), ".csv.zip")


@pytest.mark.parametrize("suffix", [".csv.gz", ".csv.zip"])
def test_a_bomb_is_refused(tmp_path: Path, suffix: str) -> None:
    if suffix == ".csv.gz":
        content = bomb(csv_text([report_row()]).encode())
    else:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("daily-1.csv", csv_text([report_row()]).encode() + b" " * (300 << 20))
        content = packed.getvalue()
    with pytest.raises(InvalidFocusFile, match="which no bill does"):
        translated(tmp_path, content, suffix)


costs = st.one_of(
    st.decimals(min_value=-(10**9), max_value=10**9, places=12, allow_nan=False).map(lambda cost: f"{cost:f}"),
    st.floats(min_value=-1e9, max_value=1e9, allow_nan=False).map(repr),
    st.sampled_from(["", "0", "-0.0000000000005", "1e-13", "abc", " 7 "]),
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(costs, min_size=1, max_size=8), as_double=st.booleans())
def test_both_parsers_always_find_the_same_rows_and_money(tmp_path: Path, texts: list[str], as_double: bool) -> None:
    """Whatever stands in the cost column, nothing is lost, and the sum is the native one at twelve decimals."""
    for left in tmp_path.iterdir():
        left.unlink()
    rows: list[dict[str, Any]] = [report_row(line_item_unblended_cost=text) for text in texts]
    suffix = ".csv.gz"
    content = csv_gz(rows)
    if as_double:
        for row, text in zip(rows, texts, strict=True):
            row["line_item_unblended_cost"] = float(text) if text.strip() not in ("", "abc") else None
        suffix, content = ".parquet", parquet(rows, line_item_unblended_cost=pa.float64())
    found = translated(tmp_path, content, suffix)
    native = read_report(tmp_path / f"native{suffix}")
    assert [row["x_NativeRow"] for row in found] == list(range(1, len(texts) + 1))
    assert native.rows == len(texts)
    assert native.billed_cost == sum((row["BilledCost"] or ZERO for row in found), ZERO)


def test_the_dialects_read_what_aws_can_write() -> None:
    assert {COST_AND_USAGE_REPORT_2.name, LEGACY_REPORT.name} == {"aws_cur_2", "aws_legacy_cur"}
    assert {".csv.gz", ".csv.zip", ".parquet"} <= set(LEGACY_REPORT.suffixes)

"""Both billing formats as FOCUS: rows whose outcome was worked out by hand, and sums that two parsers agree on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collectors.azure.to_focus import AZURE_AMORTIZED, AZURE_FOCUS, DIALECTS
from collectors.errors import InvalidFocusFile
from collectors.estate.classify import ChargeKind, component_of, vendor_of
from collectors.focus.dialect import Dialect, NativeReading
from collectors.store.schema import COLUMNS
from tests.collect.azure.deliveries import (
    ACCOUNT,
    LAKE,
    SUBSCRIPTION,
    bomb,
    csv_bytes,
    customer_row,
    enterprise_row,
    focus_row,
    gzip_bytes,
)

PERIOD = "2025-02"
Row = dict[str, Any]


def translated(dialect: Dialect, path: Path) -> list[Row]:
    """The rows that a file becomes."""
    assert dialect.translate is not None
    target = path.with_suffix(".out.parquet")
    with duckdb.connect() as engine:
        engine.execute("SET TimeZone = 'UTC'")
        dialect.translate(path, target, engine)
    rows: list[Row] = pq.read_table(target).to_pylist()
    return rows


def read_natively(dialect: Dialect, path: Path) -> NativeReading:
    """The second reading."""
    assert dialect.read_natively is not None
    return dialect.read_natively(path)


def written(folder: Path, rows: Sequence[Mapping[str, str]], name: str = "part.csv") -> Path:
    """A part with these rows."""
    path = folder / name
    content = csv_bytes(rows)
    path.write_bytes(gzip_bytes(content) if name.endswith(".gz") else content)
    return path


def component(row: Row) -> str:
    """What the estate takes a translated row for."""
    return component_of(
        ChargeKind(
            vendor=vendor_of(row["ServiceProviderName"]),
            service=row["ServiceName"],
            meter=row["SkuMeter"] or row["ChargeDescription"] or row["SkuId"] or "",
            charge_category=row["ChargeCategory"],
            is_commitment=row["CommitmentDiscountId"] is not None,
            is_unused=row["CommitmentDiscountStatus"] == "Unused",
        )
    )


def test_the_gaps_of_the_focus_export_are_filled(tmp_path: Path) -> None:
    (row,) = translated(AZURE_FOCUS, written(tmp_path, [focus_row(PERIOD, "1.25")]))

    assert row["BilledCost"] == row["EffectiveCost"] == "1.25"
    assert (row["ServiceProviderName"], row["HostProviderName"]) == ("Microsoft", "Microsoft")
    assert row["SkuMeter"] == "Hot LRS Data Stored"
    assert (row["InvoiceId"], row["PricingCurrency"]) == ("G012345678", "USD")
    assert (row["x_ProviderName"], row["x_PublisherName"]) == ("Microsoft", "Microsoft")
    assert row["x_SkuMeterName"] == "Hot LRS Data Stored"
    assert row["ResourceId"] == LAKE
    assert component(row) == "storage"
    assert set(row) >= {column.name for column in COLUMNS}


@pytest.mark.parametrize(
    ("stated", "resource", "expected"),
    [("", LAKE, "Used"), ("", "", "Unused"), ("Used", "", "Used"), ("Unused", LAKE, "Unused")],
)
def test_unused_commitments_are_told_even_where_azure_leaves_the_status_empty(
    tmp_path: Path, stated: str, resource: str, expected: str
) -> None:
    cells = {"CommitmentDiscountId": "/ri/1", "CommitmentDiscountStatus": stated, "ResourceId": resource}
    (row,) = translated(AZURE_FOCUS, written(tmp_path, [focus_row(PERIOD, "1", **cells)]))

    assert row["CommitmentDiscountStatus"] == expected
    assert component(row) == ("commitment_unused" if expected == "Unused" else "storage")


def test_columns_in_other_letters_and_columns_that_nobody_knows_are_kept(tmp_path: Path) -> None:
    native = {name.upper(): cell for name, cell in focus_row(PERIOD, "2").items()} | {"Surprise": "a, b", "x_new": "c"}

    (row,) = translated(AZURE_FOCUS, written(tmp_path, [native]))

    assert row["BilledCost"] == "2"
    assert (row["x_Surprise"], row["x_new"]) == ("a, b", "c")


def test_a_focus_file_without_a_mandatory_column_is_refused_by_its_name(tmp_path: Path) -> None:
    native = focus_row(PERIOD, "1")
    del native["ServiceName"]

    with pytest.raises(InvalidFocusFile, match="ServiceName") as refused:
        translated(AZURE_FOCUS, written(tmp_path, [native]))

    assert refused.value.column == "ServiceName"


def covered(name: str, cost: str, **cells: str) -> dict[str, str]:
    """A native row of usage that a reservation covers, by the spelling of its agreement."""
    row = enterprise_row if name == "enterprise" else customer_row
    model = "PricingModel" if name == "enterprise" else "pricingModel"
    reservation = "ReservationId" if name == "enterprise" else "reservationId"
    return row(PERIOD, cost, **{model: "Reservation", reservation: "ri-1", **cells})


@pytest.mark.parametrize("spelling", [enterprise_row, customer_row], ids=["enterprise", "customer"])
def test_a_row_of_the_amortised_export_becomes_focus(tmp_path: Path, spelling: Callable[..., dict[str, str]]) -> None:
    (row,) = translated(AZURE_AMORTIZED, written(tmp_path, [spelling(PERIOD, "0.184")]))

    assert row["BilledCost"] == row["EffectiveCost"] == row["ContractedCost"] == Decimal("0.184")
    assert (row["BillingPeriodStart"], row["BillingPeriodEnd"]) == (datetime(2025, 2, 1), datetime(2025, 3, 1))
    assert (row["ChargePeriodStart"], row["ChargePeriodEnd"]) == (datetime(2025, 2, 2), datetime(2025, 2, 3))
    assert (row["BillingCurrency"], row["BillingAccountId"]) == ("USD", ACCOUNT)
    assert row["SubAccountId"] == f"/subscriptions/{SUBSCRIPTION}"
    assert (row["ChargeCategory"], row["ChargeFrequency"], row["PricingCategory"]) == (
        "Usage",
        "Usage-Based",
        "Standard",
    )
    assert (row["ServiceName"], row["ServiceCategory"]) == ("Storage", "Storage")
    assert (row["ResourceId"], row["RegionId"], row["Tags"]) == (LAKE, "eastus", '{"team": "data"}')
    assert (row["ConsumedQuantity"], row["ConsumedUnit"]) == (Decimal(10), "1 GB/Month")
    assert row["CommitmentDiscountId"] is None
    assert component(row) == "storage"


CUSTOMER = "5e98e158-1111:0b1c2d3e-2222_2019-05-31"


@pytest.mark.parametrize(
    ("delivered", "expected", "kind"),
    [
        ({"billingAccountId": "1234567", "billingProfileId": "1234567"}, ACCOUNT, "Billing Account"),
        ({"billingAccountId": CUSTOMER, "billingProfileId": ""}, f"{ACCOUNT[:-7]}{CUSTOMER}", "Billing Account"),
        (
            {"billingAccountId": CUSTOMER, "billingProfileId": "Ab-CD"},
            f"{ACCOUNT[:-7]}{CUSTOMER}/billingProfiles/Ab-CD",
            "Billing Profile",
        ),
        ({"billingAccountId": ACCOUNT, "billingProfileId": "1234567"}, ACCOUNT, "Billing Account"),
        ({"billingAccountId": "", "billingProfileId": "1234567"}, None, "Billing Account"),
    ],
    ids=["enterprise", "customer without a profile", "customer", "a resource id already", "none"],
)
def test_the_billing_account_of_amortised_rows_is_written_as_focus_exports_write_it(
    tmp_path: Path, delivered: dict[str, str], expected: str | None, kind: str
) -> None:
    path = written(tmp_path, [customer_row(PERIOD, "2", **delivered, billingProfileName="Payer")])

    (row,) = translated(AZURE_AMORTIZED, path)

    assert (row["BillingAccountId"], row["BillingAccountType"]) == (expected, kind)
    assert row["BillingAccountName"] == ("Payer" if kind == "Billing Profile" else "Bank")
    assert row["x_billingAccountId"] == (delivered["billingAccountId"] or None)


def test_only_a_customer_agreement_tells_list_cost_and_invoice(tmp_path: Path) -> None:
    (enterprise,) = translated(AZURE_AMORTIZED, written(tmp_path, [enterprise_row(PERIOD, "2")], "ea.csv"))
    (customer,) = translated(AZURE_AMORTIZED, written(tmp_path, [customer_row(PERIOD, "2")], "mca.csv"))

    assert (enterprise["ListCost"], enterprise["InvoiceId"]) == (None, None)
    assert (customer["ListCost"], customer["InvoiceId"]) == (Decimal(2), "G012345678")


@pytest.mark.parametrize("agreement", ["enterprise", "customer"])
def test_covered_usage_is_billed_nothing_and_costs_its_share_of_the_reservation(tmp_path: Path, agreement: str) -> None:
    # A reservation of 8.76 USD a year: 0.001 USD for each of 8,760 hours; one hour is used, one is not.
    kind = "ChargeType" if agreement == "enterprise" else "chargeType"
    resource = "ResourceId" if agreement == "enterprise" else "resourceId"
    rows = [
        covered(agreement, "0.001"),
        covered(agreement, "0.001", **{kind: "UnusedReservation", resource: ""}),
    ]
    path = written(tmp_path, rows)

    used, unused = translated(AZURE_AMORTIZED, path)

    assert [(row["EffectiveCost"], row["BilledCost"]) for row in (used, unused)] == [(Decimal("0.001"), 0)] * 2
    assert (used["CommitmentDiscountStatus"], unused["CommitmentDiscountStatus"]) == ("Used", "Unused")
    assert (used["CommitmentDiscountId"], used["CommitmentDiscountCategory"]) == ("ri-1", "Usage")
    assert (component(used), component(unused)) == ("storage", "commitment_unused")
    assert used["ContractedCost"] is None
    assert read_natively(AZURE_AMORTIZED, path) == NativeReading(rows=2, billed_cost=Decimal(0))


def test_a_savings_plan_is_a_commitment_to_spend(tmp_path: Path) -> None:
    cells = {"PricingModel": "SavingsPlan", "benefitId": "/plans/1", "benefitName": "three years"}

    (row,) = translated(AZURE_AMORTIZED, written(tmp_path, [enterprise_row(PERIOD, "5", **cells)]))

    assert (row["CommitmentDiscountCategory"], row["CommitmentDiscountType"]) == ("Spend", "Savings Plan")
    assert (row["CommitmentDiscountId"], row["PricingCategory"]) == ("/plans/1", "Committed")


@pytest.mark.parametrize(
    ("charge_type", "category", "charge_class"),
    [
        ("Purchase", "Purchase", None),
        ("Refund", "Adjustment", "Correction"),
        ("RoundingAdjustment", "Adjustment", None),
        ("Tax", "Tax", None),
        ("Credit", "Credit", None),
    ],
)
def test_every_type_of_charge_is_kept_at_its_cost(
    tmp_path: Path, charge_type: str, category: str, charge_class: str | None
) -> None:
    path = written(tmp_path, [enterprise_row(PERIOD, "-3.5", ChargeType=charge_type, PricingModel="Reservation")])

    (row,) = translated(AZURE_AMORTIZED, path)

    assert (row["ChargeCategory"], row["ChargeClass"], row["BilledCost"]) == (category, charge_class, Decimal("-3.5"))
    assert (row["x_ChargeType"], row["x_PricingModel"]) == (charge_type, "Reservation")
    assert read_natively(AZURE_AMORTIZED, path).billed_cost == Decimal("-3.5")


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({"MeterCategory": "Virtual Machines", "MeterName": "D4s v5", "ServiceFamily": ""}, "compute"),
        ({"MeterCategory": "Bandwidth", "MeterName": "Standard Data Transfer Out"}, "transfer"),
        ({"MeterName": "Hot Read Operations"}, "requests"),
        ({"MeterName": "Cool Data Retrieval"}, "retrieval"),
        ({"MeterCategory": "Azure Databricks", "MeterName": "Premium Jobs Compute DBU"}, "compute"),
        ({"PublisherType": "Marketplace", "MeterCategory": "Databricks", "MeterName": "x"}, "marketplace"),
        ({"ChargeType": "Tax"}, "tax"),
    ],
)
def test_the_estate_classifies_amortised_rows(tmp_path: Path, cells: dict[str, str], expected: str) -> None:
    (row,) = translated(AZURE_AMORTIZED, written(tmp_path, [enterprise_row(PERIOD, "1", **cells)]))

    assert component(row) == expected


def test_a_cost_that_is_no_number_stays_empty_even_where_nothing_is_billed(tmp_path: Path) -> None:
    (row,) = translated(AZURE_AMORTIZED, written(tmp_path, [covered("enterprise", "a lot")]))

    assert row["BilledCost"] is None


@pytest.mark.parametrize("column", ["CostInBillingCurrency", "ChargeType", "PricingModel", "BillingPeriodStartDate"])
def test_an_amortised_file_without_a_column_that_decides_is_refused_by_its_name(tmp_path: Path, column: str) -> None:
    native = enterprise_row(PERIOD, "1")
    del native[column]

    with pytest.raises(InvalidFocusFile, match=column):
        translated(AZURE_AMORTIZED, written(tmp_path, [native]))


def test_parquet_with_types_is_read_as_its_csv_would_be(tmp_path: Path) -> None:
    rows = [enterprise_row(PERIOD, "0.1"), enterprise_row(PERIOD, "0.2", ChargeType="Credit")]
    columns: dict[str, pa.Array[Any]] = {
        name: pa.array([row[name] or None for row in rows], pa.string()) for name in rows[0]
    }
    columns["CostInBillingCurrency"] = pa.array([0.1, 0.2], pa.float64())
    for name in ("Date", "BillingPeriodStartDate", "BillingPeriodEndDate"):
        columns[name] = pa.array([datetime.strptime(row[name], "%m/%d/%Y") for row in rows], pa.timestamp("us"))
    path = tmp_path / "part.snappy.parquet"
    pq.write_table(pa.table(columns), path)

    typed = translated(AZURE_AMORTIZED, path)
    texts = translated(AZURE_AMORTIZED, written(tmp_path, rows))

    assert typed == texts
    assert read_natively(AZURE_AMORTIZED, path) == NativeReading(rows=2, billed_cost=Decimal("0.3"))


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
def test_a_compressed_file_is_read_as_it_was_and_refused_when_it_is_cut(tmp_path: Path, dialect: Dialect) -> None:
    row = focus_row(PERIOD, "1.5") if dialect is AZURE_FOCUS else enterprise_row(PERIOD, "1.5")
    path = written(tmp_path, [row] * 200, "part.csv.gz")
    assert len(translated(dialect, path)) == read_natively(dialect, path).rows == 200

    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])

    with pytest.raises(InvalidFocusFile):
        translated(dialect, path)
    with pytest.raises(InvalidFocusFile):
        read_natively(dialect, path)


def test_a_cut_parquet_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "part.parquet"
    pq.write_table(pa.table({"BilledCost": ["1"]}), path)
    path.write_bytes(path.read_bytes()[:-20])

    with pytest.raises(InvalidFocusFile):
        translated(AZURE_FOCUS, path)


def test_a_small_file_that_unpacks_to_a_large_one_is_refused_before_it_is_translated(tmp_path: Path) -> None:
    name, content, _ = bomb(PERIOD)
    path = tmp_path / name
    path.write_bytes(content)

    with pytest.raises(InvalidFocusFile, match="unpack"):
        translated(AZURE_FOCUS, path)
    assert not path.with_suffix(".out.parquet").exists()
    with pytest.raises(InvalidFocusFile, match="unpack"):
        read_natively(AZURE_FOCUS, path)


MONEY = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**9), max_value=10**9, places=9).map(str)
LONG_MONEY = st.decimals(allow_nan=False, allow_infinity=False, min_value=-1000, max_value=1000, places=17).map(str)
NO_MONEY = st.sampled_from(["", "NULL", "n/a", "1.2E-05", "-7.5e3", " 2.5 ", "1,000"])


def cost_of(text: str) -> Decimal:
    """A cell as it must be read: twelve places, a half away from zero; what is no number counts nothing."""
    try:
        return Decimal(text.strip()).quantize(Decimal("1e-12"), ROUND_HALF_UP)
    except ArithmeticError:
        return Decimal(0)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(costs=st.lists(MONEY | LONG_MONEY | NO_MONEY, min_size=1, max_size=12), is_focus=st.booleans())
def test_every_row_is_kept_and_both_parsers_find_the_same_money(
    tmp_path: Path, costs: list[str], is_focus: bool
) -> None:
    dialect, row = (AZURE_FOCUS, focus_row) if is_focus else (AZURE_AMORTIZED, enterprise_row)
    path = written(tmp_path, [row(PERIOD, cost) for cost in costs])

    rows, reading = translated(dialect, path), read_natively(dialect, path)

    expected = sum(map(cost_of, costs), Decimal(0))
    assert sum((cost_of(str(each["BilledCost"] or "")) for each in rows), Decimal(0)) == expected
    assert reading == NativeReading(rows=len(costs), billed_cost=expected)
    assert len(rows) == len(costs)

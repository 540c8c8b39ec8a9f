"""Every kind of oddity is found where it is, counted with its cost, and nowhere else."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from collectors.focus import ingest_files
from collectors.focus.checks import BITS_PER_MASK, CHECKS, MASK_COLUMNS, MEANINGS, checks_of
from collectors.store import IngestStore
from tests.focus.bills import NOW, Cells, row, write_bill

# code, column, the cells that show it, what is stored in the column afterwards
CASES: list[tuple[str, str, dict[str, str], object]] = [
    ("null_text", "ResourceName", {"ResourceName": "NULL"}, None),
    ("null_text", "ConsumedQuantity", {"ConsumedQuantity": "null"}, None),
    ("null_text", "Tags", {"Tags": "\\N"}, None),
    ("not_a_number", "ConsumedQuantity", {"ConsumedQuantity": "1,5"}, None),
    ("not_a_number", "PricingQuantity", {"PricingQuantity": "ten"}, None),
    ("not_a_time", "ChargePeriodEnd", {"ChargePeriodEnd": "soon"}, None),
    ("value_casing", "ChargeCategory", {"ChargeCategory": "usage"}, "Usage"),
    ("value_casing", "ChargeFrequency", {"ChargeFrequency": " Usage-based"}, "Usage-Based"),
    ("value_casing", "BillingCurrency", {"BillingCurrency": "usd"}, "USD"),
    ("unknown_value", "ChargeCategory", {"ChargeCategory": "Fee"}, "Fee"),
    ("unknown_value", "ServiceSubcategory", {"ServiceSubcategory": "Toasters"}, "Toasters"),
    ("empty_required", "EffectiveCost", {"EffectiveCost": ""}, None),
    ("empty_required", "InvoiceIssuerName", {"InvoiceIssuerName": ""}, None),
    ("shifted_cell", "AvailabilityZone", {"AvailabilityZone": "0.045"}, None),
    ("shifted_cell", "RegionId", {"RegionId": "1e-3"}, None),
    ("negative_unit_price", "ListUnitPrice", {"ListUnitPrice": "-0.125", "ListCost": "-1.25"}, Decimal("-0.125")),
    ("negative_quantity", "ConsumedQuantity", {"ConsumedQuantity": "-3"}, Decimal(-3)),
    ("invalid_json", "Tags", {"Tags": "{team: payments}"}, "{team: payments}"),
    ("rounded_cost", "EffectiveCost", {"EffectiveCost": "1"}, Decimal(1)),
    ("mangled_arn", "ResourceId", {"ResourceId": "arn:ats:el2:x"}, "arn:ats:el2:x"),
    ("excess_decimals", "BilledCost", {"BilledCost": "1.2500000000004"}, Decimal("1.25")),
    ("list_cost_differs", "ListCost", {"ListCost": "12.5"}, Decimal("12.5")),
    ("contracted_cost_differs", "ContractedCost", {"ContractedCost": "9"}, Decimal(9)),
]


def ingest(store: IngestStore, tmp_path: Path, rows: list[Cells], suffix: str = ".csv") -> dict[tuple[str, str], int]:
    report = ingest_files(store, [write_bill(tmp_path / f"bill{suffix}", rows)], ingested_at=NOW)
    assert report.rejections == ()
    return {(each.code, each.column): each.rows for each in report.oddities}


def test_each_oddity_is_found_in_its_column_and_the_stored_value_is_as_promised(
    store: IngestStore, tmp_path: Path
) -> None:
    rows: list[Cells] = [row(SkuId=str(number), **cells) for number, (_, _, cells, _) in enumerate(CASES)]
    rows.append(row(SkuId="clean"))

    report = ingest_files(store, [write_bill(tmp_path / "bill.csv", rows)], ingested_at=NOW)

    found = {(each.code, each.column): each for each in report.oddities}
    assert set(found) == {(code, column) for code, column, _, _ in CASES} | {("empty_required", "ChargePeriodEnd")}
    with store.connect() as connection:
        for number, (code, column, _, stored) in enumerate(CASES):
            assert f"bill.csv:row {number + 1}" in found[code, column].examples
            ((value,),) = connection.execute(
                f"SELECT {column} FROM cost_and_usage WHERE SkuId = ?", [str(number)]
            ).fetchall()
            assert value == stored, (code, column)


def test_periods_that_end_before_they_start_are_odd(store: IngestStore, tmp_path: Path) -> None:
    rows: list[Cells] = [
        row(ChargePeriodStart="2025-01-03T00:00:00Z"),
        row(BillingPeriodEnd="2025-01-01T00:00:00Z"),
    ]
    assert ingest(store, tmp_path, rows) == {
        ("period_reversed", "ChargePeriodEnd"): 1,
        ("period_reversed", "BillingPeriodEnd"): 1,
    }


def test_an_oddity_carries_the_cost_of_its_rows_by_currency(store: IngestStore, tmp_path: Path) -> None:
    rows = [
        row(BilledCost="1", ResourceName="NULL"),
        row(BilledCost="2", ResourceName="NULL", BillingCurrency="EUR"),
        row(BilledCost="4", ResourceName="NULL", RegionName="NULL"),
        row(BilledCost="8"),
    ]
    report = ingest_files(store, [write_bill(tmp_path / "bill.csv", rows)], ingested_at=NOW)
    by_column = {each.column: each for each in report.oddities}
    assert by_column["ResourceName"].cost_affected == {"EUR": Decimal(2), "USD": Decimal(5)}
    assert by_column["ResourceName"].rows == 3
    assert by_column["ResourceName"].examples == ("bill.csv:row 1", "bill.csv:row 2", "bill.csv:row 3")
    assert by_column["RegionName"].cost_affected == {"USD": Decimal(4)}


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_text_cells_are_judged_alike_in_every_format(store: IngestStore, tmp_path: Path, suffix: str) -> None:
    rows: list[Cells] = [row(ResourceName="NULL", ChargeFrequency="RECURRING", AvailabilityZone="3")]
    assert ingest(store, tmp_path, rows, suffix) == {
        ("null_text", "ResourceName"): 1,
        ("value_casing", "ChargeFrequency"): 1,
        ("shifted_cell", "AvailabilityZone"): 1,
    }


def test_column_names_in_another_spelling_are_taken_and_said(store: IngestStore, tmp_path: Path) -> None:
    bill = write_bill(tmp_path / "bill.csv", [row()])
    bill.write_text(bill.read_text().replace("BilledCost", " billedcost", 1))
    report = ingest_files(store, [bill], ingested_at=NOW)
    assert report.billed_cost == {"USD": Decimal("1.25")}
    assert [(each.code, each.column) for each in report.oddities] == [("column_spelling", "BilledCost")]


def test_a_committed_row_may_cost_a_whole_number(store: IngestStore, tmp_path: Path) -> None:
    committed = row(CommitmentDiscountId="sp-1", EffectiveCost="1", PricingCategory="Committed")
    assert ingest(store, tmp_path, [committed]) == {}


def test_a_delivery_ingested_again_reports_the_same_oddities(store: IngestStore, tmp_path: Path) -> None:
    bill = write_bill(tmp_path / "bill.csv", [row(ResourceName="NULL"), row(BilledCost="x")])
    first = ingest_files(store, [bill], ingested_at=NOW)
    again = ingest_files(store, [bill], ingested_at=NOW)
    assert (again.unchanged, again.oddities, again.rejections) == (True, first.oddities, first.rejections)


def test_every_check_has_a_bit_and_a_meaning() -> None:
    assert len(CHECKS) <= BITS_PER_MASK * len(MASK_COLUMNS)
    assert {check.code for check in CHECKS} == set(MEANINGS)
    assert len({(check.code, check.column) for check in CHECKS}) == len(CHECKS)
    for position, check in enumerate(CHECKS):
        masks = [0] * len(MASK_COLUMNS)
        masks[position // BITS_PER_MASK] = 1 << (position % BITS_PER_MASK)
        assert checks_of(tuple(masks)) == (check,)

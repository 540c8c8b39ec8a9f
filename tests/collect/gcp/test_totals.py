"""Independent totals: noted invoices, and the sums of another export."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from collectors.collector import IndependentTotal
from collectors.errors import InvalidManifest, NotFoundAtProvider
from collectors.gcp import open_collector
from collectors.gcp.totals import read_invoices
from tests.collect.gcp.rows import credit, detailed_row
from tests.collect.gcp.vendor import ENVIRON, BigQueryVendor

HEADER = "invoice_month,currency,amount,final\n"


def test_invoices_of_one_month_are_added_by_currency(tmp_path: Path) -> None:
    path = tmp_path / "invoices.csv"
    path.write_text(HEADER + "2025-06,USD,10.10,true\n202506,usd,0.20,true\n2025-06,EUR,-1,true\n2025-07,USD,3,false\n")
    assert read_invoices(path) == {
        "2025-06": IndependentTotal(
            costs={"USD": Decimal("10.30"), "EUR": Decimal(-1)}, final=True, origin="invoice of 2025-06 in invoices.csv"
        ),
        "2025-07": IndependentTotal(
            costs={"USD": Decimal(3)}, final=False, origin="invoice of 2025-07 in invoices.csv"
        ),
    }


def test_a_month_is_final_only_when_all_of_its_invoices_are(tmp_path: Path) -> None:
    path = tmp_path / "invoices.csv"
    path.write_text(HEADER + "2025-06,USD,1,true\n2025-06,USD,1,false\n")
    assert not read_invoices(path)["2025-06"].final


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("month,amount\n2025-06,1\n", "line 1: its columns are not"),
        (HEADER + "2025-13,USD,1,true\n", "line 2: invoice_month '2025-13'"),
        (HEADER + "2025-06,USD,1,true\n2025-06,dollars,1,true\n", "line 3: currency 'dollars'"),
        (HEADER + "2025-06,USD,lots,true\n", "amount 'lots'"),
        (HEADER + "2025-06,USD,NaN,true\n", "amount 'NaN'"),
        (HEADER + "2025-06,USD,1,maybe\n", "final 'maybe'"),
        (HEADER + "2025-06,USD\n", "final ''"),
    ],
)
def test_a_line_that_is_no_invoice_is_told_by_its_number(tmp_path: Path, text: str, reason: str) -> None:
    path = tmp_path / "invoices.csv"
    path.write_text(text)
    with pytest.raises(InvalidManifest) as caught:
        read_invoices(path)
    assert reason in str(caught.value)


def test_a_file_of_invoices_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFoundAtProvider, match=r"none\.csv"):
        read_invoices(tmp_path / "none.csv")


def test_another_export_is_summed_by_month_and_currency_over_all_sellers(table_vendor: BigQueryVendor) -> None:
    table_vendor.append(
        [
            detailed_row("10", credits=[credit("-1", "FREE_TIER"), credit("-2", "PROMOTION")]),
            detailed_row("0.1", seller_name="Snowflake Inc."),
            detailed_row("0.2", currency="EUR"),
            detailed_row("5", month="202505"),
        ]
    )
    connection = replace(table_vendor.connection, totals_table=table_vendor.table_id)
    found = open_collector(connection, environ=ENVIRON).independent_totals(["2025-06", "2025-07"])
    # 10 - 1 - 2 + 0.1 = 7.1
    assert found == {
        "2025-06": IndependentTotal(
            costs={"USD": Decimal("7.1"), "EUR": Decimal("0.2")},
            final=False,
            origin=f"sum of {table_vendor.table_id}",
        )
    }


def test_a_noted_invoice_goes_before_another_export(table_vendor: BigQueryVendor) -> None:
    table_vendor.append([detailed_row("10"), detailed_row("5", month="202505")])
    table_vendor.state_total("2025-06", {"USD": Decimal("9.99")}, final=True)
    connection = replace(table_vendor.connection, totals_table=table_vendor.table_id)
    found = open_collector(connection, environ=ENVIRON).independent_totals(["2025-05", "2025-06"])
    assert {period: (total.costs["USD"], total.final) for period, total in found.items()} == {
        "2025-05": (Decimal(5), False),
        "2025-06": (Decimal("9.99"), True),
    }


def test_without_either_no_total_is_told(table_vendor: BigQueryVendor) -> None:
    assert table_vendor.open().independent_totals(["2025-06"]) == {}
    assert table_vendor.proxy.requests == []

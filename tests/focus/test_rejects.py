"""Rows that cannot be used are kept, counted and shown with their cost."""

from __future__ import annotations

import gzip
import json
from decimal import Decimal
from pathlib import Path

import pytest

from collectors.errors import InvalidFocusFile
from collectors.focus import ingest_files
from collectors.focus.normalise import REASONS
from collectors.store import IngestStore
from tests.focus.bills import NOW, csv_text, row, write_bill


def rejects_of(store: IngestStore, columns: str) -> list[tuple[object, ...]]:
    with store.connect() as connection:
        return connection.execute(f"SELECT {columns} FROM rejects ORDER BY row_number").fetchall()


@pytest.mark.parametrize("suffix", [".csv", ".csv.gz", ".parquet"])
def test_each_reason_keeps_its_rows_and_their_cost(store: IngestStore, tmp_path: Path, suffix: str) -> None:
    rows = [
        row(BilledCost="1"),
        row(BilledCost="1.2.3"),
        row(BilledCost=""),
        row(BilledCost="2", BillingPeriodStart="January"),
        row(BilledCost="4", BillingPeriodStart="0001-01-01T00:00:00Z"),
        row(BilledCost="8", BillingCurrency=""),
        row(BilledCost="16", BillingCurrency="XYZ"),
        row(BilledCost="32", BillingCurrency="NULL"),
    ]

    report = ingest_files(store, [write_bill(tmp_path / f"bill{suffix}", rows)], ingested_at=NOW)

    assert (report.rows, report.rejected_rows) == (1, 7)
    assert report.rejected_cost == {"USD": Decimal(6), "XYZ": Decimal(16), "unknown": Decimal(40)}
    assert {each.reason: (each.rows, sum(each.cost.values())) for each in report.rejections} == {
        "no_billed_cost": (2, 0),
        "no_billing_period": (2, 6),
        "no_currency": (2, 40),
        "unknown_currency": (1, 16),
    }
    assert all(each.meaning == REASONS[each.reason] for each in report.rejections)
    assert rejects_of(store, "row_number, reason, billed_cost, billed_cost_text")[:3] == [
        (2, "no_billed_cost", None, "1.2.3"),
        (3, "no_billed_cost", None, None),
        (4, "no_billing_period", Decimal(2), "2"),
    ]


def test_a_reject_keeps_every_cell_as_it_was(store: IngestStore, tmp_path: Path) -> None:
    bad = row(BilledCost="?", ChargeFrequency="usage-based", Tags="NULL", x_Note="look")
    ingest_files(store, [write_bill(tmp_path / "bill.csv", [row(), bad])], ingested_at=NOW)
    ((cells,),) = rejects_of(store, "cells")
    kept = json.loads(str(cells))
    assert (kept["BilledCost"], kept["ChargeFrequency"], kept["Tags"], kept["x_Note"]) == (
        "?", "usage-based", "NULL", "look",
    )  # fmt: skip


def test_lines_with_too_few_or_too_many_cells_are_kept_and_counted(store: IngestStore, tmp_path: Path) -> None:
    header, first, second = csv_text([row(BilledCost="1"), row(BilledCost="2")]).splitlines()
    (tmp_path / "bill.csv").write_text("\n".join([header, first, "us-east-1a,7", second, second + ",more"]) + "\n")

    report = ingest_files(store, [tmp_path / "bill.csv"], ingested_at=NOW)

    assert (report.rows, report.rejected_rows, report.billed_cost) == (2, 2, {"USD": Decimal(3)})
    assert [(each.reason, each.rows, each.examples) for each in report.rejections] == [
        ("malformed_line", 2, ("bill.csv:line 3", "bill.csv:line 5"))
    ]
    kept = [json.loads(str(cells)) for (cells,) in rejects_of(store, "cells")]
    assert kept[0]["line"] == "us-east-1a,7"
    assert "Expected Number of Columns" in kept[0]["fault"]


@pytest.mark.parametrize("suffix", [".csv", ".csv.gz"])
def test_a_line_that_is_not_utf_8_is_kept_with_its_cost(store: IngestStore, tmp_path: Path, suffix: str) -> None:
    bad = row(ServiceName="caf\u00e9", ChargeDescription="two\nlines")
    text = csv_text([row(), bad, row()]).encode("utf-8").replace(b"\xc3\xa9", b"\xe9")
    path = tmp_path / f"bill{suffix}"
    path.write_bytes(gzip.compress(text) if suffix == ".csv.gz" else text)
    report = ingest_files(store, [path], ingested_at=NOW)
    assert (report.rows, report.rejected_rows, report.rejected_cost) == (2, 1, {"USD": Decimal("1.25")})
    assert rejects_of(store, "reason, billed_cost") == [("malformed_line", Decimal("1.25"))]


def test_a_reject_without_a_period_goes_with_the_first_period_of_its_source(store: IngestStore, tmp_path: Path) -> None:
    rows = [
        row(BillingAccountId="2", BilledCost="1"),
        row(BillingAccountId="1", BilledCost="2"),
        row(BillingAccountId="2", BilledCost="4", BillingPeriodStart=""),
        row(BillingAccountId="3", BilledCost="8", BillingPeriodStart=""),
    ]
    report = ingest_files(store, [write_bill(tmp_path / "bill.csv", rows)], ingested_at=NOW)
    assert {v.source: dict(v.rejected_cost) for v in report.versions} == {
        "aws:1": {"USD": Decimal(8)},
        "aws:2": {"USD": Decimal(4)},
    }
    assert rejects_of(store, "source, billing_period, billed_cost") == [
        ("aws:2", None, Decimal(4)),
        ("aws:3", None, Decimal(8)),
    ]


def test_a_bill_of_rejects_alone_is_kept_and_shown(store: IngestStore, tmp_path: Path) -> None:
    report = ingest_files(
        store, [write_bill(tmp_path / "bill.csv", [row(BillingPeriodStart="", BilledCost="3")])], ingested_at=NOW
    )
    assert [(v.period, v.rows, v.rejected_rows) for v in report.versions] == [("unknown", 0, 1)]
    assert rejects_of(store, "reason, billed_cost") == [("no_billing_period", Decimal(3))]


def test_a_bill_of_rejects_alone_does_not_erase_good_rows(store: IngestStore, tmp_path: Path) -> None:
    ingest_files(store, [write_bill(tmp_path / "good.csv", [row(), row()])], ingested_at=NOW)
    before = store.fingerprint()

    with pytest.raises(InvalidFocusFile, match=r"every row of aws:111122223333 in 2025-01 is rejected.*2 rows"):
        ingest_files(store, [write_bill(tmp_path / "bad.csv", [row(BilledCost="?")])], ingested_at=NOW)

    assert (store.fingerprint(), len(store.history())) == (before, 1)


def test_a_corrected_bill_takes_the_rejects_away(store: IngestStore, tmp_path: Path) -> None:
    ingest_files(store, [write_bill(tmp_path / "a.csv", [row(), row(BilledCost="?")])], ingested_at=NOW)
    ingest_files(store, [write_bill(tmp_path / "b.csv", [row(), row(BilledCost="2")])], ingested_at=NOW)
    assert rejects_of(store, "reason") == []

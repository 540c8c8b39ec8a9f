"""Bills of every version and format become the same rows."""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from collectors.focus import VERSIONS, ingest_files
from collectors.store import COLUMNS, IngestStore
from tests.focus.bills import NOW, csv_text, row, sum_of, write_bill

FORMATS = (".csv", ".csv.gz", ".parquet")


def rows_of(store: IngestStore, columns: str) -> list[tuple[object, ...]]:
    with store.connect() as connection:
        return connection.execute(f"SELECT {columns} FROM cost_and_usage ORDER BY source, row_number").fetchall()


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("suffix", FORMATS)
def test_every_version_and_format_is_stored_under_the_names_of_1_4(
    store: IngestStore, tmp_path: Path, version: str, suffix: str
) -> None:
    bill = write_bill(tmp_path / f"bill{suffix}", [row(), row(BilledCost="-0.000000000001")], version=version)

    report = ingest_files(store, [bill], ingested_at=NOW)

    assert (report.rows, report.rejected_rows, report.unchanged) == (2, 0, False)
    assert report.billed_cost == {"USD": Decimal("1.249999999999")}
    assert report.versions[0].contents.focus_versions == (version,)
    assert rows_of(
        store, "BilledCost, BillingPeriodStart, ServiceProviderName, HostProviderName, Tags, row_number"
    ) == [
        (Decimal("1.25"), datetime(2025, 1, 1), "AWS", "AWS", '{"team": "payments"}', 1),
        (Decimal("-0.000000000001"), datetime(2025, 1, 1), "AWS", "AWS", '{"team": "payments"}', 2),
    ]


def test_a_clean_bill_has_no_oddity(store: IngestStore, tmp_path: Path) -> None:
    report = ingest_files(store, [write_bill(tmp_path / "bill.csv", [row()], version="1.4")], ingested_at=NOW)
    assert (report.oddities, report.rejections) == ((), ())


def test_an_empty_store_has_empty_views_with_every_column(store: IngestStore) -> None:
    with store.connect() as connection:
        described = {name: kind for name, kind, *_ in connection.execute("DESCRIBE cost_and_usage").fetchall()}
        assert connection.execute("SELECT count(*) FROM rejects").fetchall() == [(0,)]
    for column in COLUMNS:
        assert described[column.name].replace(" ", "") == column.sql_type.replace(" ", "")
    assert set(described) > {"source", "period_version", "row_number", "billing_period", "x_columns"}


def test_a_full_store_has_the_same_columns_as_an_empty_one(store: IngestStore, tmp_path: Path) -> None:
    with store.connect() as connection:
        empty = connection.execute("DESCRIBE cost_and_usage").fetchall()
        empty_rejects = connection.execute("DESCRIBE rejects").fetchall()
    bill = write_bill(tmp_path / "bill.csv", [row(), row(BilledCost="much")], version="1.0")
    ingest_files(store, [bill], ingested_at=NOW)
    with store.connect() as connection:
        assert connection.execute("DESCRIBE cost_and_usage").fetchall() == empty
        assert connection.execute("DESCRIBE rejects").fetchall() == empty_rejects


def test_columns_beyond_the_specification_are_kept_as_json(store: IngestStore, tmp_path: Path) -> None:
    columns = [*csv_text([row()]).splitlines()[0].split(","), "x_Operation", "Odd"]
    rows = [{**row(PublisherName="Red Hat"), "x_Operation": "RunInstances", "Odd": "7"}]
    bill = write_bill(tmp_path / "bill.csv", rows, columns=columns)

    report = ingest_files(store, [bill], ingested_at=NOW)

    ((kept,),) = rows_of(store, "x_columns")
    assert json.loads(str(kept)) == {"PublisherName": "Red Hat", "x_Operation": "RunInstances", "Odd": "7"}
    assert [(each.code, each.column, each.rows) for each in report.oddities] == [("unknown_column", "Odd", 1)]


def test_typed_parquet_with_maps_and_doubles_is_exact_to_twelve_places(store: IngestStore, tmp_path: Path) -> None:
    text = {name: [cell] for name, cell in row().items() if name not in ("ServiceProviderName", "HostProviderName")}
    typed = {
        **{name: pa.array(cells) for name, cells in text.items()},
        "BilledCost": pa.array([0.1], pa.float64()),
        "EffectiveCost": pa.array([Decimal("0.123456789012")], pa.decimal128(38, 12)),
        "BillingPeriodStart": pa.array([datetime(2025, 1, 1)], pa.timestamp("ms", "UTC")),
        "BillingPeriodEnd": pa.array([datetime(2025, 2, 1)], pa.timestamp("us")),
        "Tags": pa.array([[("team", "payments"), ("tier", None)]], pa.map_(pa.string(), pa.string())),
        "ChargeClass": pa.nulls(1, pa.string()),
        "ConsumedQuantity": pa.array([3], pa.int32()),
    }
    pq.write_table(pa.table({**typed, "x_Cost": pa.array([{"a": 1}])}), tmp_path / "bill.parquet")

    ingest_files(store, [tmp_path / "bill.parquet"], ingested_at=NOW)

    ((billed, effective, start, end, tags, quantity, extra),) = rows_of(
        store, "BilledCost, EffectiveCost, BillingPeriodStart, BillingPeriodEnd, Tags, ConsumedQuantity, x_columns"
    )
    assert (billed, effective) == (Decimal("0.1"), Decimal("0.123456789012"))
    assert (start, end, quantity) == (datetime(2025, 1, 1), datetime(2025, 2, 1), 3)
    assert json.loads(str(tags)) == {"team": "payments", "tier": None}
    assert json.loads(str(extra))["x_Cost"] == {"a": 1}


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("2025-01-02T00:00:00Z", datetime(2025, 1, 2)),
        ("2025-01-02 00:00:00", datetime(2025, 1, 2)),
        ("2025-01-02", datetime(2025, 1, 2)),
        ("2025-01-02T00:00:00.250Z", datetime(2025, 1, 2, 0, 0, 0, 250000)),
        ("2025-01-02T00:00:00+02:00", datetime(2025, 1, 1, 22)),
        ("2025-01-02T00:00-05", datetime(2025, 1, 2, 5)),
    ],
)
def test_times_are_stored_in_utc(store: IngestStore, tmp_path: Path, written: str, stored: datetime) -> None:
    ingest_files(store, [write_bill(tmp_path / "b.csv", [row(ChargePeriodStart=written)])], ingested_at=NOW)
    assert rows_of(store, "ChargePeriodStart") == [(stored,)]


def test_a_file_with_several_sources_and_periods_is_split(store: IngestStore, tmp_path: Path) -> None:
    february = {"BillingPeriodStart": "2025-02-01T00:00:00Z", "BillingPeriodEnd": "2025-03-01T00:00:00Z"}
    rows = [
        row(BilledCost="1"),
        row(BilledCost="2", **february),
        row(BilledCost="4", BillingAccountId="9"),
        row(BilledCost="8", ProviderName="Snowflake", BillingAccountId="ACME"),
        row(BilledCost="16", **february),
    ]

    report = ingest_files(store, [write_bill(tmp_path / "bill.csv", rows)], ingested_at=NOW)

    assert {(v.source, v.period): v.billed_cost["USD"] for v in report.versions} == {
        ("aws:111122223333", "2025-01"): 1,
        ("aws:111122223333", "2025-02"): 18,
        ("aws:9", "2025-01"): 4,
        ("snowflake:ACME", "2025-01"): 8,
    }
    assert rows_of(store, "source, billing_period, row_number") == [
        ("aws:111122223333", "2025-01", 1),
        ("aws:111122223333", "2025-02", 2),
        ("aws:111122223333", "2025-02", 5),
        ("aws:9", "2025-01", 3),
        ("snowflake:ACME", "2025-01", 4),
    ]


def test_files_of_one_call_form_one_version_whatever_their_order(store: IngestStore, tmp_path: Path) -> None:
    first = write_bill(tmp_path / "a.csv", [row(BilledCost="1")])
    second = write_bill(tmp_path / "b.parquet", [row(BilledCost="2"), row(BilledCost="3")])

    report = ingest_files(store, [first, second], ingested_at=NOW)
    again = ingest_files(store, [second, first], ingested_at=NOW)

    assert (len(report.versions), report.rows, report.billed_cost) == (1, 3, {"USD": Decimal(6)})
    assert again.unchanged
    assert len(store.history()) == 1
    with store.connect() as connection:
        assert connection.execute("SELECT list(row_number ORDER BY row_number) FROM cost_and_usage").fetchall() == [
            ([1, 2, 3],)
        ]


def test_a_folder_stands_for_the_bills_in_it(store: IngestStore, tmp_path: Path) -> None:
    folder = tmp_path / "bills"
    (folder / "deep").mkdir(parents=True)
    write_bill(folder / "a.csv", [row(BilledCost="1")])
    write_bill(folder / "deep" / "b.csv", [row(BilledCost="2")])
    (folder / "notes.txt").write_text("not a bill")

    assert ingest_files(store, [folder], ingested_at=NOW).billed_cost == {"USD": Decimal(3)}


def test_a_named_source_files_every_row_under_it(store: IngestStore, tmp_path: Path) -> None:
    rows = [row(), row(BillingAccountId="9")]
    report = ingest_files(store, [write_bill(tmp_path / "bill.csv", rows)], source="group", ingested_at=NOW)
    assert [(v.source, v.rows) for v in report.versions] == [("group", 2)]


def test_currencies_are_never_added(store: IngestStore, tmp_path: Path) -> None:
    rows = [row(BilledCost="1"), row(BilledCost="2", BillingCurrency="EUR"), row(BilledCost="4", BillingCurrency="EUR")]
    report = ingest_files(store, [write_bill(tmp_path / "bill.csv", rows)], ingested_at=NOW)
    assert report.billed_cost == {"EUR": Decimal(6), "USD": Decimal(1)}


def test_the_same_file_twice_in_one_call_is_counted_once_and_said(store: IngestStore, tmp_path: Path) -> None:
    first = write_bill(tmp_path / "a.csv", [row()])
    second = write_bill(tmp_path / "b.csv", [row()])

    report = ingest_files(store, [first, second], ingested_at=NOW)

    assert (report.rows, [each.code for each in report.oddities]) == (1, ["duplicate_file"])


def test_other_delimiters_quotes_and_line_ends_are_read(store: IngestStore, tmp_path: Path) -> None:
    rows = [row(ChargeDescription='a "quoted", thing; with\ntwo lines', BilledCost="3")]
    text = csv_text(rows).replace("\n", "\r\n")
    (tmp_path / "bill.csv").write_bytes(b"\xef\xbb\xbf" + text.encode())

    ingest_files(store, [tmp_path / "bill.csv"], ingested_at=NOW)

    assert rows_of(store, "ChargeDescription, BilledCost") == [('a "quoted", thing; with\r\ntwo lines', Decimal(3))]


def test_progress_names_each_file(store: IngestStore, tmp_path: Path) -> None:
    said: list[str] = []
    ingest_files(store, [write_bill(tmp_path / "bill.csv", [row()])], ingested_at=NOW, progress=said.append)
    assert said == ["keeping bill.csv", "reading bill.csv (1 of 1)"]


def test_money_is_summed_exactly_over_many_rows(store: IngestStore, tmp_path: Path) -> None:
    rows = [row(BilledCost="0.1000000001") for _ in range(1000)]
    report = ingest_files(store, [write_bill(tmp_path / "bill.csv", rows)], ingested_at=NOW)
    assert report.billed_cost == {"USD": Decimal("100.0000001")} == {"USD": sum_of(rows)}

"""What is written as FOCUS of any version is read back as the same rows."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest

from collectors.errors import InvalidFocusFile
from collectors.focus import VERSIONS, columns_of, ingest_files, write_focus
from collectors.store import COLUMNS, IngestStore
from collectors.store.schema import Kind
from tests.focus.bills import NOW, row


def written_rows() -> pa.Table:
    cells = row(BilledCost="0.000000000001", x_Cluster="c-1")
    kinds = {column.name: column.kind for column in COLUMNS}
    arrays = {}
    for name, cell in cells.items():
        kind = kinds.get(name)
        if name in ("ProviderName", "PublisherName"):
            continue
        if kind is Kind.DECIMAL:
            arrays[name] = pa.array([Decimal(str(cell))], pa.decimal128(38, 12))
        elif kind is Kind.TIME:
            arrays[name] = pa.array([datetime.fromisoformat(str(cell))], pa.timestamp("us", "UTC"))
        else:
            arrays[name] = pa.array([cell])
    return pa.table(arrays)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("suffix", [".csv", ".csv.gz", ".parquet"])
def test_a_written_bill_has_the_columns_of_its_version_and_reads_back(
    store: IngestStore, tmp_path: Path, version: str, suffix: str
) -> None:
    path = tmp_path / f"bill{suffix}"
    write_focus(written_rows(), path, version=version)

    names = pq.read_schema(path).names if suffix == ".parquet" else pa_csv.read_csv(path).column_names
    assert tuple(names) == (*columns_of(version), "x_Cluster")
    report = ingest_files(store, [path], ingested_at=NOW)
    assert (report.versions[0].contents.focus_versions, report.rows) == ((version,), 1)
    with store.connect() as connection:
        read = connection.execute(
            "SELECT BilledCost, ChargePeriodStart, ServiceProviderName, Tags, x_columns->>'x_Cluster' "
            "FROM cost_and_usage"
        ).fetchall()
    assert read == [(Decimal("1e-12"), datetime(2025, 1, 2), "AWS", '{"team": "payments"}', "c-1")]


def test_a_data_frame_is_written_too(store: IngestStore, tmp_path: Path) -> None:
    frame = pd.DataFrame([{k: v for k, v in row().items() if k not in ("ProviderName", "PublisherName")}])
    frame["BilledCost"] = [2.5]
    frame["BillingPeriodStart"] = pd.to_datetime(frame["BillingPeriodStart"])
    frame["Tags"] = [{"team": "payments", "none": None}]
    write_focus(frame, tmp_path / "bill.csv", version="1.3")
    report = ingest_files(store, [tmp_path / "bill.csv"], ingested_at=NOW)
    assert report.billed_cost == {"USD": Decimal("2.5")}
    with store.connect() as connection:
        assert connection.execute("SELECT Tags FROM cost_and_usage").fetchall() == [('{"team": "payments"}',)]


@pytest.mark.parametrize("suffix", [".csv", ".csv.gz", ".parquet"])
def test_the_same_rows_give_the_same_bytes(tmp_path: Path, suffix: str) -> None:
    first, second = tmp_path / f"a{suffix}", tmp_path / f"b{suffix}"
    write_focus(written_rows(), first)
    write_focus(written_rows(), second)
    assert first.read_bytes() == second.read_bytes()


def test_an_unknown_version_or_suffix_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"'0\.5' is not one of 1\.0"):
        write_focus(written_rows(), tmp_path / "bill.csv", version="0.5")
    with pytest.raises(InvalidFocusFile, match="cannot tell the format"):
        write_focus(written_rows(), tmp_path / "bill.xls")


def test_times_with_a_zone_are_written_in_utc(tmp_path: Path) -> None:
    rows = written_rows().set_column(
        written_rows().column_names.index("ChargePeriodStart"),
        "ChargePeriodStart",
        pa.array([datetime(2025, 1, 2, 3, tzinfo=UTC)], pa.timestamp("us", "Asia/Tokyo")),
    )
    write_focus(rows, tmp_path / "bill.csv")
    assert "2025-01-02T03:00:00Z" in (tmp_path / "bill.csv").read_text()

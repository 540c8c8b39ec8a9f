"""Ingest of two million rows against a plain DuckDB copy of the same file, in the same run."""

from __future__ import annotations

import statistics
from pathlib import Path

import duckdb
import pytest

from tests.benchmarks.bills import PLAIN_COPY, measure, month_of_rows
from tests.benchmarks.conftest import Record

ROWS = 2_000_000
REPEATS = 3
MOST_TIMES_SLOWER = 3.0
MOST_MEMORY_MB = 1500

INGEST = """
import sys, time, json, resource
from datetime import datetime, UTC
from pathlib import Path
from collectors.focus import ingest_files
from collectors.store import IngestStore
bill, target = sys.argv[1:]
store = IngestStore.open(Path(target) / "store")
wall, cpu = time.perf_counter(), time.process_time()
report = ingest_files(store, [Path(bill)], ingested_at=datetime(2025, 2, 2, tzinfo=UTC))
peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
assert (report.rows, report.rejected_rows, report.oddities) == (%d, 0, ()), report
print(json.dumps([time.perf_counter() - wall, time.process_time() - cpu, peak_mb]))
""".replace("%d", str(ROWS))


@pytest.mark.benchmark
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_two_million_rows_take_at_most_three_times_a_plain_copy(record: Record, tmp_path: Path, suffix: str) -> None:
    bill = tmp_path / f"bill{suffix}"
    with duckdb.connect() as connection:
        form = "(FORMAT parquet)" if suffix == ".parquet" else "(FORMAT csv, HEADER)"
        connection.execute(f"COPY ({month_of_rows(ROWS)}) TO '{bill}' {form}")
    plain, ingest = [], []
    for repeat in range(REPEATS):
        plain.append(measure(PLAIN_COPY, bill, tmp_path / f"plain-{repeat}"))
        ingest.append(measure(INGEST, bill, tmp_path / f"ingest-{repeat}"))

    medians = [[statistics.median(column) for column in zip(*runs, strict=True)] for runs in (plain, ingest)]
    (plain_wall, plain_cpu, _), (wall, cpu, _) = medians
    peak_mb = max(run[2] for run in ingest)
    figures = [
        ("wall seconds", f"{wall:.1f}", f"{wall / plain_wall:.2f}", f"at most {MOST_TIMES_SLOWER:g} x"),
        ("CPU seconds", f"{cpu:.1f}", f"{cpu / plain_cpu:.2f}", f"at most {MOST_TIMES_SLOWER:g} x"),
        ("peak MB", f"{peak_mb:.0f}", "", f"at most {MOST_MEMORY_MB}"),
    ]
    columns = ("figure", "ingest", "times a plain copy", "goal")
    record(f"FOCUS ingest of {ROWS:,} rows, {suffix}", [dict(zip(columns, row, strict=True)) for row in figures])
    assert wall <= MOST_TIMES_SLOWER * plain_wall
    assert cpu <= MOST_TIMES_SLOWER * plain_cpu
    assert peak_mb <= MOST_MEMORY_MB

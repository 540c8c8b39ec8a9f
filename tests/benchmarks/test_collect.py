"""Ten million rows of one period, collected from S3 and normalised, against a plain DuckDB copy of the same files."""

from __future__ import annotations

import json
import statistics
from pathlib import Path

import duckdb
import pytest

from tests.benchmarks.bills import PLAIN_COPY, measure, month_of_rows
from tests.benchmarks.conftest import Record
from tests.peers.emulators import MotoPeer, running_moto

ROWS = 10_000_000
FILES = 10
REPEATS = 3
MOST_TIMES_SLOWER = 3.0
LEAST_ROWS_PER_SECOND = 300_000
MOST_MEMORY_MB = 2000
BUCKET, EXPORT = "long-bills", "focus"

COLLECT = """
import sys, time, json, resource, os
from datetime import datetime, UTC
from pathlib import Path
from collectors.collector import CollectWindow
from collectors.commit import StoredPeriod, collect_bills
from collectors.connections import AwsFocusExport
from collectors.providers import open_collector
from collectors.store import IngestStore
endpoint, target = sys.argv[1:]
connection = AwsFocusExport(name="long", bucket="long-bills", export="focus", region="us-east-1",
                            endpoints={"s3": endpoint}, credentials="env:TEST_AWS")
store = IngestStore.open(Path(target) / "store")
collector = open_collector(connection, environ=os.environ)
window = CollectWindow(first_period="2025-01", last_period="2025-01")
wall, cpu = time.perf_counter(), time.process_time()
report = collect_bills(collector, store, window, now=datetime(2025, 2, 2, tzinfo=UTC))
wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
(outcome,) = report.outcomes
assert isinstance(outcome, StoredPeriod), outcome
assert (outcome.report.rows, outcome.report.rejected_rows) == (%d, 0), outcome.report
print(json.dumps([wall, cpu, peak_mb]))
""".replace("%d", str(ROWS))


def deliver(peer: MotoPeer, folder: Path) -> int:
    """Data files and then the manifest, as AWS does; the bytes of the files."""
    client = peer.client("s3")
    client.create_bucket(Bucket=BUCKET)
    uris, byte_count = [], 0
    for number in range(FILES):
        path = folder / f"{EXPORT}-{number:05d}.snappy.parquet"
        step = ROWS // FILES
        with duckdb.connect() as connection:
            rows = month_of_rows((number + 1) * step, first=number * step)
            connection.execute(f"COPY ({rows}) TO '{path}' (FORMAT parquet, COMPRESSION snappy)")
        key = f"{EXPORT}/data/billing_period=2025-01/{path.name}"
        client.put_object(Bucket=BUCKET, Key=key, Body=path.read_bytes())
        uris.append(f"s3://{BUCKET}/{key}")
        byte_count += path.stat().st_size
    manifest = {"executionId": "run-1", "exportArn": "arn:aws:bcm-data-exports:us-east-1:111122223333:export/x",
                "columns": [], "dataFiles": uris, "additionalOutputFiles": []}  # fmt: skip
    key = f"{EXPORT}/metadata/billing_period=2025-01/{EXPORT}-Manifest.json"
    client.put_object(Bucket=BUCKET, Key=key, Body=json.dumps(manifest).encode())
    return byte_count


@pytest.mark.benchmark
@pytest.mark.timeout(1800)
def test_ten_million_rows_are_collected_at_300_000_a_second(record: Record, tmp_path: Path) -> None:
    files = tmp_path / "files"
    files.mkdir()
    plain, collected = [], []
    with running_moto() as peer:
        byte_count = deliver(peer, files)
        for repeat in range(REPEATS):
            plain.append(measure(PLAIN_COPY, files / "*.parquet", tmp_path / f"plain-{repeat}"))
            collected.append(
                measure(COLLECT, peer.endpoint_url, tmp_path / f"collected-{repeat}", environ=peer.environ)
            )
    (plain_wall, plain_cpu, _), (wall, cpu, _) = (
        [statistics.median(column) for column in zip(*runs, strict=True)] for runs in (plain, collected)
    )
    peak_mb = max(run[2] for run in collected)
    figures = [
        ("rows a second, end to end", f"{ROWS / wall:,.0f}", "", f"at least {LEAST_ROWS_PER_SECOND:,}"),
        ("wall seconds", f"{wall:.1f}", f"{wall / plain_wall:.2f}", f"at most {MOST_TIMES_SLOWER:g} x"),
        ("CPU seconds", f"{cpu:.1f}", f"{cpu / plain_cpu:.2f}", f"at most {MOST_TIMES_SLOWER:g} x"),
        ("peak MB", f"{peak_mb:.0f}", "", f"below {MOST_MEMORY_MB}"),
        ("MB delivered", f"{byte_count / 1e6:.0f}", "", ""),
    ]
    columns = ("figure", "collect and normalise", "times a plain copy", "goal")
    record(
        f"Collecting {ROWS:,} FOCUS rows of one period from S3, .parquet",
        [dict(zip(columns, row, strict=True)) for row in figures],
    )
    assert wall * LEAST_ROWS_PER_SECOND <= ROWS
    assert cpu <= MOST_TIMES_SLOWER * plain_cpu
    assert peak_mb < MOST_MEMORY_MB

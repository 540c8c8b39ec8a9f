"""Ingest of two million rows against a plain DuckDB copy of the same file, in the same run."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from tests.benchmarks.conftest import Record

ROWS = 2_000_000
REPEATS = 3
MOST_TIMES_SLOWER = 3.0
MOST_MEMORY_MB = 1500
REPOSITORY = Path(__file__).resolve().parents[2]

# One month of one account in the columns of FOCUS 1.0, about 600 bytes a row.
BILL = """
SELECT
    'us-east-1' || chr(97 + (i % 3)::INT) AS AvailabilityZone, (h % 1000000 / 100000.0)::DECIMAL(18, 10) AS BilledCost,
    '123456789012' AS BillingAccountId, 'Acme' AS BillingAccountName, 'USD' AS BillingCurrency,
    TIMESTAMP '2025-02-01' AS BillingPeriodEnd, TIMESTAMP '2025-01-01' AS BillingPeriodStart,
    'Usage' AS ChargeCategory, NULL::VARCHAR AS ChargeClass,
    '$0.0' || i % 500 || ' per hour of something in the region' AS ChargeDescription,
    'Usage-Based' AS ChargeFrequency, TIMESTAMP '2025-01-01' + INTERVAL (i % 743 + 1) HOUR AS ChargePeriodEnd,
    TIMESTAMP '2025-01-01' + INTERVAL (i % 743) HOUR AS ChargePeriodStart,
    NULL::VARCHAR AS CommitmentDiscountCategory, NULL::VARCHAR AS CommitmentDiscountId,
    NULL::VARCHAR AS CommitmentDiscountName, NULL::VARCHAR AS CommitmentDiscountStatus,
    NULL::VARCHAR AS CommitmentDiscountType, (h % 1000000 / 1000.0)::DECIMAL(18, 10) AS ConsumedQuantity,
    'Hours' AS ConsumedUnit, (h % 1000000 / 110000.0 + 0.0000003)::DECIMAL(18, 10) AS ContractedCost,
    NULL::DECIMAL(18, 10) AS ContractedUnitPrice,
    (h % 1000000 / 120000.0 + 0.0000003)::DECIMAL(18, 10) AS EffectiveCost,
    'Amazon Web Services, Inc.' AS InvoiceIssuerName, (h % 1000000 / 100000.0)::DECIMAL(18, 10) AS ListCost,
    0.01::DECIMAL(18, 10) AS ListUnitPrice, 'Standard' AS PricingCategory,
    (h % 1000000 / 1000.0)::DECIMAL(18, 10) AS PricingQuantity, 'Hours' AS PricingUnit, 'AWS' AS ProviderName,
    'AWS' AS PublisherName, 'us-east-1' AS RegionId, 'US East (N. Virginia)' AS RegionName,
    'arn:aws:ec2:us-east-1:123456789012:instance/i-' || i % 20000 AS ResourceId, 'name-' || i % 20000 AS ResourceName,
    'instance' AS ResourceType, 'Compute' AS ServiceCategory, 'Amazon Elastic Compute Cloud' AS ServiceName,
    'SKU' || i % 300 AS SkuId, 'SKU' || i % 300 || '.JRTCKXETXF' AS SkuPriceId,
    (i % 50 + 100000000000)::VARCHAR AS SubAccountId, 'Sub ' || i % 50 AS SubAccountName,
    '{"application": "app' || i % 40 || '", "environment": "dev", "business_unit": "bu' || i % 47 || '"}' AS Tags
FROM (SELECT i, hash(i) AS h FROM range(%d) AS numbers(i))
""".replace("%d", str(ROWS))

# Each side in a process of its own, so that one's memory and caches are not the other's.
PLAIN = """
import sys, time, json, resource, duckdb
bill, target = sys.argv[1:]
reader = "read_parquet" if bill.endswith(".parquet") else "read_csv"
connection = duckdb.connect(config={"threads": 2})
wall, cpu = time.perf_counter(), time.process_time()
connection.execute(f"COPY (SELECT * FROM {reader}('{bill}')) TO '{target}/plain.parquet' (FORMAT parquet)")
peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
print(json.dumps([time.perf_counter() - wall, time.process_time() - cpu, peak_mb]))
"""
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


def measure(script: str, bill: Path, target: Path) -> tuple[float, float, float]:
    """Wall seconds, CPU seconds and peak megabytes of a script in a fresh process."""
    target.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", script, str(bill), str(target)], cwd=REPOSITORY, check=True, capture_output=True
    )
    subprocess.run(["rm", "-r", str(target)], check=True)
    wall_seconds, cpu_seconds, peak_mb = json.loads(done.stdout.splitlines()[-1])
    return wall_seconds, cpu_seconds, peak_mb


@pytest.mark.benchmark
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_two_million_rows_take_at_most_three_times_a_plain_copy(record: Record, tmp_path: Path, suffix: str) -> None:
    bill = tmp_path / f"bill{suffix}"
    with duckdb.connect() as connection:
        form = "(FORMAT parquet)" if suffix == ".parquet" else "(FORMAT csv, HEADER)"
        connection.execute(f"COPY ({BILL}) TO '{bill}' {form}")
    plain, ingest = [], []
    for repeat in range(REPEATS):
        plain.append(measure(PLAIN, bill, tmp_path / f"plain-{repeat}"))
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

"""Long bills for benchmarks, the plain copy that they are measured against, and processes to measure in."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]

# One month of one account in the columns of FOCUS 1.0, about 600 bytes a row.
_BILL = """
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
    '{{"application": "app' || i % 40 || '", "environment": "dev", "business_unit": "bu' || i % 47 || '"}}' AS Tags
FROM (SELECT i, hash(i) AS h FROM range({first}, {last}) AS numbers(i))
"""


def month_of_rows(last: int, *, first: int = 0) -> str:
    """SQL of the rows ``first`` to ``last`` of a long bill."""
    return _BILL.format(first=first, last=last)


# Each side in a process of its own, so that one's memory and caches are not the other's.
PLAIN_COPY = """
import sys, time, json, resource, duckdb
bill, target = sys.argv[1:]
reader = "read_csv" if bill.endswith(".csv") else "read_parquet"
connection = duckdb.connect(config={"threads": 2})
wall, cpu = time.perf_counter(), time.process_time()
connection.execute(f"COPY (SELECT * FROM {reader}('{bill}')) TO '{target}/plain.parquet' (FORMAT parquet)")
peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
print(json.dumps([time.perf_counter() - wall, time.process_time() - cpu, peak_mb]))
"""


def measure(
    script: str, bill: Path | str, target: Path, *, environ: Mapping[str, str] | None = None
) -> tuple[float, float, float]:
    """Wall seconds, CPU seconds and peak megabytes of a script in a fresh process."""
    target.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", script, str(bill), str(target)],
        cwd=REPOSITORY,
        check=True,
        capture_output=True,
        env={**os.environ, **(environ or {})},
    )
    subprocess.run(["rm", "-r", str(target)], check=True)
    wall_seconds, cpu_seconds, peak_mb = json.loads(done.stdout.splitlines()[-1])
    return wall_seconds, cpu_seconds, peak_mb

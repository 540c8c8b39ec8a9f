"""How much the sample platform does. Every constant is a quantity of work or data; none is an amount of money."""

from __future__ import annotations

from typing import Final

from optimizer.units import HOURS_PER_MONTH

MONTHS: Final = 3
MONTHLY_GROWTH_RATIO: Final = 0.015
"""About a fifth a year: what banks report for their data platforms."""

WEEKEND_ACTIVITY_RATIO: Final = 0.45
"""Work on a Saturday or Sunday against a weekday: batch chains run, people do not."""

DAILY_WORKFLOWS: Final = 450
TRANSFORMATION_MODELS: Final = 2_000

# Spark ------------------------------------------------------------------------------------------------------------
ETL_GB_PER_HOUR: Final = 500.0
ETL_PASSES: Final = 8.0
"""Every byte that arrives is read once per layer (landing, curated, marts, features) and again for late data."""
SPARK_GB_PER_VCPU_HOUR: Final = 3.4
"""What a core reads, joins, encrypts and writes in an hour; wide rows and Python functions keep it far below a scan."""
SPARK_VCPU_HOURS: Final = ETL_GB_PER_HOUR * HOURS_PER_MONTH * ETL_PASSES / SPARK_GB_PER_VCPU_HOUR
SPARK_JOB_GROUPS: Final = {"databricks": 34, "aws_glue": 14, "machines": 12}
SPARK_WORK_RATIO: Final = {"databricks": 0.58, "aws_glue": 0.16, "machines": 0.26}
"""Share of the Spark work by engine: Databricks is the standard, Glue serves small jobs, VMs carry the old chains."""

# SQL warehouses ---------------------------------------------------------------------------------------------------
WAREHOUSES: Final = {"snowflake": 36, "databricks": 10, "gcp_bigquery": 14, "aws_athena": 10}
WAREHOUSE_VCPU_HOURS: Final = {
    "snowflake": 133_000.0,
    "databricks": 26_000.0,
    "gcp_bigquery": 36_000.0,
    "aws_athena": 15_000.0,
}
"""CPU work a month: 2,000 models, run six times a day at about 0.4 vCPU-hours each, plus as much again by analysts in
proportion to the warehouses that they use."""
SCANNED_GB_PER_VCPU_HOUR: Final = (60.0, 170.0)
"""A warehouse core reads 17 to 47 MB/s of compressed columns: joins at the low end, dashboards at the high end."""
LAKE_READ_RATIO: Final = {"snowflake": 0.03, "databricks": 0.10, "gcp_bigquery": 0.05, "aws_athena": 1.0}
"""Part of what a warehouse scans that it fetches from the lake; the rest comes from its cache or its own tables.
Athena has neither."""

# Machines ---------------------------------------------------------------------------------------------------------
BROKER_CLUSTERS: Final = 8
BROKERS_PER_CLUSTER: Final = 6
TRANSACTIONS_PER_DAY: Final = 12e6
EVENT_GB_PER_TRANSACTION: Final = 25 * 1.5e-6
"""A transaction causes about 25 events of 1.5 kB: authorisation, ledger, fraud score, notifications."""
LANDED_GB_PER_MONTH: Final = TRANSACTIONS_PER_DAY * EVENT_GB_PER_TRANSACTION * HOURS_PER_MONTH / 24
SCHEDULER_CLUSTERS: Final = 8
APPLICATION_FLEETS: Final = 64
APPLICATION_VCPU: Final = 3_350.0
"""Right-sized vCPU of all application machines together: risk engines, pricing services, gateways, internal tools."""
UNLISTED_FLEETS: Final = 5

# Datasets ---------------------------------------------------------------------------------------------------------
STORED_GB: Final = 1_200_000.0
PRIMARY_DATASETS: Final = 178
STALE_DUPLICATES: Final = 14
GB_PER_GET_REQUEST: Final = 0.008
"""Readers fetch column chunks of about 8 MB."""
APPLICATION_READ_GB: Final = (100.0, 1_500.0)
"""What an application fleet reads from one dataset in a month."""

SIZE_SIGMA: Final = 1.0
"""Spread of the sizes of things: the largest tenth holds about four tenths of the total, as in published traces."""

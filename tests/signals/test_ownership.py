"""Which thing a name belongs to, by the documented rules."""

from __future__ import annotations

import pytest

from collectors.signals.ownership import Ownership
from tests.estate.bills import dataset, inventory, workload

RESOURCES = {
    "arn:aws:s3:::lake": "lake",
    "arn:aws:s3:::lake/raw": "raw",
    "/subscriptions/1/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/Acct": "azure",
    "//storage.googleapis.com/projects/_/buckets/bank-lake": "gcs",
    "bigquery:prj.ds": "bq",
    "snowflake://org-acct/DB": "snow",
    "arn:aws:iam::123456789012:role/jobs/etl": "etl",
    "arn:aws:ec2:us-east-1:123456789012:instance/i-0123456789abcdef0": "vm",
    "//bigquery.googleapis.com/projects/bank-risk": "warehouse",
    "org/7/warehouse/WH_1": "snow-wh",
    "airflow/etl": "dag",
    "42/job/7": "spark",
    "43/job/8": "spark-a",
    "44/job/8": "spark-b",
    "arn:aws:iam::123456789012:role/nobody": "not in the inventory",
}


@pytest.fixture
def ownership() -> Ownership:
    things = ["etl", "vm", "warehouse", "snow-wh", "dag", "spark", "spark-a", "spark-b", "report"]
    data = ["lake", "raw", "azure", "gcs", "bq", "snow"]
    rows = inventory(
        workloads=[workload(name) for name in things], datasets=[dataset(name) for name in data], resources=RESOURCES
    )
    links = [("databricks:main.s.t", "hive://m/s.t"), ("hive://m/s.t", "s3://lake/raw/t")]
    return Ownership(rows, links)


@pytest.mark.parametrize(
    ("uri", "owner"),
    [
        ("s3://lake/raw/orders", "raw"),
        ("s3://lake/rawer", "lake"),
        ("s3://lake", "lake"),
        ("s3://lakes", None),
        ("abfss://gold@acct.dfs.core.windows.net/x", "azure"),
        ("gs://bank-lake/x", "gcs"),
        ("bigquery:prj.ds.t", "bq"),
        ("bigquery:prj.other.t", None),
        ("snowflake://org-acct/DB.S.T", "snow"),
        ("databricks:main.s.t", "raw"),
        ("databricks:main.s.other", None),
    ],
)
def test_the_longest_resource_that_contains_a_name_owns_it(ownership: Ownership, uri: str, owner: str | None) -> None:
    assert ownership.dataset_of(uri) == owner


@pytest.mark.parametrize(
    ("principal", "job", "owner"),
    [
        ("arn:aws:iam::123456789012:role/etl", "", "etl"),
        ("arn:aws:iam::123456789012:role/jobs/etl", "session", "etl"),
        ("arn:aws:iam::123456789012:role/etl2", "", None),
        ("arn:aws:iam::1:role/any", "instance/i-0123456789abcdef0", "vm"),
        ("svc@x.iam.gserviceaccount.com", "bigquery:bank-risk", "warehouse"),
        ("ETL", "org-acct/warehouse/wh_1", "snow-wh"),
        ("", "airflow/etl.daily_orders", "dag"),
        ("airflow/etl", "spark/some.application", "dag"),
        ("", "databricks:9/job/7", "spark"),
        ("", "databricks:9/job/8", None),
        ("", "dagster/report", "report"),
        ("arn:aws:iam::123456789012:role/nobody", "", None),
        ("", "", None),
    ],
)
def test_a_reader_is_found_by_its_job_then_its_principal(
    ownership: Ownership, principal: str, job: str, owner: str | None
) -> None:
    assert ownership.workload_of(principal=principal, job=job) == owner

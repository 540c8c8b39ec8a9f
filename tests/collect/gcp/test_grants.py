"""What a connection may do, tried by calls that change nothing."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from importlib import resources
from pathlib import Path

import pytest
from google.cloud.billing_v1.types import Service

from collectors.collector import GrantCheck
from collectors.connections.gcp import GcpBilling
from collectors.gcp import open_collector
from tests.collect.gcp.vendor import ENVIRON, BigQueryVendor, GcsFilesVendor
from tests.collect.vendor import BilledRow
from tests.peers.gcp_catalog import GcpCatalogServer


def checks_of(connection: GcpBilling) -> tuple[GrantCheck, ...]:
    """The checks of a connection."""
    collector = open_collector(connection, environ=ENVIRON, sleep=lambda seconds: None)
    try:
        return collector.check_grants()
    finally:
        collector.close()


def test_a_table_needs_to_be_described_and_read_and_queries_to_be_run(table_vendor: BigQueryVendor) -> None:
    found = checks_of(table_vendor.connection)
    assert [(check.grant.permission, check.grant.purpose, check.fault) for check in found] == [
        ("bigquery.jobs.create", "billing", None),
        ("bigquery.tables.get", "billing", None),
        ("bigquery.tables.getData", "billing", None),
    ]
    assert {request.method for request in table_vendor.proxy.requests} <= {"GET", "POST"}


def test_everything_that_is_named_is_tried_for_its_own_purpose(
    table_vendor: BigQueryVendor, files_vendor: GcsFilesVendor, gcp_catalog: GcpCatalogServer
) -> None:
    gcp_catalog.reset()
    gcp_catalog.services = [Service(name="services/S", service_id="S", display_name="Cloud Storage")]
    connection = replace(
        table_vendor.connection,
        endpoints={
            "bigquery": table_vendor.proxy.url,
            "storage": files_vendor.proxy.url,
            "catalog": f"http://{gcp_catalog.address}",
        },
        totals_table=table_vendor.table_id,
        storage_inventories=(f"gs://{files_vendor.bucket.name}/inv",),
        price_services=("Cloud Storage",),
    )
    found = checks_of(connection)
    assert [check.fault for check in found] == [None] * len(found)
    assert [check.grant.purpose for check in found] == ["billing"] * 3 + ["total"] * 2 + ["usage"] * 2 + ["prices"]


def test_a_denied_permission_is_told_with_the_smallest_grant(table_vendor: BigQueryVendor) -> None:
    table_vendor.break_next("denied", "2025-06")
    _, get, read = checks_of(table_vendor.connection)
    assert get.fault is not None
    assert "denies access" in get.fault
    assert get.grant.statement == read.grant.statement
    dataset, _, table = table_vendor.table_id.partition(".")[2].partition(".")
    assert get.grant.statement == (
        "bq add-iam-policy-binding --member=IDENTITY --role=projects/billing-project/roles/placementTableReader "
        f"--table=true billing-project:{dataset}.{table}"
    )


def test_a_grant_names_the_service_account_that_needs_it(
    table_vendor: BigQueryVendor, gcp_catalog: GcpCatalogServer, tmp_path: Path
) -> None:
    key = gcp_catalog.service_account(tmp_path)
    for check in checks_of(replace(table_vendor.connection, credentials=f"file:{key}")):
        assert f"--member=serviceAccount:{json.loads(key.read_text())['client_email']} " in check.grant.statement


def test_missing_credentials_fail_every_check_and_raise_nothing(table_vendor: BigQueryVendor) -> None:
    connection = replace(table_vendor.connection, credentials="env:NOBODY")
    assert all("NOBODY_ACCESS_TOKEN is set" in (check.fault or "") for check in checks_of(connection))


def test_a_bucket_needs_to_be_listed_and_read(files_vendor: GcsFilesVendor) -> None:
    files_vendor.deliver("2026-01", [BilledRow(cost=1)], run="r1")  # type: ignore[arg-type]
    assert [(check.grant.permission, check.fault) for check in checks_of(files_vendor.connection)] == [
        ("storage.objects.list", None),
        ("storage.objects.get", None),
    ]
    files_vendor.break_next("denied", "2026-01")
    assert all(
        f"gs://{files_vendor.bucket.name}" in (check.fault or "") for check in checks_of(files_vendor.connection)
    )


ROLES = {
    "placementQueryRunner": "query_runner.yaml",
    "placementTableReader": "table_reader.yaml",
    "placementMetadataReader": "metadata_reader.yaml",
    "placementObjectReader": "object_reader.yaml",
}


def policy(name: str) -> str:
    """A policy document as it is shipped."""
    return resources.files("collectors.gcp").joinpath("policy", name).read_text(encoding="utf-8")


def test_every_permission_that_is_tried_is_in_the_role_that_its_grant_names(
    table_vendor: BigQueryVendor, files_vendor: GcsFilesVendor
) -> None:
    relation = "shop.region-us.INFORMATION_SCHEMA"
    connections: list[GcpBilling] = [
        replace(
            table_vendor.connection, jobs_relation=f"{relation}.JOBS", storage_relation=f"{relation}.TABLE_STORAGE"
        ),
        files_vendor.connection,
    ]
    grants = [check.grant for connection in connections for check in checks_of(connection)]
    assert {grant.permission for grant in grants} >= {"bigquery.jobs.listAll", "bigquery.tables.list"}
    for grant in grants:
        (role,) = re.findall(r"roles/(\w+)", grant.statement)
        assert f"  - {grant.permission}\n" in policy(ROLES[role])


@pytest.mark.parametrize("name", ROLES.values())
def test_a_role_grants_nothing_that_changes_or_spends_beyond_queries(name: str) -> None:
    permissions = re.findall(r"^  - (\S+)$", policy(name), re.MULTILINE)
    assert permissions
    assert all(
        each == "bigquery.jobs.create" or each.rpartition(".")[2] in ("get", "getData", "list", "listAll")
        for each in permissions
    )


def test_the_export_to_storage_writes_its_manifest_last() -> None:
    sql = policy("export_to_storage.sql")
    assert sql.index("part-*.parquet") < sql.index("manifest_*.json")
    assert all(word in sql for word in ("run_id", "row_count", "generation", "bytes"))

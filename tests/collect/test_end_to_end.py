"""The whole line as a person runs it: collect from five vendors' peers, then optimize, and account for every cent."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from collectors.connections import Connection
from collectors.inventory import BandRow, DatasetRow, Inventory, ResourceRow, write_inventory
from collectors.store import IngestStore
from tests.collect.aws.vendor import AwsVendor, aws_vendor
from tests.collect.azure.vendor import AzureVendor, azure_vendor
from tests.collect.connection_file import write_connections
from tests.collect.databricks.vendor import DatabricksVendor, databricks_vendor
from tests.collect.gcp.vendor import ENVIRON as GCP_ENVIRON
from tests.collect.gcp.vendor import BigQueryVendor, bigquery_vendor
from tests.collect.snowflake.vendor import SnowflakeVendor, snowflake_vendor
from tests.collect.vendor import BilledRow, Vendor
from tests.peers.arm import ArmServer
from tests.peers.aws_json import AwsJsonServer
from tests.peers.emulators import AzuritePeer, BigQueryPeer, MotoPeer
from tests.peers.fixtures import (  # noqa: F401 - fixtures are found by name
    arm,
    aws_json,
    azurite,
    bigquery,
    databricks,
    moto,
    snowflake,
)
from tests.peers.warehouses import DatabricksPeer, SnowflakePeer

PLACEMENT = Path(sys.executable).with_name("placement")
NOW = datetime.now(UTC)


def months_before(count: int) -> str:
    """A month before this one."""
    number = NOW.year * 12 + NOW.month - 1 - count
    return f"{number // 12:04d}-{number % 12 + 1:02d}"


MONTHS = (months_before(2), months_before(1))
# By vendor and month; each with a row of its own that is no usage.
BILLS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "aws": (("100.10", "20.03", "-0.13"), ("101.10", "20.03", "7.77")),
    "azure": (("310.55", "0.45"), ("310.57", "0.43", "-1.01")),
    "gcp_table": (("55.123456", "4.876544"), ("61.00", "0.07")),
    "snowflake": (("812.34",), ("801.23", "5.55")),
    "databricks": (("99.99", "1.01"), ("98.76",)),
}


def placement(*arguments: object, environ: Mapping[str, str], folder: Path) -> tuple[int, Any]:
    """The command with ``--json``: exit code, and its answer or what it said instead."""
    answer = subprocess.run(
        [PLACEMENT, *map(str, arguments), "--json", "--data-dir", folder],
        capture_output=True,
        text=True,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), **environ},
        timeout=240,
    )
    try:
        return answer.returncode, json.loads(answer.stdout)
    except ValueError:
        return answer.returncode, answer.stdout + answer.stderr


@pytest.fixture
def vendors(
    moto: MotoPeer,  # noqa: F811 - the fixtures
    aws_json: AwsJsonServer,  # noqa: F811
    azurite: AzuritePeer,  # noqa: F811
    arm: ArmServer,  # noqa: F811
    bigquery: BigQueryPeer,  # noqa: F811
    snowflake: SnowflakePeer,  # noqa: F811
    databricks: DatabricksPeer,  # noqa: F811
    tmp_path: Path,
) -> Iterator[tuple[Vendor, ...]]:
    """All five, each with two months of bills and the invoices of both."""
    aws_json.reset()
    with ExitStack() as stack:
        made: tuple[Vendor, ...] = (
            stack.enter_context(aws_vendor(moto, aws_json, "cur_2")),
            stack.enter_context(azure_vendor(azurite, arm)),
            stack.enter_context(bigquery_vendor(bigquery, tmp_path)),
            stack.enter_context(snowflake_vendor(snowflake)),
            stack.enter_context(databricks_vendor(databricks)),
        )
        for vendor in made:
            if isinstance(vendor, BigQueryVendor):
                vendor.clock_at = NOW - timedelta(days=2)
            for month, costs in zip(MONTHS, BILLS[vendor.name], strict=True):
                rows = [BilledRow(cost=Decimal(cost), day=28, thing=f"{vendor.name}-lake") for cost in costs]
                vendor.deliver(month, rows, run=f"run-{month}")
                vendor.state_total(month, {"USD": sum(map(Decimal, costs), Decimal(0))}, final=True)
        yield made


def connection_of(vendor: Vendor) -> Connection:
    """What a person would write down for the vendor's peer."""
    match vendor:
        case AwsVendor():
            return vendor.bucket.connection("cur_2")
        case DatabricksVendor():
            return vendor.tables.connection(vendor.proxy.url, account_host="https://accounts.cloud.databricks.com")
        case SnowflakeVendor():
            return vendor.account.connection()
        case AzureVendor() | BigQueryVendor():
            return vendor.connection
    raise ValueError(vendor.name)


def environ_of(vendor: Vendor) -> dict[str, str]:
    """Where the connection's credentials refer to."""
    match vendor:
        case AwsVendor():
            return dict(vendor.bucket.moto.environ)
        case AzureVendor():
            return vendor.environ
        case BigQueryVendor():
            return dict(GCP_ENVIRON)
        case SnowflakeVendor():
            return dict(vendor.account.peer.environ)
        case DatabricksVendor():
            return dict(vendor.tables.peer.environ)
    raise ValueError(vendor.name)


def adopt_what_is_billed(folder: Path, environ: Mapping[str, str]) -> None:
    """An inventory that makes a dataset of every resource on the bills that object storage could hold."""
    with IngestStore.open(folder / "store").connect() as connection:
        found = connection.execute(
            "SELECT DISTINCT ResourceId FROM cost_and_usage WHERE source LIKE 'aws:%' AND ResourceId IS NOT NULL"
        ).fetchall()
    assert found
    datasets = [
        DatasetRow(
            dataset_id=f"d{number}",
            name=f"dataset {number}",
            place="aws:us-east-1",
            service="aws_s3",
            business_unit="risk",
            environment="production",
            data_class="internal",
            jurisdiction="",
            owner="",
            content_hash=f"h{number}",
            replica_of=None,
            written_gb_per_month=0.0,
            put_requests_per_month=0.0,
        )
        for number, _ in enumerate(found)
    ]
    bands = [
        BandRow(
            dataset_id=dataset.dataset_id,
            tier="standard",
            min_age_days=0,
            max_age_days=None,
            stored_gb=4000.0,
            object_count=1000.0,
            retrieved_gb_per_month=0.0,
            get_requests_per_month=0.0,
        )
        for dataset in datasets
    ]
    resources = [
        ResourceRow(resource_id=resource_id, belongs_to=f"d{number}") for number, (resource_id,) in enumerate(found)
    ]
    inventory = Inventory(
        workloads=(), resources=tuple(resources), consumers=(), datasets=tuple(datasets),
        dataset_bands=tuple(bands), lineage=(), commitments=(),
    )  # fmt: skip
    write_inventory(inventory, folder / "drafted")
    ingested = subprocess.run(
        [PLACEMENT, "ingest", "--inventory", folder / "drafted", "--data-dir", folder],
        capture_output=True,
        text=True,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), **environ},
        timeout=120,
    )
    assert ingested.returncode == 0, ingested.stderr


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_what_is_optimized_is_what_all_five_vendors_invoiced_to_the_cent(
    vendors: tuple[Vendor, ...], tmp_path: Path
) -> None:
    folder = tmp_path / "data"
    environ = {name: value for vendor in vendors for name, value in environ_of(vendor).items()}
    write_connections(folder, [connection_of(vendor) for vendor in vendors])

    code, collected = placement("collect", environ=environ, folder=folder)
    assert code == 0, collected
    assert [each["state"] for each in collected["connections"]] == ["collected"] * 5
    checks = [check for each in collected["connections"] for check in each["checks"]]
    assert [check["status"] for check in checks] == ["matched"] * 10, checks
    assert collected["overlaps"] == []

    code, again = placement("collect", environ=environ, folder=folder)
    assert (code, [each["rows"] for each in again["connections"]]) == (0, [0] * 5), again

    adopt_what_is_billed(folder, environ)
    code, plan = placement("optimize", "--time-limit", 20, environ=environ, folder=folder)
    assert code == 0, plan
    invoiced = sum((Decimal(cost) for months in BILLS.values() for costs in months for cost in costs), Decimal(0))
    a_year = invoiced / len(MONTHS) * 12
    assert abs(Decimal(plan["annual_billed_usd"]) - a_year) < Decimal("0.005"), (plan, a_year)
    for name, months in BILLS.items():
        own = sum((Decimal(cost) for costs in months for cost in costs), Decimal(0)) / len(MONTHS) * 12
        found = Decimal(plan["annual_billed_by_provider_usd"][name.removesuffix("_table")])
        assert abs(found - own) < Decimal("0.005"), name
    placed_and_not = Decimal(str(plan["annual_baseline_usd"])) + Decimal(str(plan["unmatched_usd"]))
    assert abs(placed_and_not - a_year) < Decimal("0.01"), plan
    assert plan["annual_baseline_usd"] > 0
    assert plan["verified"] is True

    code, standings = placement("periods", environ=environ, folder=folder)
    assert {each["state"] for each in standings} == {"closed"}, standings


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_one_vendor_that_refuses_leaves_the_others_and_its_own_last_good_months(
    vendors: tuple[Vendor, ...], tmp_path: Path
) -> None:
    folder = tmp_path / "data"
    environ = {name: value for vendor in vendors for name, value in environ_of(vendor).items()}
    connections = [connection_of(vendor) for vendor in vendors]
    write_connections(folder, connections)
    placement("collect", environ=environ, folder=folder)
    before = IngestStore.open(folder / "store").fingerprint()

    wrong = replace(connections[3], credentials="env:NOT_THERE")
    write_connections(folder, [*connections[:3], wrong, connections[4]])
    code, collected = placement("collect", environ=environ, folder=folder)
    assert code == 3
    failed = collected["connections"].pop(3)
    assert failed["state"] == "failed"
    for each in collected["connections"]:
        assert each["failures"] == []
        assert set(each["periods"].values()) == {"unchanged", "missing"}, each
    (failure,) = failed["failures"]
    assert "Snowflake" in failure
    assert "NOT_THERE" in failure
    assert IngestStore.open(folder / "store").fingerprint() == before

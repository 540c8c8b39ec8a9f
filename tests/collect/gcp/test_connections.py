"""What a connection to Google Cloud may name."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.connections import read_connections
from collectors.connections.gcp import GcpBillingFiles, GcpDetailedTable
from collectors.gcp import open_collector
from collectors.gcp.relations import relation_sql
from tests.collect.gcp.rows import ACCOUNT

TABLE = GcpDetailedTable(name="t", project="billing-project", billing_account=ACCOUNT, dataset="d", table="t")
FILES = GcpBillingFiles(name="f", project="billing-project", billing_account=ACCOUNT, bucket="bills")


def test_every_setting_can_stand_in_the_connections_file(tmp_path: Path) -> None:
    path = tmp_path / "connections.toml"
    path.write_text(
        "[[connection]]\n"
        'name = "t"\nprovider = "gcp"\nkind = "detailed_table"\n'
        f'project = "billing-project"\nbilling_account = "{ACCOUNT}"\ndataset = "d"\ntable = "t"\n'
        'totals_table = "p.d.standard"\ninvoices = "invoices.csv"\ncommitments_table = "p.d.cud"\n'
        'jobs_relation = "p.region-us.INFORMATION_SCHEMA.JOBS"\nstorage_inventories = ["gs://bills/inventory"]\n'
        'price_services = ["Cloud Storage"]\nmost_bytes_billed = 1000\n'
    )
    (found,) = read_connections(path)
    assert found == replace(
        TABLE,
        totals_table="p.d.standard",
        invoices=str(tmp_path / "invoices.csv"),
        commitments_table="p.d.cud",
        jobs_relation="p.region-us.INFORMATION_SCHEMA.JOBS",
        storage_inventories=("gs://bills/inventory",),
        price_services=("Cloud Storage",),
        most_bytes_billed=1000,
    )


@pytest.mark.parametrize(
    ("connection", "changes", "named"),
    [
        (TABLE, {"billing_account": "123"}, "billing_account"),
        (TABLE, {"project": "No Project"}, "project"),
        (TABLE, {"dataset": "d`; DROP TABLE x"}, "dataset"),
        (TABLE, {"table": "t` WHERE 1"}, "table"),
        (TABLE, {"totals_table": "p.d.t` x"}, "totals_table"),
        (TABLE, {"jobs_relation": "`region-us`.INFORMATION_SCHEMA.JOBS"}, "jobs_relation"),
        (TABLE, {"storage_inventories": ("bills/inventory",)}, "storage_inventories"),
        (TABLE, {"endpoints": {"bigquery": "http://bigquery.example.com"}}, "endpoints"),
        (FILES, {"bucket": "gs://bills"}, "bucket"),
        (FILES, {"format": "csv"}, "format"),
    ],
)
def test_what_is_no_name_is_refused(connection: Any, changes: dict[str, Any], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        replace(connection, **changes)


@pytest.mark.parametrize(
    ("name", "sql"),
    [
        ("p.d.jobs", "`p.d.jobs`"),
        ("my-project.d.jobs", "`my-project.d.jobs`"),
        ("example.com:shop.d.jobs", "`example.com:shop.d.jobs`"),
        ("region-us.INFORMATION_SCHEMA.JOBS", "`region-us`.INFORMATION_SCHEMA.`JOBS`"),
        (
            "my-project.region-us-east1.INFORMATION_SCHEMA.JOBS_BY_ORGANIZATION",
            "`my-project`.`region-us-east1`.INFORMATION_SCHEMA.`JOBS_BY_ORGANIZATION`",
        ),
        ("p.d.INFORMATION_SCHEMA.TABLE_STORAGE", "`p`.`d`.INFORMATION_SCHEMA.`TABLE_STORAGE`"),
        (
            "example.com:shop.region-eu.INFORMATION_SCHEMA.JOBS",
            "`example.com:shop`.`region-eu`.INFORMATION_SCHEMA.`JOBS`",
        ),
    ],
)
def test_a_relation_is_a_table_or_a_view_and_quoted_in_all_its_parts(name: str, sql: str) -> None:
    changed = replace(TABLE, jobs_relation=name, storage_relation=name)
    assert changed.jobs_relation is not None
    assert relation_sql(changed.jobs_relation) == sql


@pytest.mark.parametrize("setting", ["jobs_relation", "storage_relation", "commitments_table", "totals_table"])
@pytest.mark.parametrize(
    "name",
    [
        "INFORMATION_SCHEMA.JOBS--",
        "p.region-us.INFORMATION_SCHEMA.JOBS--",
        "p.region-us.INFORMATION_SCHEMA.JOBS-WHERE",
        "p.region--us.INFORMATION_SCHEMA.JOBS",
        "p--.region-us.INFORMATION_SCHEMA.JOBS",
        "p.region-us.INFORMATION_SCHEMA.JOBS.x--y",
        "p.region-us.INFORMATION_SCHEMA.JOBS:x",
        "p.region-us.INFORMATION_SCHEMA.",
        "p.region-us.INFORMATION_SCHEMA.JOBS JOIN x",
        "p.region-us.INFORMATION_SCHEMA.JOBS;DROP",
        "p.region-us.INFORMATION_SCHEMA.`JOBS`",
        "p.d.t--x",
        "p.d.t-x",
        "p.d-x.t",
        "p..t",
        ".d.t",
        "t",
        "p.d.t\n",
        "-p.d.t",
        "p-.d.t",
        "",
    ],
)
def test_no_relation_can_carry_sql(setting: str, name: str) -> None:
    changes: dict[str, Any] = {setting: name}
    with pytest.raises(ValueError, match=setting):
        replace(TABLE, **changes)


@given(name=st.text(alphabet="pDS_.:-`; \n1", max_size=12).map(lambda text: f"p.region-us.INFORMATION_SCHEMA.{text}"))
def test_what_is_accepted_has_no_comment_and_nothing_outside_of_backquotes(name: str) -> None:
    try:
        accepted = replace(TABLE, jobs_relation=name).jobs_relation
    except ValueError:
        return
    assert accepted is not None
    sql = relation_sql(accepted)
    assert "--" not in sql
    assert re.sub("`[^`]*`", "", sql) == "..INFORMATION_SCHEMA."


def test_a_connection_of_another_vendor_is_not_opened(tmp_path: Path) -> None:
    from collectors.connections.focus_files import FocusFolder

    with pytest.raises(ValueError, match="none of Google Cloud's kinds"):
        open_collector(FocusFolder(name="folder", path=str(tmp_path)), environ={})


def test_formats_are_known_without_loading_an_sdk() -> None:
    program = (
        "import sys, collectors.gcp.to_focus; print([m for m in sys.modules if m.split('.')[0] in ('google', 'grpc')])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

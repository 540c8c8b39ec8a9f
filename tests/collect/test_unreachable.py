"""A host that nothing can be asked of is told in one sentence with its address and the cause, without long waits."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from collectors.collector import CollectWindow
from collectors.connections import (
    AwsFocusExport,
    AzureFocusExport,
    Connection,
    DatabricksSystemTables,
    GcpDetailedTable,
    SnowflakeUsage,
)
from collectors.errors import HostUnreachable
from collectors.providers import open_collector
from collectors.unreachable import (
    REFUSED,
    SILENT,
    UNKNOWN_NAME,
    UNTRUSTED,
    unreachable_cause,
    unreachable_cause_in_text,
)
from tests.collect.connection_file import write_connections

WINDOW = CollectWindow(first_period="2025-03", last_period="2025-03")
ENVIRON = {
    "X_ACCESS_KEY_ID": "a",
    "X_SECRET_ACCESS_KEY": "b",
    "X_TENANT_ID": "11111111-2222-4333-8444-555555555555",
    "X_CLIENT_ID": "c",
    "X_CLIENT_SECRET": "s",
    "X_ACCESS_TOKEN": "t",
    "X_PASSWORD": "p",
    "X_TOKEN": "t",
}


def aws(address: str) -> Connection:
    """An export of AWS at an address."""
    return AwsFocusExport(
        name="aws", bucket="acme-billing", export="focus", region="us-east-1", credentials="env:X",
        endpoints={"s3": f"http://{address}"},
    )  # fmt: skip


def azure(address: str) -> Connection:
    """An export of Azure whose login is at an address."""
    return AzureFocusExport(
        name="azure", account_url="https://acme.blob.core.windows.net", container="exports", export="focus",
        scope="subscriptions/s1", credentials="env:X", endpoints={"login": f"https://{address}"},
    )  # fmt: skip


def gcp(address: str) -> Connection:
    """An export of Google Cloud with BigQuery at an address."""
    return GcpDetailedTable(
        name="gcp", project="acme-finops", billing_account="0A1B2C-3D4E5F-678901", dataset="billing", table="t",
        credentials="env:X", endpoints={"bigquery": f"http://{address}"},
    )  # fmt: skip


def snowflake(address: str) -> Connection:
    """Usage views of a Snowflake account at an address."""
    return SnowflakeUsage(
        name="snowflake", account="ACME", user="u", credentials="env:X", endpoints={"sql": f"http://{address}"}
    )


def databricks(address: str) -> Connection:
    """System tables of a Databricks workspace at an address."""
    return DatabricksSystemTables(
        name="databricks", host="https://acme.cloud.databricks.com", warehouse_id="w", account_id="a",
        credentials="env:X", endpoints={"workspace": f"http://{address}"},
    )  # fmt: skip


@pytest.fixture
def address() -> str:
    """Of a port on this machine that nobody listens on."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{unused.getsockname()[1]}"


@pytest.mark.parametrize("made", [aws, azure, gcp, snowflake, databricks])
def test_a_refused_connection_names_host_and_cause_and_is_not_waited_for(
    made: Callable[[str], Connection], address: str
) -> None:
    collector = open_collector(made(address), environ=ENVIRON)
    began = time.monotonic()
    with pytest.raises(HostUnreachable) as caught:
        collector.discover(WINDOW, known={})
    collector.close()
    assert f"cannot be reached at {address}" in str(caught.value)
    assert REFUSED in str(caught.value)
    assert caught.value.host == address
    assert time.monotonic() - began < 15, "pauses of a second or two at most, and the loading of an SDK"


@pytest.mark.parametrize("made", [azure, databricks])
def test_what_an_sdk_logs_stays_off_the_screen(made: Callable[[str], Connection], address: str, tmp_path: Path) -> None:
    write_connections(tmp_path, [made(address)])
    answer = subprocess.run(
        [Path(sys.executable).with_name("placement"), "collect", "--json", "--data-dir", tmp_path],
        capture_output=True, text=True, env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), **ENVIRON},
        timeout=120, check=False,
    )  # fmt: skip
    assert answer.returncode == 3
    assert "cannot be reached" in answer.stdout
    assert "failed: Authentication" not in answer.stderr
    assert "host metadata" not in answer.stderr


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("login request. failed to lookup address information: Name or service not known", UNKNOWN_NAME),
        ("DNS resolution failed for cloudbilling.googleapis.com:443", UNKNOWN_NAME),
        ("login request. Connection refused (os error 111)", REFUSED),
        ("invalid peer certificate: UnknownIssuer", UNTRUSTED),
        ("tcp connect: connection timed out", SILENT),
        ("quota exceeded", None),
    ],
)
def test_the_cause_is_found_in_words_where_an_sdk_tells_no_more(text: str, cause: str | None) -> None:
    assert unreachable_cause_in_text(text) == cause


def test_a_cause_is_found_however_deep_and_a_connection_cut_off_is_none() -> None:
    middle = RuntimeError("wrapped")
    middle.__cause__ = socket.gaierror(-2, "Name or service not known")
    assert unreachable_cause(ValueError("outer", middle)) == UNKNOWN_NAME
    assert unreachable_cause(ConnectionResetError("cut off")) is None

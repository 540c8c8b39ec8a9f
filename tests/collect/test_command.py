"""``placement collect`` as a person types it, and what a nightly run collects before it optimises, against moto."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from api.collecting import collect_before_run
from api.runs.result import RunRequest
from collectors.connections import AwsFocusExport
from collectors.store import IngestStore
from tests.collect.conftest import KEYS
from tests.collect.deliveries import deliver

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

PLACEMENT = Path(sys.executable).with_name("placement")


def this_month() -> str:
    return f"{datetime.now(UTC):%Y-%m}"


def write_connections(folder: Path, *connections: AwsFocusExport) -> None:
    tables = [
        f'[[connection]]\nname = "{each.name}"\nprovider = "aws"\nkind = "focus_export"\nbucket = "{each.bucket}"\n'
        f'prefix = "{each.prefix}"\nexport = "{each.export}"\nregion = "{each.region}"\n'
        f'endpoint_url = "{each.endpoint_url}"\ncredentials = "{each.credentials}"\n'
        for each in connections
    ]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "connections.toml").write_text("\n".join(tables))


def collect(folder: Path) -> tuple[int, list[dict[str, object]]]:
    answer = subprocess.run(
        [PLACEMENT, "collect", "--json", "--data-dir", folder],
        capture_output=True,
        text=True,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), **KEYS},
        timeout=120,
    )
    return answer.returncode, json.loads(answer.stdout)


def test_the_command_collects_once_and_then_finds_nothing_new(
    connection: AwsFocusExport, client: S3Client, tmp_path: Path
) -> None:
    deliver(client, connection, this_month(), ["12.5"], execution="e1")
    write_connections(tmp_path, connection)
    code, (first,) = collect(tmp_path)
    assert (code, first["state"], first["rows"]) == (0, "collected", 1), first
    code, (second,) = collect(tmp_path)
    assert (code, second["state"]) == (0, "unchanged"), second
    assert [period.rows for period in IngestStore.open(tmp_path / "store").periods()] == [1]


def test_one_failing_connection_does_not_stop_the_others(
    connection: AwsFocusExport, client: S3Client, tmp_path: Path
) -> None:
    deliver(client, connection, this_month(), ["12.5"], execution="e1")
    absent = AwsFocusExport(
        name="absent",
        bucket="no-such-bucket-here",
        export="focus",
        region="us-east-1",
        endpoint_url=connection.endpoint_url,
        credentials=connection.credentials,
    )
    write_connections(tmp_path, absent, connection)
    code, (failed, fine) = collect(tmp_path)
    assert code == 3
    assert failed["state"] == "failed"
    assert "no-such-bucket-here" in str(failed["detail"])
    assert fine["state"] == "collected"


def test_a_nightly_run_collects_first(
    connection: AwsFocusExport, client: S3Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    deliver(client, connection, this_month(), ["12.5"], execution="e1")
    request = RunRequest(
        run_id="night",
        estate="default",
        data_directory=tmp_path,
        as_of_on=date(2026, 11, 1),
        policy_toml=None,
        time_limit_seconds=1.0,
        gap_ratio=0.0,
        seed=0,
    )
    assert collect_before_run(request) is None
    write_connections(tmp_path, connection)
    report = collect_before_run(request)
    assert report is not None
    assert (report.name, report.count_in, report.count_out, report.count_dropped) == ("collect", 1, 1, 0)

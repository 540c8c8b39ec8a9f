"""``placement collect``, ``periods`` and ``doctor`` as a person types them, and what a nightly run collects first."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from api.collecting import collect_before_run
from api.runs.result import RunRequest
from collectors.connections import Connection, FocusFolder, SnowflakeUsage
from collectors.months import months_before
from collectors.store import IngestStore
from tests.collect.aws.vendor import AwsVendor, aws_vendor
from tests.collect.connection_file import write_connections
from tests.collect.focus_files.vendor import FocusFolderVendor, focus_folder_vendor
from tests.collect.vendor import BilledRow
from tests.peers.aws_json import AwsJsonServer
from tests.peers.emulators import MotoPeer
from tests.peers.fixtures import aws_json, moto  # noqa: F401 - fixtures are found by name

PLACEMENT = Path(sys.executable).with_name("placement")
THIS_MONTH = f"{datetime.now(UTC):%Y-%m}"


@pytest.fixture
def vendor(moto: MotoPeer, aws_json: AwsJsonServer) -> Iterator[AwsVendor]:  # noqa: F811 - the fixtures
    """An FOCUS export of AWS with one charge this month."""
    aws_json.reset()
    with aws_vendor(moto, aws_json, "focus") as made:
        made.deliver(THIS_MONTH, [BilledRow(cost=Decimal("12.5"))], run="one")
        yield made


@pytest.fixture
def folder(tmp_path: Path) -> FocusFolderVendor:
    """A folder of FOCUS files with one charge this month."""
    made = focus_folder_vendor(tmp_path / "bills")
    made.deliver(THIS_MONTH, [BilledRow(cost=Decimal("7.25"))], run="one")
    return made


def connection_of(folder: FocusFolderVendor, **changes: Any) -> Connection:
    """A connection to the folder."""
    return FocusFolder(**{"name": "partner", "path": str(folder.root), **changes})


def placement(command: str, directory: Path, environ: Mapping[str, str]) -> tuple[int, Any, str]:
    """Exit code, the JSON answer, and what was said on standard error."""
    answer = subprocess.run(
        [PLACEMENT, command, "--json", "--data-dir", directory],
        capture_output=True,
        text=True,
        env={"PATH": os.environ["PATH"], "HOME": str(directory), **environ},
        timeout=120,
    )
    return answer.returncode, json.loads(answer.stdout) if answer.stdout.startswith(("{", "[")) else None, answer.stderr


def test_the_command_collects_once_and_then_finds_nothing_new(vendor: AwsVendor, tmp_path: Path) -> None:
    write_connections(tmp_path, [vendor.bucket.connection("focus", total="none")])
    environ = vendor.bucket.moto.environ
    code, answer, _ = placement("collect", tmp_path, environ)
    (first,) = answer["connections"]
    assert (code, first["state"], first["rows"], first["periods"][THIS_MONTH]) == (0, "collected", 1, "stored"), first
    code, answer, _ = placement("collect", tmp_path, environ)
    (second,) = answer["connections"]
    assert (code, second["state"], second["periods"][THIS_MONTH]) == (0, "unchanged", "unchanged"), second
    assert [period.rows for period in IngestStore.open(tmp_path / "store").periods()] == [1]


def test_older_months_of_a_vendor_that_is_asked_for_them_are_told_at_the_first_collection_alone(
    vendor: AwsVendor, tmp_path: Path
) -> None:
    old = months_before(THIS_MONTH, 8)[0]
    vendor.deliver(old, [BilledRow(cost=Decimal(4))], run="old")
    write_connections(tmp_path, [vendor.bucket.connection("focus", total="none")])
    remarks = [placement("collect", tmp_path, vendor.bucket.moto.environ)[1]["connections"][0]["remarks"] for _ in "12"]
    ((told,), later) = remarks
    assert f"({old})" in told
    assert "--months 9`" in told
    assert later == []


def test_one_failing_connection_does_not_stop_the_others(
    vendor: AwsVendor, folder: FocusFolderVendor, tmp_path: Path
) -> None:
    absent = vendor.bucket.connection("focus", name="absent", bucket="no-such-bucket-here", source="aws:absent")
    write_connections(tmp_path, [absent, connection_of(folder)])
    code, answer, _ = placement("collect", tmp_path, vendor.bucket.moto.environ)
    failed, fine = answer["connections"]
    assert code == 3
    assert failed["state"] == "failed"
    assert "no-such-bucket-here" in failed["failures"][0]
    assert fine["state"] == "collected"


def test_a_month_that_does_not_match_is_said_by_collect_and_by_periods(
    folder: FocusFolderVendor, tmp_path: Path
) -> None:
    folder.state_total(THIS_MONTH, {"USD": Decimal("9.00")}, final=True)
    write_connections(tmp_path, [connection_of(folder)])
    code, answer, _ = placement("collect", tmp_path, {})
    (check,) = answer["connections"][0]["checks"]
    assert (code, check["status"], check["expected"], check["found"]) == (0, "mismatch", "9.00 USD", "7.25 USD")
    code, (standing,), _ = placement("periods", tmp_path, {})
    assert code == 0
    assert "does not match" in standing["withheld"]
    said = subprocess.run(
        [PLACEMENT, "collect", "--data-dir", tmp_path], capture_output=True, text=True, check=True, timeout=120
    )
    assert "no recommendation rests on this month" in said.stdout


def test_two_connections_to_the_same_bill_are_found_and_one_may_be_kept_for_comparison(
    folder: FocusFolderVendor, tmp_path: Path
) -> None:
    other = focus_folder_vendor(tmp_path / "again")
    other.deliver(THIS_MONTH, [BilledRow(cost=Decimal("7.25"))], run="two")
    again = replace(connection_of(folder), name="again", path=str(other.root), source="focus:again")
    write_connections(tmp_path, [connection_of(folder), again])
    _, answer, _ = placement("collect", tmp_path, {})
    (overlap,) = answer["overlaps"]
    assert (overlap["kind"], overlap["costs"]) == ("same_bill", {"USD": "7.250000000000"})
    write_connections(tmp_path, [connection_of(folder), replace(again, counts=False)])
    _, answer, _ = placement("collect", tmp_path, {})
    assert answer["overlaps"] == []


def test_a_source_without_a_connection_is_left_out_and_counted_again(folder: FocusFolderVendor, tmp_path: Path) -> None:
    write_connections(tmp_path, [connection_of(folder)])
    placement("collect", tmp_path, {})

    def counts(*options: str) -> list[bool]:
        command = [PLACEMENT, "periods", *options, "--json", "--data-dir", tmp_path]
        answer = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
        return [standing["counts"] for standing in json.loads(answer.stdout)]

    assert counts() == [True]
    assert counts("--leave-out", "focus:partner") == [False]
    assert counts("--count-again", "focus:partner") == [True]
    unknown = [PLACEMENT, "periods", "--leave-out", "nobody", "--data-dir", tmp_path]
    refused = subprocess.run(unknown, capture_output=True, text=True, check=False, timeout=120)
    assert refused.returncode == 2
    assert "focus:partner" in refused.stderr


def test_a_nightly_run_collects_first_and_names_what_failed(
    vendor: AwsVendor, folder: FocusFolderVendor, tmp_path: Path
) -> None:
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
    assert collect_before_run(request, environ={}) is None
    write_connections(tmp_path, [vendor.bucket.connection("focus"), connection_of(folder)])
    report = collect_before_run(request, environ={})
    assert report is not None
    assert (report.name, report.count_in, report.count_out, report.count_dropped) == ("collect", 2, 1, 1)
    (failure,) = report.failures
    assert failure.startswith("payer: AWS credentials 'env:TEST_AWS'")


def test_the_doctor_prints_the_smallest_grant_for_what_is_missing(vendor: AwsVendor, tmp_path: Path) -> None:
    write_connections(tmp_path, [vendor.bucket.connection("focus", total="none")])
    environ = vendor.bucket.moto.environ
    _, findings, _ = placement("doctor", tmp_path, environ)
    assert [each["state"] for each in findings if each["check"] == "connection payer"] == ["ok"], findings
    vendor.bucket.proxy.fail_next(403, None, b"<Error><Code>AccessDenied</Code></Error>", 1000, on="permission-check")
    code, findings, _ = placement("doctor", tmp_path, environ)
    missing = [each for each in findings if each["check"] == "connection payer"]
    assert code == 3
    assert [each["state"] for each in missing] == ["failed"]
    assert "s3:GetObject" in missing[0]["detail"]
    assert '"s3:GetObject"' in missing[0]["remedy"]


def test_the_doctor_prints_no_grant_where_none_helps(tmp_path: Path) -> None:
    absent = FocusFolder(name="absent", path=str(tmp_path / "nowhere"))
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{unused.getsockname()[1]}"
    silent = SnowflakeUsage(name="silent", account="ACME", user="u", credentials="env:SF", endpoints={"sql": address})
    without = replace(silent, name="without", source="x", account="OTHER", credentials="env:UNSET")
    write_connections(tmp_path, [absent, silent, without])
    code, findings, _ = placement("doctor", tmp_path, {"SF_PASSWORD": "p"})
    found = [each for each in findings if each["check"].startswith("connection ")]
    assert code == 3
    assert [each["check"] for each in found] == ["connection absent", "connection silent", "connection without"]
    assert {each["remedy"] for each in found} == {""}
    assert "nowhere" in found[0]["detail"]
    assert "cannot be reached at 127.0.0.1" in found[1]["detail"]
    assert "UNSET_PASSWORD" in found[2]["detail"]


def test_the_doctor_calls_a_bad_connections_file_bad_input(tmp_path: Path) -> None:
    (tmp_path / "connections.toml").write_text("[[connection]]\nname = 'x'\n")
    code, findings, _ = placement("doctor", tmp_path, {})
    assert code == 2
    assert "line 1" in next(each["detail"] for each in findings if each["check"] == "connections")


def test_the_doctor_shows_a_month_that_no_recommendation_rests_on(folder: FocusFolderVendor, tmp_path: Path) -> None:
    (folder.root / THIS_MONTH / "invoice.json").write_text('{"costs": {"USD": "9.00"}, "final": true}')
    write_connections(tmp_path, [connection_of(folder)])
    placement("collect", tmp_path, {})
    code, findings, _ = placement("doctor", tmp_path, {})
    (withheld,) = [each for each in findings if each["state"] == "withheld"]
    assert (code, withheld["check"]) == (0, f"bills of {THIS_MONTH}")
    assert "does not match" in withheld["detail"]
    assert "placement collect" in withheld["detail"]


def test_the_doctor_names_a_billed_through_that_is_no_source(folder: FocusFolderVendor, tmp_path: Path) -> None:
    write_connections(tmp_path, [connection_of(folder, billed_through="aws:nobody")])
    code, findings, _ = placement("doctor", tmp_path, {})
    (told,) = [each for each in findings if "billed_through" in each["detail"]]
    assert (code, told["state"]) == (0, "missing")
    assert "focus:partner" in told["detail"]

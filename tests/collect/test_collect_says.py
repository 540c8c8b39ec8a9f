"""What ``placement collect`` and ``placement periods`` tell a person, and which exit code goes with it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from collectors.connections import FocusFolder
from collectors.months import months_before
from tests.collect.connection_file import write_connections
from tests.collect.focus_files.vendor import FocusFolderVendor, focus_folder_vendor
from tests.collect.vendor import BilledRow

PLACEMENT = Path(sys.executable).with_name("placement")
THIS_MONTH = f"{datetime.now(UTC):%Y-%m}"
(LAST_MONTH,) = months_before(THIS_MONTH, 1)
OLD_MONTH = months_before(THIS_MONTH, 8)[0]
CHARGE = BilledRow(cost=Decimal("7.25"))


@pytest.fixture
def folder(tmp_path: Path) -> FocusFolderVendor:
    """A folder of FOCUS files with one charge last month, to which a connection leads."""
    made = connected(tmp_path, ["partner"])[0]
    made.deliver(LAST_MONTH, [CHARGE], run="one")
    return made


def connected(directory: Path, names: Sequence[str]) -> list[FocusFolderVendor]:
    """A folder for each name, and a connection to it in the data directory."""
    write_connections(directory, [FocusFolder(name=name, path=str(directory / name)) for name in names])
    return [focus_folder_vendor(directory / name) for name in names]


def placement(directory: Path, *arguments: str) -> tuple[int, str, str]:
    """Exit code, standard output with its lines joined, and standard error."""
    answer = subprocess.run(
        [PLACEMENT, *arguments, "--data-dir", directory],
        capture_output=True,
        text=True,
        env={"PATH": os.environ["PATH"], "HOME": str(directory), "COLUMNS": "300"},
        timeout=120,
        check=False,
    )
    return answer.returncode, answer.stdout, answer.stderr


def test_a_month_that_is_over_and_does_not_add_up_is_exit_code_1(folder: FocusFolderVendor, tmp_path: Path) -> None:
    folder.state_total(LAST_MONTH, {"USD": Decimal(9)}, final=True)
    code, said, _ = placement(tmp_path, "collect")
    assert code == 1
    assert f"withheld: {LAST_MONTH} of focus:partner does not match: 7.25 USD stored, 9.00 USD expected" in said
    assert placement(tmp_path, "periods")[0] == 0
    folder.state_total(LAST_MONTH, {"USD": Decimal("7.25")}, final=True)
    code, said, _ = placement(tmp_path, "collect")
    assert code == 0
    assert f"{LAST_MONTH} matched (" in said


def test_an_overlap_is_told_once_with_its_amount(folder: FocusFolderVendor, tmp_path: Path) -> None:
    for each in connected(tmp_path, ["partner", "again"]):
        each.deliver(LAST_MONTH, [CHARGE], run="two")
    code, said, _ = placement(tmp_path, "collect")
    assert code == 1
    told = "focus:again and focus:partner both hold 7.25 USD of the bill of account"
    assert said.count(told) == 1
    assert placement(tmp_path, "periods")[1].count(told) == 1


def test_older_months_are_named_with_the_command_that_reads_them(folder: FocusFolderVendor, tmp_path: Path) -> None:
    folder.deliver(OLD_MONTH, [CHARGE], run="one")
    _, said, _ = placement(tmp_path, "collect")
    assert f"older bills are there ({OLD_MONTH})" in said
    assert "`placement collect partner --months 9`" in said
    _, said, _ = placement(tmp_path, "collect", "partner", "--months", "9")
    assert f"{OLD_MONTH} stored" in said
    assert "older bills" not in placement(tmp_path, "collect")[1]


def test_bills_in_wrong_places_are_named(folder: FocusFolderVendor, tmp_path: Path) -> None:
    (folder.root / "loose.csv").write_text("x")
    assert (
        f"note: partner: loose.csv directly in {folder.root} belongs to no month" in placement(tmp_path, "collect")[1]
    )


def test_rows_kept_aside_are_told_by_both_commands(folder: FocusFolderVendor, tmp_path: Path) -> None:
    folder.deliver(LAST_MONTH, [CHARGE, BilledRow(cost=Decimal(3), currency="XXQ")], run="two")
    for command in ("collect", "periods"):
        said = placement(tmp_path, command)[1]
        assert "Rows kept aside" in said
        assert "BillingCurrency is not an ISO 4217 code" in said
        assert "3.00 XXQ" in said


def test_a_month_that_is_gone_is_told_and_stays(folder: FocusFolderVendor, tmp_path: Path) -> None:
    placement(tmp_path, "collect")
    for each in (folder.root / LAST_MONTH).iterdir():
        each.unlink()
    said = placement(tmp_path, "collect")[1]
    assert f"{LAST_MONTH} gone" in said
    assert f"note: partner: {LAST_MONTH}: the source holds nothing of this month any more" in said
    assert "7.25 USD" in placement(tmp_path, "periods")[1]


def test_a_closed_month_that_changed_is_told_by_both_commands(folder: FocusFolderVendor, tmp_path: Path) -> None:
    folder.state_total(LAST_MONTH, {"USD": Decimal("7.25")}, final=True)
    placement(tmp_path, "collect")
    assert f"{LAST_MONTH} closed by invoice: 7.25 USD" in placement(tmp_path, "periods")[1]
    folder.deliver(LAST_MONTH, [BilledRow(cost=Decimal(8))], run="two")
    assert f"{LAST_MONTH}: was closed by invoice: 7.25 USD and has changed since" in placement(tmp_path, "collect")[1]
    said = placement(tmp_path, "periods")[1]
    assert f"{LAST_MONTH} was closed by invoice: 7.25 USD, and differs since" in said
    assert f"{LAST_MONTH} closed by" not in said


def test_a_mistyped_data_directory_is_refused_and_not_made(tmp_path: Path) -> None:
    code, _, complaint = placement(tmp_path / "mistyped", "periods")
    assert code == 2
    assert "holds no bills" in complaint
    assert not (tmp_path / "mistyped").exists()


def test_a_source_is_left_out_by_the_name_of_its_connection(folder: FocusFolderVendor, tmp_path: Path) -> None:
    placement(tmp_path, "collect")
    code, said, warning = placement(tmp_path, "periods", "--leave-out", "partner")
    assert code == 0
    assert said.splitlines()[2].split()[-1] == "no"
    assert "connection partner says `counts = true`" in warning
    code, said, warning = placement(tmp_path, "periods", "--count-again", "partner")
    assert said.splitlines()[2].split()[-1] == "yes"
    assert warning == ""


def test_an_unknown_connection_is_answered_with_those_there_are(folder: FocusFolderVendor, tmp_path: Path) -> None:
    code, _, complaint = placement(tmp_path, "collect", "nobody")
    assert code == 2
    assert "it has partner" in complaint

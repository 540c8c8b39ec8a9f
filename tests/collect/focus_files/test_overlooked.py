"""Bills of a folder that lie where nobody looks are named, with what was expected."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from collectors.connections.focus_files import FocusFolder
from collectors.focus_files import FocusFolderCollector

NOW = datetime(2025, 3, 4, tzinfo=UTC)


@pytest.fixture
def bills(tmp_path: Path) -> Path:
    """A folder with one month as it should be."""
    root = tmp_path / "bills"
    put(root / "2025-02" / "a.csv")
    return root


def put(path: Path, text: str = "x") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def open_folder(root: Path) -> FocusFolderCollector:
    return FocusFolderCollector(connection=FocusFolder(name="folder", path=str(root)), now=lambda: NOW)


@pytest.mark.parametrize(
    ("lay", "told"),
    [
        (lambda root: put(root / "jan.csv"), "jan.csv directly in {root} belongs to no month"),
        (lambda root: [put(root / f"{n}.csv") for n in range(5)], "0.csv, 1.csv, 2.csv and 2 more directly in {root}"),
        (lambda root: put(root / "2025-1" / "a.csv"), "{root}/2025-1 is named like no month, so {root}/2025-1/a.csv"),
        (
            lambda root: put(root / "jan" / "deep" / "a.parquet"),
            "so {root}/jan/deep/a.parquet and what else",
        ),
        (lambda root: put(root / "2025-01" / "day-1" / "a.csv.gz"), "day-1/a.csv.gz lies in a folder within the month"),
        (lambda root: put(root / "2025-01" / "a.xlsx"), "{root}/2025-01 holds a.xlsx, but no FOCUS file"),
        (lambda root: put(root / "2052-01" / "a.csv"), "{root}/2052-01 is of a month that has not begun"),
    ],
)
def test_a_bill_in_a_wrong_place_is_named(bills: Path, lay: Callable[[Path], object], told: str) -> None:
    assert open_folder(bills).overlooked() == ()
    lay(bills)
    (sentence,) = open_folder(bills).overlooked()
    assert told.format(root=bills) in sentence


def test_what_is_no_bill_or_is_listed_by_a_manifest_is_not_told(bills: Path) -> None:
    put(bills / "notes" / "readme.txt")
    put(bills / ".hidden" / "a.csv")
    put(bills / "2025-01" / "invoice.json", '{"costs": {"USD": "1"}}')
    put(bills / "2025-03" / "run" / "a.csv")
    put(bills / "2025-03" / "manifest.json", '{"files": ["run/a.csv"]}')
    assert open_folder(bills).overlooked() == ()


def test_the_doctor_is_told_when_bills_are_there_and_no_month_is(bills: Path, tmp_path: Path) -> None:
    assert [check.fault for check in open_folder(bills).check_grants()] == [None]
    put(tmp_path / "loose" / "a.csv")
    readable, layout = open_folder(tmp_path / "loose").check_grants()
    assert readable.fault is None
    assert layout.fault is not None
    assert "a.csv directly in" in layout.fault
    assert f"mkdir -p {tmp_path}/loose/2025-03" in layout.fault

"""Every fault is reported with its file, line and column, and all of them together."""

from __future__ import annotations

import csv
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.errors import CollectorError, Terminal
from collectors.inventory import Inventory, InventoryError, read_inventory, write_inventory
from tests.inventory.inventories import inventories, small_inventory


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One edit of a file of the small inventory, and where the reader must see it."""

    file: str
    old: str
    new: str
    line: int | None
    column: str | None
    says: str


FAULTS = {
    "unknown column": Fault(
        file="resources.csv", old="belongs_to", new="belongs_to,colour", line=1, column="colour", says="unknown column"
    ),
    "missing column": Fault(
        file="consumers.csv", old=",max_rtt_ms", new="", line=1, column="max_rtt_ms", says="missing column"
    ),
    "column twice": Fault(
        file="resources.csv", old="belongs_to", new="belongs_to,belongs_to", line=1, column="belongs_to", says="twice"
    ),
    "comma in a number": Fault(
        file="workloads.csv", old="1200.5", new="1.200,5", line=2, column=None, says="cells"
    ),
    "words for a number": Fault(
        file="workloads.csv", old="1200.5", new="many", line=2, column="vcpu_hours", says="'many'"
    ),
    "not finite": Fault(
        file="workloads.csv", old="1200.5", new="nan", line=2, column="vcpu_hours", says="at least 0"
    ),
    "underscores": Fault(
        file="workloads.csv", old="1200.5", new="1_200", line=2, column="vcpu_hours", says="'1_200'"
    ),
    "negative quantity": Fault(
        file="dataset_bands.csv", old="1000.0", new="-1000.0", line=2, column="stored_gb", says="at least 0"
    ),
    "more hours than a month has": Fault(
        file="workloads.csv", old="310.0", new="744", line=2, column="running_hours", says="730"
    ),
    "no instances": Fault(
        file="workloads.csv", old=",3,0.0,true", new=",0,0.0,true", line=2, column="instances", says="at least 1"
    ),
    "unknown role": Fault(
        file="workloads.csv", old="batch_compute", new="batch", line=2, column="role", says="sql_warehouse"
    ),
    "unknown direction": Fault(
        file="lineage.csv", old="read", new="reads", line=2, column="direction", says="one of read, write"
    ),
    "flag in capitals": Fault(
        file="workloads.csv", old="true", new="TRUE", line=2, column="interruptible", says="true or false"
    ),
    "empty id": Fault(
        file="resources.csv", old="arn:1", new="", line=2, column="resource_id", says="an empty cell"
    ),
    "not a place": Fault(
        file="datasets.csv", old="aws:us-west-2", new="us-west-2", line=3, column="place", says="aws:us-east-1"
    ),
    "not a date": Fault(
        file="commitments.csv", old="2027-03-01", new="01.03.2027", line=2, column="ends_on", says="2027-03-31"
    ),
    "negative money": Fault(
        file="commitments.csv", old="1200.50", new="-1200.50", line=2, column="monthly_usd", says="USD"
    ),
    "duplicate id": Fault(
        file="resources.csv", old="arn:2", new="arn:1", line=3, column="resource_id", says="already stands in line 2"
    ),
    "dangling resource": Fault(
        file="resources.csv", old="arn:2,landing", new="arn:2,lading", line=3, column="belongs_to", says="'lading'"
    ),
    "dangling consumer": Fault(
        file="consumers.csv", old="etl", new="elt", line=2, column="workload_id", says="not in the inventory"
    ),
    "dangling lineage": Fault(
        file="lineage.csv", old="landing", new="lading", line=2, column="dataset_id", says="not in the inventory"
    ),
    "dangling replica": Fault(
        file="datasets.csv", old=",landing,", new=",lading,", line=3, column="replica_of", says="not a dataset"
    ),
    "replica of itself": Fault(
        file="datasets.csv", old=",landing,", new=",landing-copy,", line=3, column="replica_of", says="of itself"
    ),
    "gap between bands": Fault(
        file="dataset_bands.csv", old="standard,30,", new="standard,60,", line=3, column="min_age_days", says="30 days"
    ),
    "no open band": Fault(
        file="dataset_bands.csv", old="standard,30,,", new="standard,30,90,", line=3, column="max_age_days",
        says="empty in the oldest",
    ),
    "band that ends before it begins": Fault(
        file="dataset_bands.csv", old="standard,30,,", new="standard,30,20,", line=3, column="max_age_days",
        says="more than 30 days",
    ),
    "open quote": Fault(
        file="resources.csv", old="arn:1", new='"arn:1', line=2, column=None, says="malformed CSV"
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
def test_a_fault_is_reported_with_its_file_line_and_column(fault: Fault, tmp_path: Path) -> None:
    write_inventory(small_inventory(), tmp_path)
    path = tmp_path / fault.file
    text = path.read_text()
    assert fault.old in text
    path.write_text(text.replace(fault.old, fault.new, 1))
    with pytest.raises(InventoryError) as caught:
        read_inventory(tmp_path)
    error = caught.value
    assert isinstance(error, CollectorError)
    assert isinstance(error, Terminal)
    assert (error.file, error.line, error.column) == (fault.file, fault.line, fault.column)
    assert fault.says in str(error)
    assert error.expected
    assert error.fix


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    write_inventory(small_inventory(), tmp_path)
    (tmp_path / "lineage.csv").unlink()
    with pytest.raises(InventoryError, match=r"lineage\.csv: the file is missing"):
        read_inventory(tmp_path)


def test_two_files_for_one_table_are_refused(tmp_path: Path) -> None:
    write_inventory(small_inventory(), tmp_path)
    write_inventory(small_inventory(), tmp_path, suffix=".parquet")
    with pytest.raises(InventoryError, match="keep one of them"):
        read_inventory(tmp_path)


def test_a_file_that_is_not_text_is_refused_with_its_line(tmp_path: Path) -> None:
    write_inventory(small_inventory(), tmp_path)
    path = tmp_path / "resources.csv"
    path.write_bytes(path.read_bytes().replace(b"arn:2", b"arn\xff"))
    with pytest.raises(InventoryError, match=r"resources\.csv, line 3: bytes that are not text"):
        read_inventory(tmp_path)


def test_a_file_that_is_not_parquet_is_refused(tmp_path: Path) -> None:
    write_inventory(small_inventory(), tmp_path)
    (tmp_path / "resources.csv").rename(tmp_path / "resources.parquet")
    with pytest.raises(InventoryError, match=r"resources\.parquet: not readable"):
        read_inventory(tmp_path)


def test_a_line_number_counts_the_lines_of_quoted_texts(tmp_path: Path) -> None:
    write_inventory(small_inventory(), tmp_path)
    (tmp_path / "resources.csv").write_text('resource_id,belongs_to\n"a\nb",etl\nc,nothing\n')
    with pytest.raises(InventoryError) as caught:
        read_inventory(tmp_path)
    assert caught.value.line == 4


def test_all_faults_come_together_and_the_list_ends_at_twenty(tmp_path: Path) -> None:
    write_inventory(small_inventory(), tmp_path)
    rows = "".join(f"r{number},nobody{number}\n" for number in range(30))
    (tmp_path / "resources.csv").write_text(f"resource_id,belongs_to\n{rows}")
    with pytest.raises(InventoryError) as caught:
        read_inventory(tmp_path)
    assert caught.value.fault_count == 30
    assert [fault.line for fault in caught.value.faults] == list(range(2, 22))
    assert "and 10 more" in str(caught.value)


@given(inventory=inventories(), picked=st.data())
@settings(max_examples=60, deadline=None)
def test_a_bad_cell_planted_anywhere_is_found_where_it_is(inventory: Inventory, picked: st.DataObject) -> None:
    """Texts of generated inventories hold no line breaks, so that a row's line is its position plus one."""
    column = picked.draw(st.sampled_from(("stored_gb", "object_count", "retrieved_gb_per_month")))
    row = picked.draw(st.integers(0, len(inventory.dataset_bands) - 1))
    bad = picked.draw(st.sampled_from(("-1", "nan", "inf", "1e", "", "two", "1_0", "0x10")))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_inventory(inventory, folder)
        _plant(folder / "dataset_bands.csv", row, column, bad)
        with pytest.raises(InventoryError) as caught:
            read_inventory(folder)
    assert [(fault.file, fault.line, fault.column) for fault in caught.value.faults] == [
        ("dataset_bands.csv", row + 2, column)
    ]


def _plant(path: Path, row: int, column: str, cell: str) -> None:
    with path.open(newline="") as file:
        rows = list(csv.reader(file))
    rows[row + 1][rows[0].index(column)] = cell
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(rows)

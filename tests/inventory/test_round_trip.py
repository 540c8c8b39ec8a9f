"""What is written reads back as it was."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.inventory import Inventory, read_inventory, write_inventory
from tests.inventory.inventories import inventories, small_inventory


@given(inventory=inventories(), suffix=st.sampled_from((".csv", ".parquet")))
@settings(max_examples=80, deadline=None)
def test_any_valid_inventory_reads_back_equal_from_csv_and_parquet(inventory: Inventory, suffix: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        write_inventory(inventory, Path(folder), suffix=suffix)
        assert read_inventory(Path(folder)) == inventory


def test_the_same_rows_give_the_same_bytes(tmp_path: Path) -> None:
    first = write_inventory(small_inventory(), tmp_path / "first")
    second = write_inventory(small_inventory(), tmp_path / "second")
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]


def test_columns_may_come_in_any_order(tmp_path: Path) -> None:
    write_inventory(small_inventory(), tmp_path)
    (tmp_path / "resources.csv").write_text("belongs_to,resource_id\netl,arn:1\nlanding,arn:2\n")
    assert read_inventory(tmp_path) == small_inventory()


def test_a_byte_order_mark_and_blank_lines_do_no_harm(tmp_path: Path) -> None:
    write_inventory(small_inventory(), tmp_path)
    path = tmp_path / "resources.csv"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n") + b"\r\n\r\n")
    assert read_inventory(tmp_path) == small_inventory()


def test_csv_and_parquet_files_mix_in_one_folder(tmp_path: Path) -> None:
    write_inventory(small_inventory(), tmp_path)
    (tmp_path / "datasets.csv").unlink()
    write_inventory(small_inventory(), tmp_path / "other", suffix=".parquet")
    (tmp_path / "other" / "datasets.parquet").rename(tmp_path / "datasets.parquet")
    assert read_inventory(tmp_path) == small_inventory()


def test_an_unknown_format_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"\.xlsx"):
        write_inventory(small_inventory(), tmp_path, suffix=".xlsx")

"""Price files that cannot be used are refused by file and row."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from collectors.errors import PriceBookError, Terminal
from collectors.pricing import InvalidPriceFile, load_price_book
from collectors.pricing.files import write_book
from optimizer.pricing.schema import TABLES
from tests.pricing.books import OHIO, VIRGINIA, book, machine, place, price, round_trip, tables, transfer

SHARE_ALIKE = {"licence": "CC BY-SA 4.0"}


def write(folder: Path, rows: list[dict[str, object]]) -> Path:
    written = tables(
        rows,
        machines=[machine()],
        transfers=[transfer(VIRGINIA, OHIO, "0.01")],
        round_trips=[round_trip(VIRGINIA, OHIO, 11.0)],
        places=[place(VIRGINIA, **SHARE_ALIKE), place(OHIO, **SHARE_ALIKE)],
    )
    write_book(written, folder)
    return folder


def test_a_folder_of_files_by_licence_is_one_book(tmp_path: Path) -> None:
    rows = [price(), price(place_id=OHIO, **SHARE_ALIKE)]
    write(tmp_path, rows)
    assert {path.name for path in tmp_path.iterdir()} >= {"rows.parquet", "rows_cc_by_sa.parquet"}
    read = load_price_book(tmp_path)
    assert read.rows().num_rows == 2
    expected = book(
        rows,
        machines=[machine()],
        transfers=[transfer(VIRGINIA, OHIO, "0.01")],
        round_trips=[round_trip(VIRGINIA, OHIO, 11.0)],
        places=[place(VIRGINIA, **SHARE_ALIKE), place(OHIO, **SHARE_ALIKE)],
    )
    assert read.snapshot_id == expected.snapshot_id


def test_a_bad_row_is_named_by_the_file_it_stands_in_and_its_row_there(tmp_path: Path) -> None:
    bad = price(place_id=OHIO, unit_price=Decimal("-1"), **SHARE_ALIKE)
    write(tmp_path, [price(), price(meter="storage.standard_ia"), bad])
    with pytest.raises(InvalidPriceFile, match=r"rows_cc_by_sa\.parquet, row 0: .*negative price") as refused:
        load_price_book(tmp_path)
    assert refused.value.row == 0
    assert isinstance(refused.value, PriceBookError)
    assert isinstance(refused.value, Terminal)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    write(tmp_path, [price()])
    (tmp_path / "places_cc_by_sa.parquet").unlink()
    with pytest.raises(InvalidPriceFile, match=r"places_cc_by_sa\.parquet: no such file, though book\.json lists it"):
        load_price_book(tmp_path)


def test_a_truncated_file_is_named(tmp_path: Path) -> None:
    write(tmp_path, [price()])
    whole = (tmp_path / "rows.parquet").read_bytes()
    (tmp_path / "rows.parquet").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InvalidPriceFile, match=r"rows\.parquet: is not a readable Parquet file"):
        load_price_book(tmp_path)


def test_missing_and_unknown_columns_are_named(tmp_path: Path) -> None:
    write(tmp_path, [price()])
    table = pq.read_table(tmp_path / "rows.parquet")
    pq.write_table(table.rename_columns({"unit_price": "list_price"}), tmp_path / "rows.parquet")
    with pytest.raises(InvalidPriceFile, match=r"missing \['unit_price'\], unknown \['list_price'\]"):
        load_price_book(tmp_path)


def test_a_column_of_another_type_is_named(tmp_path: Path) -> None:
    write(tmp_path, [price()])
    table = pq.read_table(tmp_path / "rows.parquet")
    column = TABLES["rows"].get_field_index("unit_price")
    pq.write_table(table.set_column(column, "unit_price", pa.array(["dear"])), tmp_path / "rows.parquet")
    with pytest.raises(InvalidPriceFile, match=r"rows\.parquet: a column has another type"):
        load_price_book(tmp_path)


def test_a_folder_without_a_manifest_is_no_book(tmp_path: Path) -> None:
    with pytest.raises(InvalidPriceFile, match=r"book\.json: no such file"):
        load_price_book(tmp_path)


@pytest.mark.parametrize(
    ("text", "reason"),
    [("{", "is not JSON"), ("[]", "exactly the keys"), ('{"files": ["x.parquet"]}', "exactly the keys")],
)
def test_a_manifest_that_makes_no_sense_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    write(tmp_path, [price()])
    (tmp_path / "book.json").write_text(text)
    with pytest.raises(InvalidPriceFile, match=rf"book\.json: .*{reason}"):
        load_price_book(tmp_path)


def test_a_manifest_that_lists_a_stranger_is_refused(tmp_path: Path) -> None:
    write(tmp_path, [price()])
    manifest = json.loads((tmp_path / "book.json").read_text())
    (tmp_path / "book.json").write_text(json.dumps(manifest | {"files": [*manifest["files"], "secrets.parquet"]}))
    with pytest.raises(InvalidPriceFile, match=r"secrets\.parquet, which is no table"):
        load_price_book(tmp_path)


def test_files_of_two_builds_are_not_one_book(tmp_path: Path) -> None:
    write(tmp_path, [price()])
    other = tmp_path / "other"
    other.mkdir()
    write(other, [price(unit_price=Decimal("0.024"))])
    (other / "rows.parquet").replace(tmp_path / "rows.parquet")
    with pytest.raises(InvalidPriceFile, match="not of one build"):
        load_price_book(tmp_path)

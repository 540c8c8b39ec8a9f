"""Files of every kind through one door, within limits."""

from __future__ import annotations

import gzip
import json
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from collectors.signals.coverage import whole_days
from collectors.signals.errors import UnreadableSignals
from collectors.signals.ingest import ingest_signal_files
from collectors.signals.kinds import KINDS
from collectors.signals.readers import READERS, ReadOptions
from collectors.signals.store import SignalStore
from collectors.signals.unpack import unpacked
from tests.signals.samples import NOW, cloudtrail_file, cloudtrail_record, lineage_event, s3_line
from tests.signals.totals import access_totals, rows_of


def ingest(store: SignalStore, *paths: Path, source: str, **other: Any) -> tuple[int, int, int]:
    """Records, rejects, unchanged files."""
    receipts = ingest_signal_files(store, paths, source=source, received_at=NOW, **other)
    return (
        sum(receipt.records for receipt in receipts),
        sum(receipt.rejected for receipt in receipts),
        sum(receipt.unchanged for receipt in receipts),
    )


def test_every_kind_has_a_reader() -> None:
    assert set(READERS) == set(KINDS)


def test_a_folder_of_packed_and_plain_files_is_read_once(signals: SignalStore, tmp_path: Path) -> None:
    folder = tmp_path / "trail" / "2026" / "09"
    folder.mkdir(parents=True)
    (folder / "a.json.gz").write_bytes(cloudtrail_file(cloudtrail_record(), cloudtrail_record(eventID="e2")))
    (folder / "b.json").write_text(json.dumps({"Records": [cloudtrail_record(eventID="e2"), "not a record"]}))
    assert ingest(signals, tmp_path / "trail", source="cloudtrail") == (3, 1, 0)
    assert ingest(signals, tmp_path / "trail", source="cloudtrail") == (0, 0, 2)
    assert access_totals(signals) == {("s3://lake/raw/orders", "read"): (2, 2 * 236375)}


def test_days_between_the_files_of_one_call_are_covered_unless_the_caller_says_otherwise(
    signals: SignalStore, tmp_path: Path
) -> None:
    for day in (2, 9):
        (tmp_path / f"{day}.log").write_text(s3_line(time=f"0{day}/Sep/2026:10:00:00 +0000", request_id=f"R{day}"))
    files = [tmp_path / "2.log", tmp_path / "9.log"]
    ingest(signals, *files, source="s3_server_log")
    ingest(signals, *files, source="s3_server_log:told", covered=whole_days(date(2026, 9, 1), date(2026, 9, 30)))
    assert {each.source: each.window for each in signals.coverage()} == {
        "s3_server_log": whole_days(date(2026, 9, 2), date(2026, 9, 9)),
        "s3_server_log:told": whole_days(date(2026, 9, 1), date(2026, 9, 30)),
    }


def test_only_line_feeds_end_a_line(signals: SignalStore, tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text(s3_line(request='"GET /a\u2028b\x0c HTTP/1.1"', tail="") + "\r\n", newline="")
    assert ingest(signals, tmp_path / "a.log", source="s3_server_log") == (1, 0, 0)
    events = [lineage_event(run={"runId": f"r\u2028{number}"}) for number in range(2)]
    (tmp_path / "b.jsonl").write_text("\n".join(json.dumps(event, ensure_ascii=False) for event in events))
    assert ingest(signals, tmp_path / "b.jsonl", source="openlineage") == (4, 0, 0)


def test_coverage_can_be_told_later_for_files_that_came_before(signals: SignalStore, tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text(s3_line())
    ingest(signals, tmp_path / "a.log", source="s3_server_log")
    september = whole_days(date(2026, 9, 1), date(2026, 9, 30))
    assert ingest(signals, tmp_path / "a.log", source="s3_server_log", covered=september) == (0, 0, 1)
    assert [each.window for each in signals.coverage()] == [september]
    assert access_totals(signals) == {("s3://lake/raw/orders", "read"): (1, 113)}


def test_the_readme_lists_every_kind_with_its_table() -> None:
    text = (Path(__file__).resolve().parents[2] / "collectors" / "signals" / "README.md").read_text()
    listed = {
        line.split("|")[1].strip(" `"): line.split("|")[2].strip()
        for line in text.splitlines()
        if line.startswith("| `")
    }
    assert listed == {name: kind.table for name, kind in KINDS.items()}


def test_an_inventory_in_several_files_is_one_snapshot(signals: SignalStore, tmp_path: Path) -> None:
    (tmp_path / "1.csv.gz").write_bytes(gzip.compress(b'"lake","a/x","10"\n'))
    (tmp_path / "2.csv").write_text('"lake","a/y","5"\n')
    options = ReadOptions(day_on=date(2026, 9, 7), file_schema="Bucket, Key, Size")
    files = (tmp_path / "1.csv.gz", tmp_path / "2.csv")
    assert ingest(signals, *files, source="s3_inventory", options=options) == (2, 0, 0)
    assert rows_of(signals, "SELECT sum(bytes)::BIGINT FROM dataset_state") == [(15,)]
    next_day = ReadOptions(day_on=date(2026, 9, 8), file_schema="Bucket, Key, Size")
    ingest(signals, *files, source="s3_inventory", options=next_day)
    assert rows_of(signals, "SELECT count(DISTINCT day), sum(bytes)::BIGINT FROM dataset_state") == [(2, 30)]


def test_parquet_and_csv_rows_read_alike(signals: SignalStore, tmp_path: Path) -> None:
    row = {"bucket": "lake", "name": "x/a", "size": "5", "storageClass": "NEARLINE", "location": "EU"}
    pq.write_table(pa.Table.from_pylist([row]), tmp_path / "a.parquet")
    (tmp_path / "a.csv").write_text(",".join(row) + "\n" + ",".join(row.values()) + "\n")
    options = ReadOptions(day_on=date(2026, 9, 7))
    for number, name in enumerate(("a.parquet", "a.csv")):
        ingest(signals, tmp_path / name, source=f"gcs_inventory:{number}", options=options)
    found = rows_of(signals, "SELECT * EXCLUDE source FROM dataset_state")
    assert found[0] == found[1]


@pytest.mark.parametrize(
    ("name", "content", "source", "said"),
    [
        ("a.json", b"{}", "cloudtrail", "Records"),
        ("a.json.gz", gzip.compress(b'{"Records": []}' * 100, mtime=0)[:-9], "cloudtrail", "ends too early"),
        ("a.json.gz", b"\x1f\x8bnothing", "cloudtrail", "damaged gzip"),
        ("a.parquet", b"PAR1", "gcs_inventory", "no gcs_inventory file"),
        ("a.csv", b"x", "s3_inventory", "fileSchema"),
        ("a.json", b"nothing", "openlineage", "neither an OpenLineage event"),
        ("a.json", b"[]", "azure_inventory", "account"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_and_nothing_of_the_call_is_stored(
    signals: SignalStore, tmp_path: Path, name: str, content: bytes, source: str, said: str
) -> None:
    (tmp_path / name).write_bytes(content)
    good = tmp_path / "good.json"
    good.write_text(json.dumps([lineage_event()]))
    with pytest.raises(UnreadableSignals, match=said):
        ingest(signals, *([good] if source == "openlineage" else []), tmp_path / name, source=source)
    assert signals.delivery_counts() == {}
    assert ingest(signals, good, source="openlineage") == (2, 0, 0)


def test_missing_files_and_empty_folders_are_named(signals: SignalStore, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for path in (tmp_path / "nowhere", tmp_path / "empty"):
        with pytest.raises(UnreadableSignals):
            ingest(signals, path, source="cloudtrail")


def test_a_small_file_cannot_fill_the_memory() -> None:
    bomb = gzip.compress(bytes(50_000_000))
    assert len(bomb) < 100_000
    with pytest.raises(UnreadableSignals, match="more than 1000000 bytes"):
        unpacked(bomb, at_most_bytes=1_000_000)
    with pytest.raises(UnreadableSignals, match="more than 100 bytes"):
        unpacked(gzip.compress(bytes(60)) * 2, at_most_bytes=100)
    assert unpacked(gzip.compress(b"a") + gzip.compress(b"b"), at_most_bytes=2) == b"ab"

"""Exports as files in Cloud Storage, by manifest, against the emulator."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import collectors.gcp
from collectors.collector import CollectWindow, Delivery
from collectors.errors import InvalidManifest, NotFoundAtProvider, ProviderError, TornDelivery
from tests.collect.gcp.vendor import GcsFilesVendor
from tests.collect.vendor import BilledRow

WINDOW = CollectWindow(first_period="2026-01", last_period="2026-02")
ROWS = [BilledRow(cost=Decimal(1)), BilledRow(cost=Decimal(2)), BilledRow(cost=Decimal(3))]


def discovered(vendor: GcsFilesVendor, period: str = "2026-01") -> Delivery | ProviderError:
    """What a new collector finds of a month."""
    return vendor.open().discover(WINDOW, known={})[period]


def put_manifest(vendor: GcsFilesVendor, document: Any, name: str = "export/2026-01/hand/manifest.json") -> None:
    """A manifest written by hand."""
    vendor.bucket.blob(name).upload_from_string(json.dumps(document))


def test_a_delivery_is_what_its_manifest_lists(files_vendor: GcsFilesVendor, tmp_path: Path) -> None:
    files_vendor.deliver("2026-01", ROWS, run="r1")
    collector = files_vendor.open()
    delivery = collector.discover(WINDOW, known={})["2026-01"]
    assert isinstance(delivery, Delivery)
    assert (delivery.run_id, delivery.row_count) == ("r1", 3)
    assert [part.row_count for part in delivery.parts] == [2, 1]
    paths = collector.fetch(delivery, tmp_path)
    assert [path.stat().st_size for path in paths] == [part.byte_count for part in delivery.parts]
    assert collector.mark(delivery) == ""


def test_counts_in_quotes_and_the_name_that_bigquery_gives_are_read(files_vendor: GcsFilesVendor) -> None:
    files_vendor.deliver("2026-01", ROWS, run="r1")
    document = json.loads(files_vendor.contents["export/2026-01/r1/manifest.json"])
    listed = [{name: str(value) for name, value in each.items() if name != "rows"} for each in document["files"]]
    put_manifest(
        files_vendor,
        document | {"run_id": "r2", "row_count": "3", "files": listed},
        "export/2026-01/r1/manifest_000000000000.json",
    )
    delivery = discovered(files_vendor)
    assert isinstance(delivery, Delivery)
    assert (delivery.run_id, delivery.row_count, delivery.parts[0].row_count) == ("r2", 3, None)


def test_the_newest_of_two_runs_counts_and_never_both(files_vendor: GcsFilesVendor) -> None:
    files_vendor.deliver("2026-01", ROWS, run="zzz")
    files_vendor.deliver("2026-01", ROWS[:1], run="aaa", create_new=True)
    delivery = discovered(files_vendor)
    assert isinstance(delivery, Delivery)
    assert (delivery.run_id, delivery.row_count) == ("aaa", 1)


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ({"row_count": 1, "files": []}, "run_id"),
        ({"run_id": "r", "row_count": 1, "files": []}, "1 rows and lists no file"),
        ({"run_id": "r", "row_count": -1, "files": []}, "below zero"),
        ({"run_id": "r", "row_count": True, "files": []}, "not a count"),
        (
            {"run_id": "r", "row_count": 1, "files": [{"name": "../a.parquet", "generation": 1, "bytes": 1}]},
            "below the run",
        ),
        (
            {"run_id": "r", "row_count": 1, "files": [{"name": "/a.parquet", "generation": 1, "bytes": 1}]},
            "below the run",
        ),
        (
            {"run_id": "r", "row_count": 1, "files": [{"name": "a.csv", "generation": 1, "bytes": 1}]},
            "not a Parquet file",
        ),
        ({"run_id": "r", "row_count": 1, "files": [{"name": "a.parquet", "bytes": 1}]}, "generation"),
        (
            {"run_id": "r", "row_count": 3, "files": [{"name": "a.parquet", "generation": 1, "bytes": 1, "rows": 2}]},
            "other rows",
        ),
        ({"run_id": "r", "row_count": 2, "files": [{"name": "a.parquet", "generation": 1, "bytes": 1}] * 2}, "twice"),
        ([], "cannot be read"),
    ],
)
def test_a_manifest_that_cannot_be_believed_fails_its_own_month(
    files_vendor: GcsFilesVendor, document: Any, reason: str
) -> None:
    files_vendor.deliver("2026-02", ROWS, run="r1")
    put_manifest(files_vendor, document)
    fault = discovered(files_vendor)
    assert isinstance(fault, InvalidManifest)
    assert reason in str(fault)
    assert "export/2026-01/hand/manifest.json" in str(fault)
    assert isinstance(discovered(files_vendor, "2026-02"), Delivery)


def test_a_manifest_too_large_to_be_one_is_not_read(files_vendor: GcsFilesVendor) -> None:
    files_vendor.bucket.blob("export/2026-01/hand/manifest.json").upload_from_string(b" " * ((16 << 20) + 1))
    assert isinstance(discovered(files_vendor), InvalidManifest)


def test_a_file_that_was_written_again_since_its_manifest_is_torn(files_vendor: GcsFilesVendor, tmp_path: Path) -> None:
    files_vendor.deliver("2026-01", ROWS, run="r1")
    files_vendor.break_next("torn", "2026-01")
    collector = files_vendor.open()
    delivery = collector.discover(WINDOW, known={})["2026-01"]
    assert isinstance(delivery, Delivery)
    with pytest.raises(TornDelivery, match="no longer what the manifest lists"):
        collector.fetch(delivery, tmp_path)


def test_a_month_that_is_delivered_anew_while_it_is_fetched_is_torn(
    files_vendor: GcsFilesVendor, tmp_path: Path
) -> None:
    files_vendor.deliver("2026-01", ROWS, run="r1")
    collector = files_vendor.open()
    delivery = collector.discover(WINDOW, known={})["2026-01"]
    assert isinstance(delivery, Delivery)
    files_vendor.deliver("2026-01", ROWS[:1], run="r2", create_new=True)
    with pytest.raises(TornDelivery, match="delivered anew"):
        collector.fetch(delivery, tmp_path)


def test_files_without_a_manifest_are_no_delivery(files_vendor: GcsFilesVendor) -> None:
    files_vendor.bucket.blob("export/2026-01/r1/part-0.parquet").upload_from_string(b"PAR1")
    files_vendor.bucket.blob("export/2026-01/manifest.json").upload_from_string(b"{}")
    with pytest.raises(NotFoundAtProvider, match=r"no manifest\.json under gs://.*/export/"):
        files_vendor.open().discover(WINDOW, known={})


def test_a_bucket_that_is_not_there_is_named(files_vendor: GcsFilesVendor) -> None:
    files_vendor.bucket.delete()
    with pytest.raises(NotFoundAtProvider, match="check project, dataset, table or bucket"):
        files_vendor.open().discover(WINDOW, known={})


def test_the_scheduled_export_writes_the_manifest_that_is_read_here(files_vendor: GcsFilesVendor) -> None:
    script = (Path(collectors.gcp.__file__).parent / "policy" / "export_to_storage.sql").read_text()
    (manifest,) = re.findall(r"manifest_\*\.json.*?AS files", script, re.DOTALL)
    assert re.findall(r"AS (run_id|row_count|files)\b", manifest) == ["run_id", "row_count", "files"]
    (selected,) = re.findall(r"AS STRUCT (.*?)\n", manifest)
    fields = [re.split(r" AS |\.", each)[-1].strip() for each in re.split(r",(?![^(]*\))", selected)]
    assert fields == ["name", "generation", "bytes"]
    # Every table that the script reads is the bill, its own, or one that it says how to make; it promises no other.
    made = set(re.findall(r"CREATE (?:EXTERNAL|TEMP) TABLE `?([A-Za-z_.]+)`?", script))
    assert set(re.findall(r"FROM `?([A-Za-z_.]+)`?\b(?!\()", script)) - {"UNNEST"} == made | {"EXPORT_TABLE"}
    assert script.count("a table over") + script.count("one\n-- over") == script.count("CREATE EXTERNAL TABLE")
    files_vendor.deliver("2026-01", ROWS, run="r1")
    document = json.loads(files_vendor.contents[files_vendor.manifests["2026-01"]])
    for file in document["files"]:
        del file["rows"]
    files_vendor._put_manifest(files_vendor.manifests["2026-01"], document)
    delivery = discovered(files_vendor)
    assert isinstance(delivery, Delivery)
    assert (delivery.row_count, {part.row_count for part in delivery.parts}) == (len(ROWS), {None})

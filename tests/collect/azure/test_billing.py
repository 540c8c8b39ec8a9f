"""Bills from Blob storage: what is discovered, what is fetched, and what each fault comes to."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from collectors.azure import open_collector
from collectors.collector import CollectWindow, Delivery
from collectors.errors import (
    AccessDenied,
    CredentialsMissing,
    InvalidManifest,
    NotFoundAtProvider,
    ProviderError,
    ProviderUnavailable,
    TornDelivery,
)
from tests.collect.azure.deliveries import csv_bytes, focus_row
from tests.collect.azure.vendor import AzureVendor
from tests.collect.vendor import BilledRow
from tests.peers.arm import THROTTLE_HEADERS

WINDOW = CollectWindow(first_period="2025-01", last_period="2025-03")
ROWS = [BilledRow(cost=Decimal("1.25")), BilledRow(cost=Decimal("-0.5"), category="Credit")]


def delivery_of(vendor: AzureVendor, period: str = "2025-02") -> Delivery:
    """The period's delivery, which must be there."""
    found = vendor.open().discover(WINDOW, known={})[period]
    assert isinstance(found, Delivery), found
    return found


def test_a_delivery_is_told_by_its_manifest_with_rows_and_bytes(vendor: AzureVendor) -> None:
    vendor.deliver("2025-02", ROWS, run="run-1")

    found = vendor.open().discover(WINDOW, known={})

    assert set(found) == {"2025-02"}
    delivery = delivery_of(vendor)
    assert (delivery.run_id, delivery.row_count) == ("run-1", 2)
    (part,) = delivery.parts
    assert part.name.endswith("run-1/part_0_0001.csv")
    assert part.row_count == 2


def test_fetched_parts_are_the_bytes_that_were_delivered(vendor: AzureVendor, tmp_path: Path) -> None:
    vendor.deliver("2025-02", ROWS, run="run-1")

    (path,) = vendor.open().fetch(delivery_of(vendor), tmp_path)

    delivered = [vendor._native("2025-02", row) for row in ROWS]
    assert path.read_bytes() == csv_bytes(delivered)


@pytest.mark.parametrize("create_new", [False, True])
def test_of_cumulative_snapshots_only_the_newest_counts(vendor: AzureVendor, create_new: bool) -> None:
    for number in range(3):
        vendor.deliver("2025-02", ROWS[: number + 1], run=f"run-{number}", create_new=create_new)

    assert delivery_of(vendor).run_id == "run-2"


def test_the_newest_run_is_told_by_the_vendors_time_and_not_by_when_a_manifest_was_written(
    vendor: AzureVendor,
) -> None:
    vendor.deliver("2025-02", ROWS, run="newer", create_new=True)
    folder = vendor.folder.run(
        "2025-02", [("part_0_0001.csv", csv_bytes([focus_row("2025-02", "9")]), 1)], run_id="older"
    )
    manifest = json.loads(vendor.folder.container.download_blob(f"{folder}manifest.json").readall())
    manifest["runInfo"]["submittedTime"] = "2025-02-03T04:05:06.1234567Z"
    vendor.folder.write_manifest(folder, manifest)

    assert delivery_of(vendor).run_id == "newer"


def test_a_hidden_run_that_delivers_the_month_before_again_is_found(vendor: AzureVendor) -> None:
    vendor.deliver("2025-01", ROWS, run="january", create_new=True)
    vendor.deliver("2025-02", ROWS, run="february", create_new=True)
    vendor.deliver("2025-01", ROWS, run="january-again", create_new=True)

    found = vendor.open().discover(WINDOW, known={})

    assert {period: each.run_id for period, each in found.items() if isinstance(each, Delivery)} == {
        "2025-01": "january-again",
        "2025-02": "february",
    }


@pytest.mark.parametrize(("starts", "ends"), [("2025-02-10", "2025-02-15"), ("2025-02-01", "2025-03-15")])
def test_a_run_over_days_that_somebody_chose_is_no_delivery_of_a_month(
    vendor: AzureVendor, starts: str, ends: str
) -> None:
    vendor.deliver("2025-02", ROWS, run="whole", create_new=True)
    vendor.folder.run("2025-02", [("part_0_0001.csv", b"x", 1)], run_id="chosen", starts=starts, ends=ends)

    assert delivery_of(vendor).run_id == "whole"


def test_a_selection_submitted_long_after_the_whole_month_does_not_replace_it(vendor: AzureVendor) -> None:
    vendor.deliver("2025-02", ROWS, run="whole", create_new=True)
    late = datetime.now(UTC) + timedelta(days=17)
    vendor.folder.run("2025-02", [("part.csv", b"x", 1)], run_id="ten-days", ends="2025-02-10", submitted_at=late)

    assert delivery_of(vendor).run_id == "whole"


@pytest.mark.parametrize(("older", "newer"), [("2025-03-01", "2025-02-28"), ("2025-02-28", "2025-03-01")])
def test_the_last_day_of_a_month_and_the_first_of_the_next_are_the_same_end(
    vendor: AzureVendor, older: str, newer: str
) -> None:
    for run_id, ends in (("older", older), ("newer", newer)):
        vendor.folder.run("2025-02", [("part.csv", b"x", 1)], run_id=run_id, ends=ends)

    assert delivery_of(vendor).run_id == "newer"


@pytest.mark.parametrize(("ends", "day"), [("2025-02-28", 10), ("2025-03-01", 14), ("2025-02-05", 20)])
def test_of_a_month_that_goes_on_a_run_counts_for_the_days_until_it_was_submitted(
    vendor: AzureVendor, ends: str, day: int
) -> None:
    for run_id, until, on in (("to-date", "2025-02-15", 15), ("other", ends, day)):
        at = datetime(2025, 2, on, 4, tzinfo=UTC)
        vendor.folder.run("2025-02", [("part.csv", b"x", 1)], run_id=run_id, ends=until, submitted_at=at)

    assert delivery_of(vendor).run_id == "to-date"


def test_less_than_was_collected_before_is_refused_and_the_same_days_are_not(vendor: AzureVendor) -> None:
    vendor.deliver("2025-02", ROWS, run="whole")
    collector = vendor.open()
    known = {"2025-02": collector.mark(delivery_of(vendor))}
    vendor.folder.delete(vendor._runs["2025-02"])
    folder = vendor.folder.run("2025-02", [("part.csv", b"x", 1)], run_id="ten-days", ends="2025-02-10")

    refused = collector.discover(WINDOW, known=known)["2025-02"]
    assert isinstance(refused, InvalidManifest)
    assert f"{folder}manifest.json" in str(refused)

    vendor.deliver("2025-02", ROWS, run="whole-again")
    found = collector.discover(WINDOW, known=known)["2025-02"]
    assert isinstance(found, Delivery)
    assert found.run_id == "whole-again"


def test_a_manifest_that_names_a_blob_twice_is_refused_with_the_name(vendor: AzureVendor) -> None:
    part = ("part_0_0001.csv", b"x", 1)
    folder = vendor.folder.run("2025-02", [part, ("part_1_0001.csv", b"y", 1), part], run_id="twice")

    refused = vendor.open().discover(WINDOW, known={})["2025-02"]

    assert isinstance(refused, InvalidManifest)
    assert f"{folder}part_0_0001.csv" in str(refused)
    assert "part_1" not in str(refused)


def test_a_later_run_over_fewer_days_does_not_replace_more_of_the_month(vendor: AzureVendor) -> None:
    vendor.deliver("2025-02", ROWS, run="whole", create_new=True)
    vendor.folder.run("2025-02", [("part_0_0001.csv", b"x", 1)], run_id="five-days", ends="2025-02-05")

    assert delivery_of(vendor).run_id == "whole"


def test_stray_blanks_in_a_manifest_are_no_part_of_its_names(vendor: AzureVendor) -> None:
    vendor.deliver("2025-02", ROWS, run="run-1")
    name = f"{vendor._runs['2025-02']}manifest.json"
    text = vendor.folder.container.download_blob(name).readall().decode()
    blanked = re.sub(r'"(runInfo|blobs|blobName|submittedTime)"', r'" \1 "', text).replace("part_0", " part_0")
    assert blanked != text
    vendor.folder.container.upload_blob(name, blanked.replace("/ part_0", "/part_0").encode(), overwrite=True)

    assert delivery_of(vendor).run_id == "run-1"


def test_a_manifest_that_says_zero_rows_is_a_delivery_without_parts(vendor: AzureVendor) -> None:
    vendor.deliver_empty("2025-02", run="nothing")
    vendor.folder.run("2025-03", [("part_0_0001.csv", csv_bytes([], ["BilledCost"]), 0)], run_id="header-only")

    assert delivery_of(vendor, "2025-02").parts == ()
    assert delivery_of(vendor, "2025-03").parts == ()


def test_a_manifest_without_blobs_that_does_not_say_zero_rows_is_refused(vendor: AzureVendor) -> None:
    vendor.deliver_empty("2025-02", run="nothing")
    folder = vendor._runs["2025-02"]
    manifest = json.loads(vendor.folder.container.download_blob(f"{folder}manifest.json").readall())
    del manifest["dataRowCount"]
    vendor.folder.write_manifest(folder, manifest)

    assert isinstance(vendor.open().discover(WINDOW, known={})["2025-02"], InvalidManifest)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda manifest: manifest["blobs"][0].update(blobName="other/secret.csv"),
        lambda manifest: manifest["blobs"][0].update(blobName="billing/focus/../../secret.csv"),
        lambda manifest: manifest["blobs"].append(manifest["blobs"][0]),
        lambda manifest: manifest.update(dataRowCount=77),
        lambda manifest: manifest["runInfo"].pop("submittedTime"),
        lambda manifest: manifest["blobs"][0].update(byteCount=-1),
        lambda manifest: manifest["runInfo"].update(startDate="9999-12-01T00:00:00"),
    ],
    ids=[
        "another folder",
        "a way out",
        "a blob twice",
        "another sum of rows",
        "no time",
        "a negative size",
        "no month",
    ],
)
def test_a_manifest_that_cannot_be_true_stops_its_own_period_only(
    vendor: AzureVendor, spoil: Callable[[object], object]
) -> None:
    vendor.deliver("2025-01", ROWS, run="sound")
    vendor.deliver("2025-02", ROWS, run="spoilt")
    folder = vendor._runs["2025-02"]
    manifest = json.loads(vendor.folder.container.download_blob(f"{folder}manifest.json").readall())
    spoil(manifest)
    vendor.folder.write_manifest(folder, manifest)

    found = vendor.open().discover(WINDOW, known={})

    assert isinstance(found["2025-01"], Delivery)
    assert isinstance(found["2025-02"], InvalidManifest)
    assert f"{folder}manifest.json" in str(found["2025-02"])


@pytest.mark.parametrize("variant", [0, 1, 2])
def test_an_unreadable_manifest_stops_its_own_period_until_it_is_mended(vendor: AzureVendor, variant: int) -> None:
    vendor.deliver("2025-01", ROWS, run="sound")
    vendor.deliver("2025-02", ROWS, run="run-1")
    vendor.break_next("unreadable_manifest", "2025-02", variant=variant)

    found = vendor.open().discover(WINDOW, known={})
    assert isinstance(found["2025-02"], InvalidManifest)
    assert isinstance(found["2025-01"], Delivery)

    vendor.mend()
    assert delivery_of(vendor).run_id == "run-1"


@pytest.mark.parametrize("variant", [0, 1])
def test_a_run_that_is_told_twice_counts_once_and_as_told_last(vendor: AzureVendor, variant: int) -> None:
    vendor.deliver("2025-02", ROWS, run="run-1")
    before = delivery_of(vendor)
    vendor.break_next("duplicate_manifest", "2025-02", variant=variant)

    after = delivery_of(vendor)

    assert len([1 for blob in vendor.folder.container.list_blobs() if blob.name.lower().endswith("manifest.json")]) == 2
    assert (after.run_id, after.parts) == (before.run_id, before.parts)


def test_a_part_of_another_size_than_its_manifest_says_is_torn(vendor: AzureVendor) -> None:
    vendor.deliver("2025-02", ROWS, run="run-1")
    vendor.break_next("torn", "2025-02")

    assert isinstance(vendor.open().discover(WINDOW, known={})["2025-02"], TornDelivery)

    vendor.mend()
    assert delivery_of(vendor).run_id == "run-1"


def test_a_part_written_after_its_manifest_is_torn_even_with_as_many_bytes(vendor: AzureVendor) -> None:
    vendor.deliver("2025-02", ROWS, run="run-1")
    name, content, _ = vendor._parts["2025-02"][0]
    time.sleep(1.1)  # the service tells times in whole seconds
    vendor.folder.container.upload_blob(f"{vendor._runs['2025-02']}{name}", content, overwrite=True)

    found = vendor.open().discover(WINDOW, known={})["2025-02"]

    assert isinstance(found, TornDelivery)
    assert "written after its manifest" in str(found)


def test_a_missing_part_is_torn(vendor: AzureVendor) -> None:
    vendor.deliver("2025-02", ROWS, run="run-1")
    vendor.folder.container.delete_blob(f"{vendor._runs['2025-02']}part_0_0001.csv")

    assert isinstance(vendor.open().discover(WINDOW, known={})["2025-02"], TornDelivery)


def test_parts_of_a_run_without_a_manifest_are_not_looked_at(vendor: AzureVendor) -> None:
    vendor.deliver("2025-02", ROWS, run="run-1")
    folder = vendor.folder.folder("2025-02", "unfinished")
    vendor.folder.container.upload_blob(f"{folder}part_0_0001.csv", b"half")

    assert delivery_of(vendor).run_id == "run-1"


def test_a_part_that_changes_between_discovery_and_fetch_is_torn(vendor: AzureVendor, tmp_path: Path) -> None:
    vendor.deliver("2025-02", ROWS, run="run-1")
    delivery = delivery_of(vendor)
    vendor.folder.container.upload_blob(delivery.parts[0].name, b"other", overwrite=True)

    with pytest.raises(TornDelivery):
        vendor.open().fetch(delivery, tmp_path)


def test_a_newer_run_that_arrives_during_the_fetch_makes_it_torn(vendor: AzureVendor, tmp_path: Path) -> None:
    vendor.deliver("2025-02", ROWS, run="run-1")
    delivery = delivery_of(vendor)
    vendor.deliver("2025-02", ROWS, run="run-2", create_new=True)

    with pytest.raises(TornDelivery, match="anew"):
        vendor.open().fetch(delivery, tmp_path)


def test_a_new_run_of_another_month_does_not_disturb_a_fetch(vendor: AzureVendor, tmp_path: Path) -> None:
    vendor.deliver("2025-02", ROWS, run="run-1")
    delivery = delivery_of(vendor)
    vendor.deliver("2025-03", ROWS, run="run-2")

    assert len(vendor.open().fetch(delivery, tmp_path)) == 1


def test_a_body_that_ends_early_once_is_asked_for_again(vendor: AzureVendor, tmp_path: Path) -> None:
    vendor.deliver("2025-02", ROWS, run="run-1")
    delivery = delivery_of(vendor)
    vendor.proxy.cut_next(after_bytes=10, on="/part_")

    (path,) = vendor.open().fetch(delivery, tmp_path)

    assert path.stat().st_size == delivery.parts[0].byte_count


def test_a_body_that_always_ends_early_is_given_up_after_bounded_attempts(vendor: AzureVendor, tmp_path: Path) -> None:
    vendor.deliver("2025-02", ROWS, run="run-1")
    delivery = delivery_of(vendor)
    vendor.proxy.reset()
    vendor.break_next("cut_body", "2025-02")

    started = time.monotonic()
    with pytest.raises(ProviderUnavailable):
        vendor.open().fetch(delivery, tmp_path)

    assert vendor.proxy.calls("part_") == 5
    assert time.monotonic() - started < 5


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("header", ["Retry-After", *THROTTLE_HEADERS])
def test_a_throttled_storage_account_is_waited_for_as_long_as_its_header_says(
    vendor: AzureVendor, status: int, header: str
) -> None:
    vendor.deliver("2025-02", ROWS, run="run-1")
    vendor.proxy.fail_next(status, {header: "17"}, on="comp=list")

    assert delivery_of(vendor).run_id == "run-1"
    assert 17 in vendor.pauses


def test_pauses_are_bounded_and_end_in_an_error(vendor: AzureVendor) -> None:
    vendor.deliver("2025-02", ROWS, run="run-1")
    vendor.proxy.fail_next(503, {"Retry-After": "86400"}, times=1000, on="GET")

    with pytest.raises(ProviderUnavailable, match="try again"):
        vendor.open().discover(WINDOW, known={})

    assert len(vendor.pauses) == 4
    assert max(vendor.pauses) == 120


def test_missing_rights_are_named_with_the_role_that_gives_them(vendor: AzureVendor) -> None:
    vendor.deliver("2025-02", ROWS, run="run-1")
    vendor.break_next("denied", "2025-02")

    with pytest.raises(AccessDenied, match="Storage Blob Data Reader") as refused:
        vendor.open().discover(WINDOW, known={})

    assert refused.value.permission == "Storage Blob Data Reader"


def test_an_expired_token_is_told_as_credentials_to_renew(vendor: AzureVendor) -> None:
    vendor.deliver("2025-02", ROWS, run="run-1")
    vendor.break_next("expired_token", "2025-02")

    with pytest.raises(CredentialsMissing, match="renew"):
        vendor.open().discover(WINDOW, known={})


def test_a_refused_signature_is_told_as_credentials_to_renew(vendor: AzureVendor) -> None:
    headers = {"x-ms-error-code": "AuthenticationFailed"}
    vendor.proxy.fail_next(403, headers, on="GET")

    with pytest.raises(CredentialsMissing, match="renew"):
        vendor.open().discover(WINDOW, known={})


def test_a_wrong_account_key_is_never_repeated(vendor: AzureVendor) -> None:
    key = "d3Jvbmcga2V5IHRoYXQgbm9ib2R5IGtub3dz"

    with pytest.raises(ProviderError) as refused:
        open_collector(
            vendor.connection, environ={**vendor.environ, "TEST_AZURE_ACCOUNT_KEY": key}, sleep=vendor.pauses.append
        ).discover(WINDOW, known={})

    assert key not in str(refused.value)
    assert key not in repr(refused.value.__cause__)


def test_an_export_that_is_not_there_is_told_with_its_path(vendor: AzureVendor) -> None:
    with pytest.raises(NotFoundAtProvider, match="billing/focus/"):
        vendor.open().discover(WINDOW, known={})


def test_a_container_that_is_not_there_is_told(vendor: AzureVendor) -> None:
    vendor.folder.container.delete_container()

    with pytest.raises(NotFoundAtProvider, match="ContainerNotFound"):
        vendor.open().discover(WINDOW, known={})


def test_manifests_of_runs_that_cannot_be_the_newest_are_not_read(vendor: AzureVendor) -> None:
    for number in range(3):
        vendor.deliver("2025-02", ROWS, run=f"run-{number}", create_new=True)
    vendor.folder.ahead = timedelta(hours=12)
    vendor.deliver("2025-02", ROWS, run="newest", create_new=True)
    time.sleep(1.1)  # the service tells times in whole seconds
    vendor._write_manifest("2025-02")
    vendor.proxy.reset()

    vendor.open().discover(CollectWindow(first_period="2025-02", last_period="2025-02"), known={})

    assert vendor.proxy.calls("manifest.json") == 1


def test_nothing_is_asked_when_a_collector_is_opened(vendor: AzureVendor) -> None:
    vendor.open().close()

    assert vendor.proxy.requests == []
    assert vendor.arm.requests == []

"""A folder of FOCUS files: its manifest is believed, half a delivery is not taken, an invoice is its total."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.collector import CollectWindow, Delivery
from collectors.connections.focus_files import FocusFolder
from collectors.errors import InvalidManifest, NotFoundAtProvider, TornDelivery
from collectors.focus_files import FocusFolderCollector
from collectors.focus_files.discover import QUIET_SECONDS
from collectors.focus_files.totals import read_invoice
from tests.collect.focus_files.vendor import FocusFolderVendor, focus_folder_vendor
from tests.collect.vendor import BilledRow

WINDOW = CollectWindow(first_period="2025-01", last_period="2025-03")
ROWS = [BilledRow(cost=Decimal("1.25")), BilledRow(cost=Decimal("-0.000000001"), currency="EUR")]


@pytest.fixture
def vendor(tmp_path: Path) -> FocusFolderVendor:
    """An empty folder."""
    return focus_folder_vendor(tmp_path / "bills")


def _collector(root: Path, *, later: timedelta = timedelta(hours=1)) -> FocusFolderCollector:
    """Its clock is ``later`` than what the test has just written."""
    return FocusFolderCollector(
        connection=FocusFolder(name="folder", path=str(root)), now=lambda: datetime.now(UTC) + later
    )


def _month(root: Path, **sizes: int) -> Path:
    """A month without manifest: CSV files by name with so many bytes."""
    month = root / "2025-02"
    month.mkdir(exist_ok=True)
    for each in month.iterdir():
        each.unlink()
    for name, size in sizes.items():
        (month / f"{name}.csv").write_bytes(b"x" * size)
    return month


def _touch_later(path: Path, than: Path) -> None:
    stands = than.stat().st_mtime_ns + 1_000_000
    os.utime(path, ns=(stands, stands))


def test_the_files_of_the_manifest_are_brought_and_no_others(vendor: FocusFolderVendor, tmp_path: Path) -> None:
    vendor.deliver("2025-01", ROWS, run="first")
    (vendor.root / "2025-01" / "stray.csv").write_text("no,bill\n")
    _touch_later(vendor.root / "2025-01" / "manifest.json", vendor.root / "2025-01" / "stray.csv")
    collector = vendor.open()
    found = collector.discover(WINDOW, known={})
    assert list(found) == ["2025-01"]
    assert found["2025-01"].row_count == 2
    brought = collector.fetch(found["2025-01"], tmp_path)
    assert [path.name for path in brought] == ["00000-first-0.csv", "00001-first-1.csv"]
    assert [path.read_bytes() for path in brought] == [
        (vendor.root / "2025-01" / f"first-{number}.csv").read_bytes() for number in (0, 1)
    ]


def test_without_a_manifest_every_whole_focus_file_of_the_folder_counts(tmp_path: Path) -> None:
    month = tmp_path / "2025-02"
    month.mkdir()
    for name in ("b.CSV", "a.parquet", ".c.csv", "d.csv.part", "notes.txt"):
        (month / name).write_text("x")
    found = _collector(tmp_path).discover(WINDOW, known={})
    assert [part.name for part in found["2025-02"].parts] == ["a.parquet", "b.CSV"]
    assert found["2025-02"].row_count is None


@pytest.mark.parametrize(
    "change",
    [
        lambda month: (month / "b.csv").unlink(),
        lambda month: (month / ".c.csv.part").write_text("x"),
        lambda month: os.utime(month / "b.csv", ns=(0, 0)),
    ],
    ids=["a file gone", "a file on its way", "a file whose time was set back"],
)
def test_without_a_manifest_a_month_that_changes_is_torn_until_it_is_left_alone_for_a_minute(
    tmp_path: Path, change: Callable[[Path], object]
) -> None:
    month = _month(tmp_path, a=10, b=10)
    (tmp_path / "2025-03").mkdir()
    (tmp_path / "2025-03" / "manifest.json").write_text('{"files": [], "rows": 0}')
    change(month)
    found = _collector(tmp_path, later=timedelta(seconds=QUIET_SECONDS - 10)).discover(WINDOW, known={})
    assert isinstance(found["2025-02"], TornDelivery)
    assert re.search(r"2025-02 is being delivered: .* less than 60 s ago .*manifest\.json", str(found["2025-02"]))
    assert isinstance(found["2025-03"], Delivery), "other months go on"
    later = _collector(tmp_path, later=timedelta(seconds=QUIET_SECONDS + 1)).discover(WINDOW, known={})
    assert isinstance(later["2025-02"], Delivery)


def test_an_invoice_that_is_corrected_in_its_place_does_not_make_the_month_wait(tmp_path: Path) -> None:
    month = _month(tmp_path, a=10)
    invoice = month / "invoice.json"
    invoice.write_text("{}")
    settled_at = month.stat().st_ctime + QUIET_SECONDS + 0.05
    time.sleep(0.1)
    invoice.write_text('{"costs": {"USD": "2"}}')
    assert settled_at < invoice.stat().st_ctime + QUIET_SECONDS
    collector = FocusFolderCollector(
        connection=FocusFolder(name="folder", path=str(tmp_path)), now=lambda: datetime.fromtimestamp(settled_at, UTC)
    )
    assert isinstance(collector.discover(WINDOW, known={})["2025-02"], Delivery)


def test_a_month_that_loses_a_file_without_a_manifest_stays_until_a_manifest_confirms_it(tmp_path: Path) -> None:
    month = _month(tmp_path, a=10, b=20)
    collector = _collector(tmp_path)
    delivery = collector.discover(WINDOW, known={})["2025-02"]
    assert isinstance(delivery, Delivery)
    known = {"2025-02": collector.mark(delivery)}
    (month / "b.csv").unlink()
    found = _collector(tmp_path).discover(WINDOW, known=known)["2025-02"]
    assert isinstance(found, InvalidManifest)
    assert re.search(r"2025-02 has lost b\.csv .*write a manifest\.json .* confirm", str(found))
    (month / "c.csv").write_bytes(b"x" * 19)
    assert isinstance(_collector(tmp_path).discover(WINDOW, known=known)["2025-02"], InvalidManifest)
    (month / "manifest.json").write_text('{"files": ["a.csv"]}')
    found = _collector(tmp_path).discover(WINDOW, known=known)["2025-02"]
    assert isinstance(found, Delivery)
    assert [part.name for part in found.parts] == ["a.csv"]


@pytest.mark.parametrize("sizes", [{"a": 10, "b": 20, "c": 1}, {"a": 1, "b": 20}, {"a": 10, "d": 20}, {"e": 40}])
def test_files_may_come_be_rewritten_or_be_replaced_by_as_many_bytes(tmp_path: Path, sizes: dict[str, int]) -> None:
    _month(tmp_path, a=10, b=20)
    collector = _collector(tmp_path)
    delivery = collector.discover(WINDOW, known={})["2025-02"]
    assert isinstance(delivery, Delivery)
    _month(tmp_path, **sizes)
    found = _collector(tmp_path).discover(WINDOW, known={"2025-02": collector.mark(delivery)})["2025-02"]
    assert isinstance(found, Delivery)
    assert len(found.parts) == len(sizes)


def test_a_month_looked_at_again_after_it_was_torn_may_not_lose_files_either(tmp_path: Path) -> None:
    month = _month(tmp_path, a=10, b=20)
    settled = _collector(tmp_path)
    delivery = settled.discover(WINDOW, known={})["2025-02"]
    assert isinstance(delivery, Delivery)
    (month / "b.csv").unlink()
    seconds_later = iter((1, 3600))
    collector = FocusFolderCollector(
        connection=settled.connection, now=lambda: datetime.now(UTC) + timedelta(seconds=next(seconds_later))
    )
    known = {"2025-02": settled.mark(delivery)}
    only = CollectWindow(first_period="2025-02", last_period="2025-02")
    assert isinstance(collector.discover(only, known=known)["2025-02"], TornDelivery)
    assert isinstance(collector.discover(only, known={})["2025-02"], InvalidManifest)


@pytest.mark.parametrize("mark", ["", "nonsense", "[]", '{"files": []}', '{"files": {"b.csv": null}}'])
def test_a_mark_that_cannot_be_read_is_no_mark(tmp_path: Path, mark: str) -> None:
    _month(tmp_path, a=10)
    assert isinstance(_collector(tmp_path).discover(WINDOW, known={"2025-02": mark})["2025-02"], Delivery)


def test_the_remedy_for_a_folder_that_cannot_be_read_can_be_pasted_into_a_shell(tmp_path: Path) -> None:
    root = tmp_path / "bills; rm -rf $HOME"
    root.mkdir()
    (check,) = _collector(root).check_grants()
    assert f"chmod -R u+rX '{root}' (" in check.grant.statement


def test_a_month_without_folder_or_files_is_not_ready_and_one_that_says_no_row_is_empty(
    vendor: FocusFolderVendor,
) -> None:
    (vendor.root / "2025-01").mkdir()
    vendor.deliver_empty("2025-02", run="first")
    found = vendor.open().discover(WINDOW, known={})
    assert list(found) == ["2025-02"]
    assert found["2025-02"].parts == ()
    assert found["2025-02"].row_count == 0


def test_nothing_changes_when_nothing_is_written_and_a_rewritten_file_changes_its_tag(
    vendor: FocusFolderVendor,
) -> None:
    vendor.deliver("2025-01", ROWS, run="first")
    before = vendor.open().discover(WINDOW, known={})
    assert vendor.open().discover(WINDOW, known={}) == before
    vendor.deliver("2025-01", ROWS, run="first")
    assert vendor.open().discover(WINDOW, known={}) != before


def test_a_data_file_newer_than_its_manifest_is_torn_until_the_manifest_follows(
    vendor: FocusFolderVendor, tmp_path: Path
) -> None:
    vendor.deliver("2025-01", ROWS, run="first")
    vendor.deliver("2025-02", ROWS, run="first")
    vendor.break_next("torn", "2025-01")
    collector = vendor.open()
    found = collector.discover(WINDOW, known={})
    assert isinstance(found["2025-01"], TornDelivery)
    assert re.search(r"first-0\.csv.*newer than manifest\.json.*try again", str(found["2025-01"]))
    assert len(collector.fetch(found["2025-02"], tmp_path)) == 2, "other months go on"
    vendor.mend()
    found = collector.discover(WINDOW, known={})
    assert len(collector.fetch(found["2025-01"], tmp_path)) == 2


def test_a_file_that_changes_between_looking_and_fetching_is_torn(vendor: FocusFolderVendor, tmp_path: Path) -> None:
    vendor.deliver("2025-01", ROWS, run="first")
    collector = vendor.open()
    found = collector.discover(WINDOW, known={})
    (vendor.root / "2025-01" / "first-1.csv").write_text("something else")
    with pytest.raises(TornDelivery, match=r"changed while it was read"):
        collector.fetch(found["2025-01"], tmp_path)


def test_a_new_delivery_between_looking_and_fetching_is_torn(vendor: FocusFolderVendor, tmp_path: Path) -> None:
    vendor.deliver("2025-01", ROWS, run="first")
    collector = vendor.open()
    found = collector.discover(WINDOW, known={})
    vendor.deliver("2025-01", ROWS, run="second", create_new=True)
    with pytest.raises(TornDelivery):
        collector.fetch(found["2025-01"], tmp_path)
    assert len(collector.fetch(collector.discover(WINDOW, known={})["2025-01"], tmp_path)) == 2


def test_of_two_manifests_the_one_written_last_is_believed(vendor: FocusFolderVendor) -> None:
    vendor.deliver("2025-01", ROWS, run="first")
    before = vendor.open().discover(WINDOW, known={})
    vendor.break_next("duplicate_manifest", "2025-01")
    (vendor.root / "2025-01" / "MANIFEST.json").write_text('{"files": [], "rows": 0}')
    os.utime(vendor.root / "2025-01" / "MANIFEST.json", ns=(10**18, 10**18))
    assert vendor.open().discover(WINDOW, known={}) == before


@pytest.mark.parametrize(
    "text",
    [
        "not json",
        "[]",
        "{}",
        '{"files": "a.csv"}',
        '{"files": []}',
        '{"files": ["a.csv"], "rows": -1}',
        '{"files": ["a.csv"], "rows": true}',
        '{"files": ["../2025-02/a.csv"]}',
        '{"files": ["/etc/a.csv"]}',
        '{"files": ["a.txt"]}',
        '{"files": ["first-0.csv", "./first-0.csv"]}',
        "[" * 100_000,
    ],
)
def test_a_manifest_that_cannot_be_read_stops_its_month_alone(
    vendor: FocusFolderVendor, tmp_path: Path, text: str
) -> None:
    vendor.deliver("2025-01", ROWS, run="first")
    vendor.deliver("2025-02", ROWS, run="first")
    (vendor.root / "2025-01" / "manifest.json").write_text(text)
    collector = vendor.open()
    found = collector.discover(WINDOW, known={})
    assert isinstance(found["2025-01"], InvalidManifest)
    assert re.search(r"2025-01/manifest\.json.*write it again", str(found["2025-01"]))
    assert len(collector.fetch(found["2025-02"], tmp_path)) == 2


def test_a_file_that_the_manifest_lists_and_nobody_brought_is_torn(vendor: FocusFolderVendor) -> None:
    vendor.deliver("2025-01", ROWS, run="first")
    (vendor.root / "2025-01" / "first-1.csv").unlink()
    found = vendor.open().discover(WINDOW, known={})["2025-01"]
    assert isinstance(found, TornDelivery)
    assert re.search(r"first-1\.csv.*not there", str(found))


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    collector = _collector(tmp_path / "nowhere")
    with pytest.raises(NotFoundAtProvider, match=r"nowhere is not there; create it"):
        collector.discover(WINDOW, known={})
    (check,) = collector.check_grants()
    assert check.fault is not None
    assert "nowhere" in check.fault


def test_a_readable_folder_lacks_no_grant_and_has_no_readings(vendor: FocusFolderVendor) -> None:
    vendor.deliver("2025-01", ROWS, run="first")
    (check,) = vendor.open().check_grants()
    assert check.fault is None
    assert list(vendor.open().readings("usage", WINDOW)) == []


def test_an_invoice_beside_the_files_is_the_independent_total(vendor: FocusFolderVendor) -> None:
    vendor.state_total("2025-01", {"USD": Decimal("1.25"), "EUR": Decimal("-3.10")}, final=True)
    vendor.state_total("2025-02", {"USD": Decimal("7")}, final=False)
    totals = vendor.open().independent_totals(["2025-01", "2025-02", "2025-03"])
    assert {period: (total.costs, total.final) for period, total in totals.items()} == {
        "2025-01": ({"USD": Decimal("1.25"), "EUR": Decimal("-3.10")}, True),
        "2025-02": ({"USD": Decimal("7")}, False),
    }


@pytest.mark.parametrize("costs", [{"USD": 1.25}, {"USD": "NaN"}, {"USD": "much"}, {"dollars": "1"}, ["1"]])
def test_an_invoice_that_is_not_exact_is_refused(vendor: FocusFolderVendor, costs: object) -> None:
    (vendor.root / "2025-01").mkdir()
    (vendor.root / "2025-01" / "invoice.json").write_text(json.dumps({"costs": costs}))
    with pytest.raises(InvalidManifest, match=r"invoice\.json cannot be read"):
        vendor.open().independent_totals(["2025-01"])


@given(cost=st.decimals(allow_nan=False, allow_infinity=False, places=9, min_value=-(10**12), max_value=10**12))
def test_an_invoiced_amount_is_never_rounded(tmp_path_factory: pytest.TempPathFactory, cost: Decimal) -> None:
    vendor = focus_folder_vendor(tmp_path_factory.mktemp("bills"))
    vendor.state_total("2025-01", {"USD": cost}, final=True)
    total = read_invoice(vendor.root / "2025-01")
    assert total is not None
    assert total.costs == {"USD": cost}


def test_the_manifest_and_the_invoice_that_the_readme_shows_are_read(tmp_path: Path) -> None:
    readme = (Path(__file__).parents[3] / "collectors" / "README.md").read_text(encoding="utf-8")
    manifest, invoice = re.findall(r"```json\n(.*?)```", readme, re.DOTALL)
    month = _month(tmp_path, **{"bill-1": 1})
    (month / "bill-2.parquet").write_text("x")
    (month / "manifest.json").write_text(manifest)
    (month / "invoice.json").write_text(invoice)
    found = _collector(tmp_path).discover(WINDOW, known={})["2025-02"]
    assert isinstance(found, Delivery)
    assert (len(found.parts), found.row_count) == (2, 120345)
    total = read_invoice(month)
    assert total is not None
    assert (dict(total.costs), total.final, total.origin) == (
        {"USD": Decimal("1234.56"), "EUR": Decimal(10)},
        True,
        "invoice E0400ABC",
    )

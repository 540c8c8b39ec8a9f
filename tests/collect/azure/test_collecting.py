"""Whole collections into a store: what every version of the formats and every fault comes to, in cents."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from collectors.collector import CollectWindow
from collectors.commit.collect import collect_bills
from collectors.commit.report import CollectReport, FailedPeriod, StoredPeriod, UnchangedPeriod
from collectors.errors import ProviderError
from collectors.store import EngineLimits, IngestStore
from tests.collect.azure.deliveries import csv_bytes, focus_row
from tests.collect.azure.vendor import AzureVendor
from tests.collect.vendor import BilledRow, Fault

PERIOD = "2025-02"
WINDOW = CollectWindow(first_period=PERIOD, last_period=PERIOD)
NOW = datetime(2025, 3, 10, tzinfo=UTC)
ROWS = [
    BilledRow(cost=Decimal("10.000000001")),
    BilledRow(cost=Decimal("-2.5"), category="Credit"),
    BilledRow(cost=Decimal("1.19"), category="Tax"),
    BilledRow(cost=Decimal("3"), currency="EUR"),
]
TOTAL = {"USD": Decimal("8.690000001"), "EUR": Decimal(3)}


@pytest.fixture
def store(tmp_path: Path) -> IngestStore:
    """An empty store."""
    return IngestStore.open(tmp_path / "store", limits=EngineLimits(memory_mb=300, threads=1))


def collect(vendor: AzureVendor, store: IngestStore) -> CollectReport:
    """One collection, without waiting."""
    collector = vendor.open()
    try:
        return collect_bills(collector, store, WINDOW, now=NOW, pause=vendor.pauses.append)
    finally:
        collector.close()


def stored_total(store: IngestStore) -> dict[str, Decimal]:
    """BilledCost of the month by currency."""
    with store.connect() as connection:
        rows = connection.execute(
            "SELECT BillingCurrency, sum(BilledCost) FROM cost_and_usage GROUP BY ALL ORDER BY ALL"
        ).fetchall()
    return dict(rows)


def test_an_amortised_export_is_stored_to_the_last_digit(amortized: AzureVendor, store: IngestStore) -> None:
    amortized.deliver(PERIOD, ROWS, run="run-1")

    report = collect(amortized, store)

    (outcome,) = report.outcomes
    assert isinstance(outcome, StoredPeriod), outcome
    assert stored_total(store) == TOTAL


def test_a_second_collection_changes_nothing_and_a_restatement_replaces(
    vendor: AzureVendor, store: IngestStore
) -> None:
    vendor.deliver(PERIOD, ROWS, run="run-1")
    collect(vendor, store)
    assert stored_total(store) == TOTAL

    assert isinstance(collect(vendor, store).outcomes[0], UnchangedPeriod)

    vendor.deliver(PERIOD, [BilledRow(cost=Decimal(7), extra={"x_new": "a"})], run="run-2", create_new=True)
    assert isinstance(collect(vendor, store).outcomes[0], StoredPeriod)
    assert stored_total(store) == {"USD": Decimal(7)}


def test_a_part_of_a_month_never_takes_the_place_of_the_whole_even_when_that_is_deleted(
    vendor: AzureVendor, store: IngestStore
) -> None:
    vendor.deliver(PERIOD, ROWS, run="whole")
    collect(vendor, store)
    vendor.folder.delete(vendor._runs[PERIOD])
    part = ("part_0_0001.csv", csv_bytes([focus_row(PERIOD, "1")]), 1)
    vendor.folder.run(PERIOD, [part], run_id="ten-days", ends=f"{PERIOD}-10")

    assert isinstance(collect(vendor, store).outcomes[0], FailedPeriod)

    assert stored_total(store) == TOTAL


def test_parts_in_parquet_are_stored_to_the_last_digit(vendor: AzureVendor, store: IngestStore) -> None:
    parts = []
    for number, cost in enumerate(("0.000000000001", "2.5"), start=1):
        table = pa.Table.from_pylist([focus_row(PERIOD, cost)])
        money = pa.array([Decimal(cost)], pa.decimal128(38, 18))
        sink = io.BytesIO()
        pq.write_table(table.set_column(table.schema.get_field_index("BilledCost"), "BilledCost", money), sink)
        parts.append((f"part_{number}_0001.snappy.parquet", sink.getvalue(), 1))
    vendor.folder.run(PERIOD, parts, compression="Snappy")

    assert isinstance(collect(vendor, store).outcomes[0], StoredPeriod)

    assert stored_total(store) == {"USD": Decimal("2.500000000001")}


@pytest.mark.parametrize(
    "text", ["2025-02-02T00:00Z", "2025-02-02T00:00:00Z", "2025-02-02T00:00:00.0000000Z", "2025-02-02"]
)
def test_times_of_every_version_of_the_focus_export_are_read(
    vendor: AzureVendor, store: IngestStore, text: str
) -> None:
    row = focus_row(PERIOD, "1", ChargePeriodStart=text)
    vendor.folder.run(PERIOD, [("part_0_0001.csv", csv_bytes([row]), 1)])

    collect(vendor, store)

    with store.connect() as connection:
        found = connection.execute("SELECT ChargePeriodStart, BillingPeriodEnd FROM cost_and_usage").fetchall()
    assert found == [(datetime(2025, 2, 2), datetime(2025, 3, 1))]


@pytest.mark.parametrize(
    ("fault", "variant"),
    [
        ("server_error", 0),
        ("cut_body", 0),
        ("expired_token", 0),
        ("denied", 0),
        ("torn", 0),
        ("truncated_file", 0),
        ("truncated_file", 1),
        ("gzip_bomb", 0),
        ("unreadable_manifest", 0),
    ],
)
def test_a_fault_stores_nothing_and_after_it_the_month_is_whole(
    vendor: AzureVendor, store: IngestStore, fault: Fault, variant: int
) -> None:
    vendor.deliver(PERIOD, [BilledRow(cost=Decimal(5))], run="run-1")
    collect(vendor, store)
    vendor.deliver(PERIOD, ROWS, run="run-2")
    vendor.break_next(fault, PERIOD, variant=variant)

    try:
        (outcome,) = collect(vendor, store).outcomes
        assert isinstance(outcome, FailedPeriod), outcome
    except ProviderError:
        pass
    assert stored_total(store) == {"USD": Decimal(5)}

    vendor.mend()
    collect(vendor, store)
    assert stored_total(store) == TOTAL


@pytest.mark.parametrize(
    ("fault", "variant"),
    [("throttled", 0), ("throttled", 1), ("duplicate_manifest", 0), ("duplicate_manifest", 1), ("clock_skew", 0)],
)
def test_a_fault_that_passes_leaves_the_month_whole(
    vendor: AzureVendor, store: IngestStore, fault: Fault, variant: int
) -> None:
    vendor.deliver(PERIOD, [BilledRow(cost=Decimal(5))], run="run-1")
    collect(vendor, store)
    if fault == "clock_skew":
        vendor.break_next(fault, PERIOD)
    vendor.deliver(PERIOD, ROWS, run="run-2")
    if fault != "clock_skew":
        vendor.break_next(fault, PERIOD, variant=variant)

    collect(vendor, store)
    assert stored_total(store) == TOTAL

    vendor.mend()
    vendor.deliver(PERIOD, ROWS[:1], run="run-3")
    collect(vendor, store)
    assert stored_total(store) == {"USD": Decimal("10.000000001")}

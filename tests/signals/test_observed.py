"""Signals correct the flows and the retrieval of an estate, and never invent what they did not see."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from collectors.estate import EstateBuild, build_estate
from collectors.inventory import Inventory
from collectors.signals.coverage import Coverage, whole_days
from collectors.signals.records import AccessReading
from collectors.signals.store import SignalStore
from collectors.store import IngestStore
from optimizer.domain.estate import Flow
from tests.estate.bills import AS_OF_ON, MONTHS, S3, band, charge, dataset, inventory, reads, stored, workload
from tests.signals.conftest import SMALL
from tests.signals.samples import NOW, event

ROLE = "arn:aws:iam::123456789012:role/etl"
ALL_MONTHS = whole_days(date(2026, 8, 1), date(2026, 10, 31))
GB = 10**9


@pytest.fixture
def bills(tmp_path: Path) -> IngestStore:
    charges = [
        charge("arn:aws:s3:::lake", "TimedStorage-ByteHrs", "10", ServiceName=S3, month=month) for month in MONTHS
    ]
    return stored(tmp_path, charges)


@pytest.fixture
def signals(bills: IngestStore) -> SignalStore:
    return SignalStore.open(bills.folder, limits=SMALL)


def rows(**other: Any) -> Inventory:
    tables: dict[str, Any] = {
        "workloads": [workload("etl"), workload("report")],
        "datasets": [dataset("lake"), dataset("copy", replica_of="lake")],
        "dataset_bands": [
            band("lake", retrieved_gb_per_month=6.0, stored_gb=60.0),
            band("lake", min_age_days=30, tier="standard_ia", retrieved_gb_per_month=2.0, stored_gb=20.0),
            band("copy"),
        ],
        "resources": {"arn:aws:s3:::lake": "lake", ROLE: "etl"},
        "lineage": [reads("etl", "lake", 50.0, max_rtt_ms=9.0), reads("report", "lake", 7.0)],
        **other,
    }
    return inventory(**tables)


def see(
    signals: SignalStore, *moved: tuple[str, int | None], source: str = "cloudtrail", covered: Any = ALL_MONTHS,
    **other: Any,
) -> None:  # fmt: skip
    """Store one event for each (role, bytes), on the first of October unless said otherwise."""
    facts = {"at": datetime(2026, 10, 1, 12, tzinfo=UTC), "dataset_uri": "s3://lake/raw", **other}
    events = tuple(
        event(f"{source}-{number}-{role}-{sorted(map(str, other.values()))}", principal=role, moved_bytes=size, **facts)
        for number, (role, size) in enumerate(moved)
    )
    scope = "" if source == "openlineage" else "s3://lake"
    coverage = [Coverage(source=source, scope=scope, window=covered)]
    signals.add_access(
        source, AccessReading(events=events), fingerprint=repr((source, moved, other)), received_at=NOW,
        coverage=coverage,
    )  # fmt: skip


def built(bills: IngestStore, told: Inventory) -> EstateBuild:
    return build_estate(bills, told, as_of_on=AS_OF_ON)


def flow(build: EstateBuild, source: str, target: str) -> Flow | None:
    return next((each for each in build.estate.flows if (each.source_id, each.target_id) == (source, target)), None)


def test_an_estate_without_signals_is_as_the_inventory_states_it(bills: IngestStore, signals: SignalStore) -> None:
    told = rows()
    empty = built(bills, told)
    (signals.folder / "signals.sqlite").unlink()
    plain = built(bills, told)
    assert [replace(each, observed=True) for each in empty.estate.flows] == list(plain.estate.flows)
    assert empty.estate.datasets == plain.estate.datasets
    assert empty.oddities == plain.oddities
    assert not any(each.observed for each in empty.estate.flows)


def test_what_was_measured_takes_the_place_of_the_estimate_and_says_so(
    bills: IngestStore, signals: SignalStore
) -> None:
    see(signals, (ROLE, 60 * GB), (ROLE, 30 * GB))
    build = built(bills, rows())
    assert flow(build, "lake", "etl") == Flow(
        source_id="lake", target_id="etl", gb_per_month=30.0, max_rtt_ms=9.0, observed=True
    )
    estimate = flow(build, "lake", "report")
    assert estimate is not None
    assert (estimate.gb_per_month, estimate.observed) == (7.0, False)
    copied = flow(build, "lake", "copy")
    assert copied is not None
    assert not copied.observed
    unseen = build.oddity("lineage_not_seen")
    assert unseen is not None
    assert unseen.examples == ("report reads lake",)
    assert build.oddity("signal_coverage_partial") is None


def test_a_pair_that_only_signals_know_becomes_a_flow(bills: IngestStore, signals: SignalStore) -> None:
    see(signals, (ROLE, 3 * GB), op="write")
    build = built(bills, rows())
    added = flow(build, "etl", "lake")
    assert added == Flow(source_id="etl", target_id="lake", gb_per_month=1.0, observed=True)
    oddity = build.oddity("lineage_added")
    assert oddity is not None
    assert oddity.examples == ("etl writes lake: 1.0 GB a month",)


def test_a_month_of_three_is_scaled_up_and_stated(bills: IngestStore, signals: SignalStore) -> None:
    see(signals, (ROLE, 31 * GB), covered=whole_days(date(2026, 10, 1), date(2026, 10, 31)))
    build = built(bills, rows())
    found = flow(build, "lake", "etl")
    assert found is not None
    assert found.gb_per_month == pytest.approx(31 / 3 / (31 / 92))
    oddity = build.oddity("signal_coverage_partial")
    assert oddity is not None
    assert oddity.examples == ("cloudtrail s3://lake: 34%",)
    assert build.oddity("lineage_not_seen") is None


def test_a_glimpse_is_not_used(bills: IngestStore, signals: SignalStore) -> None:
    see(signals, (ROLE, 31 * GB), ("stranger", GB), covered=whole_days(date(2026, 10, 1), date(2026, 10, 18)))
    build = built(bills, rows())
    found = flow(build, "lake", "etl")
    assert found is not None
    assert (found.gb_per_month, found.observed) == (50.0, False)
    oddity = build.oddity("signal_coverage_low")
    assert oddity is not None
    assert oddity.examples == ("cloudtrail s3://lake: 19.6%",)
    assert build.oddity("signal_reader_unknown") is None


def test_events_outside_the_billing_months_or_their_coverage_count_nothing(
    bills: IngestStore, signals: SignalStore
) -> None:
    see(signals, (ROLE, 90 * GB), at=datetime(2026, 7, 31, 23, tzinfo=UTC))
    see(signals, (ROLE, 90 * GB), at=datetime(2026, 11, 1, tzinfo=UTC))
    found = flow(built(bills, rows()), "lake", "etl")
    assert found is not None
    assert not found.observed


def test_two_sources_of_one_traffic_are_not_added(bills: IngestStore, signals: SignalStore) -> None:
    see(signals, (ROLE, 30 * GB))
    see(signals, (ROLE, 33 * GB), source="s3_server_log")
    see(signals, (ROLE, 80 * GB), source="openlineage", covered=whole_days(date(2026, 9, 1), date(2026, 10, 31)))
    found = flow(built(bills, rows()), "lake", "etl")
    assert found is not None
    assert found.gb_per_month == pytest.approx(11.0)


def test_a_source_that_does_not_say_how_much_confirms_nothing(bills: IngestStore, signals: SignalStore) -> None:
    see(signals, (ROLE, None))
    see(signals, (ROLE, None), op="write")
    build = built(bills, rows())
    found = flow(build, "lake", "etl")
    assert found is not None
    assert (found.gb_per_month, found.observed) == (50.0, False)
    assert flow(build, "etl", "lake") is None
    oddity = build.oddity("signal_without_bytes")
    assert oddity is not None
    assert oddity.examples == ("etl writes lake",)


def test_strangers_are_shown_with_what_they_moved(bills: IngestStore, signals: SignalStore) -> None:
    see(signals, ("arn:aws:iam::9:role/other", 6 * GB), ("arn:aws:iam::9:role/more", 12 * GB))
    see(signals, (ROLE, 9 * GB), dataset_uri="s3://elsewhere/x", source="openlineage")
    build = built(bills, rows())
    readers, datasets = build.oddity("signal_reader_unknown"), build.oddity("signal_dataset_unknown")
    assert readers is not None
    assert datasets is not None
    assert readers.count == 2
    assert readers.examples[0] == "arn:aws:iam::9:role/more: 4.0 GB a month"
    assert "6.0 GB a month in all" in readers.meaning
    assert datasets.examples == ("s3://elsewhere/x: 3.0 GB a month",)


def test_bands_of_a_dataset_watched_completely_are_scaled_to_what_was_retrieved(
    bills: IngestStore, signals: SignalStore
) -> None:
    see(signals, (ROLE, 9 * GB), ("stranger", 3 * GB))
    see(signals, (ROLE, 6 * GB), op="restore")
    bands = {each.id: each.bands for each in built(bills, rows()).estate.datasets}
    assert [each.retrieved_gb_per_month for each in bands["lake"]] == pytest.approx([3.0, 1.0])
    assert [each.retrieved_gb_per_month for each in bands["copy"]] == [5.0]


def test_bands_without_a_claim_get_what_was_retrieved_by_what_they_store(
    bills: IngestStore, signals: SignalStore
) -> None:
    see(signals, (ROLE, 12 * GB))
    silent = tuple(replace(each, retrieved_gb_per_month=0.0) for each in rows().dataset_bands)
    bands = {each.id: each.bands for each in built(bills, rows(dataset_bands=silent)).estate.datasets}
    assert [each.retrieved_gb_per_month for each in bands["lake"]] == pytest.approx([3.0, 1.0])


@pytest.mark.parametrize(
    "case",
    [
        {"source": "openlineage"},
        {"covered": whole_days(date(2026, 8, 1), date(2026, 10, 30))},
    ],
)
def test_bands_stay_when_somebody_may_have_read_unseen(
    bills: IngestStore, signals: SignalStore, case: dict[str, Any]
) -> None:
    see(signals, (ROLE, 12 * GB), **case)
    bands = {each.id: each.bands for each in built(bills, rows()).estate.datasets}
    assert [each.retrieved_gb_per_month for each in bands["lake"]] == [6.0, 2.0]

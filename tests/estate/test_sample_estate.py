"""The sample estate, small, through the whole line: written, ingested, read, built."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction

import pytest

from collectors.estate import EstateBuild, build_estate
from collectors.focus import ingest_files
from collectors.inventory import Inventory, read_inventory
from collectors.pricing import load_price_book
from collectors.sample import write_sample_estate
from collectors.store import IngestStore


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> tuple[IngestStore, Inventory, EstateBuild]:
    folder = tmp_path_factory.mktemp("sample")
    prices = load_price_book()
    manifest = write_sample_estate(folder / "sample", prices=prices, scale=0.1)
    store = IngestStore.open(folder / "store")
    report = ingest_files(store, manifest.bills, source=None, ingested_at=datetime(2026, 11, 3, tzinfo=UTC))
    assert report.rejected_rows == 0
    inventory = read_inventory(manifest.inventory)
    return store, inventory, build_estate(store, inventory, as_of_on=manifest.as_of_on, prices=prices)


def test_every_meter_of_the_five_vendors_is_classified(line: tuple[IngestStore, Inventory, EstateBuild]) -> None:
    _, _, build = line
    assert set(build.by_provider) == {"aws", "azure", "gcp", "snowflake", "databricks"}
    assert build.oddity("unclassified_meter") is None


def test_bills_and_inventory_agree(line: tuple[IngestStore, Inventory, EstateBuild]) -> None:
    _, inventory, build = line
    assert len(build.estate.workloads) == len(inventory.workloads)
    assert len(build.estate.datasets) == len(inventory.datasets)
    assert build.oddities == ()
    assert all(workload.billed.compute_micro_usd > 0 for workload in build.estate.workloads)
    assert all(dataset.billed.storage_micro_usd > 0 for dataset in build.estate.datasets)


def test_the_account_is_complete_and_equals_plain_sql(line: tuple[IngestStore, Inventory, EstateBuild]) -> None:
    store, _, build = line
    with store.connect() as connection:
        row = connection.execute(
            "SELECT sum(EffectiveCost) FROM cost_and_usage "
            "WHERE NOT (ChargeCategory = 'Purchase' AND CommitmentDiscountId IS NOT NULL)"
        ).fetchone()
    assert row is not None
    assert isinstance(row[0], Decimal)
    assert build.total_monthly_micro_usd == round(Fraction(row[0]) * 1_000_000 / 3)
    parts = build.matched_monthly_micro_usd + build.transfer_monthly_micro_usd + build.unmatched_monthly_micro_usd
    assert parts == build.total_monthly_micro_usd
    reasons = {cost.reason for cost in build.unmatched}
    assert {"unknown_resource", "support", "tax", "credit", "marketplace"} <= reasons


def test_the_billed_transfer_is_explained_by_the_lineage_up_to_negotiated_discounts(
    line: tuple[IngestStore, Inventory, EstateBuild],
) -> None:
    _, _, build = line
    assert build.transfer_explained_ratio is not None
    assert 0.85 <= build.transfer_explained_ratio <= 1.25


def test_stale_duplicates_are_found_and_declared_copies_are_not(
    line: tuple[IngestStore, Inventory, EstateBuild],
) -> None:
    _, _, build = line
    datasets = {dataset.id: dataset for dataset in build.estate.datasets}
    duplicates = [dataset for dataset in datasets.values() if dataset.duplicate_of is not None]
    assert duplicates
    assert all(dataset.replica_of is None for dataset in duplicates)
    touched = {end for flow in build.estate.flows for end in (flow.source_id, flow.target_id)}
    assert all(dataset.id not in touched for dataset in duplicates)

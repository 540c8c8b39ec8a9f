"""Each cause of waste can be seen in the inventory and on the bills, without asking the generator."""

from __future__ import annotations

import duckdb

from collectors.inventory import Inventory
from collectors.sample import SampleManifest
from collectors.sample.causes import (
    CAUSES,
    COLD_DATA_IN_HOT_TIERS,
    JOBS_ON_INTERACTIVE_CLUSTERS,
    ON_DEMAND_WHERE_STEADY,
    READER_FAR_FROM_DATA,
    STALE_DUPLICATE,
)
from optimizer.pricing.book import PriceBook
from optimizer.pricing.storage_facts import STORAGE_TIERS


def test_every_cause_is_shown_by_something(whole: SampleManifest) -> None:
    assert set(whole.causes) == set(CAUSES)
    assert all(count > 0 for count in whole.causes.values())


def test_datasets_without_lifecycle_are_as_many_as_stated(whole: SampleManifest, inventory: Inventory) -> None:
    service_of = {row.dataset_id: row.service for row in inventory.datasets}
    ranks: dict[str, set[int]] = {}
    for band in inventory.dataset_bands:
        ranks.setdefault(band.dataset_id, set()).add(STORAGE_TIERS[service_of[band.dataset_id], band.tier].rank)
    assert sum(tiers == {0} for tiers in ranks.values()) == whole.causes[COLD_DATA_IN_HOT_TIERS]


def test_steady_fleets_paid_by_the_hour_are_as_many_as_stated(whole: SampleManifest, inventory: Inventory) -> None:
    steady = [row for row in inventory.workloads if row.role == "virtual_machine" and row.running_hours == 730]
    by_the_hour = [row for row in steady if row.purchase == "on_demand"]
    assert len(by_the_hour) == whole.causes[ON_DEMAND_WHERE_STEADY]
    assert len(by_the_hour) < len(steady)


def test_a_good_part_of_the_machines_needs_less_than_half_of_its_size(inventory: Inventory, book: PriceBook) -> None:
    """A fitting machine peaks above 52 % of its vCPU, one that is a size too large below 34 %."""
    loads = []
    for row in inventory.workloads:
        if row.role == "virtual_machine":
            machine = book.machine(row.place, row.service, row.sku)
            assert machine is not None
            loads.append(row.peak_vcpu / machine.vcpu)
    oversized = [load for load in loads if load < 0.35]
    fitting = [load for load in loads if load > 0.5]
    assert len(oversized) + len(fitting) == len(loads)
    assert 0.25 < len(oversized) / len(loads) < 0.55
    assert max(loads) <= 0.7


def test_far_readers_pay_for_every_byte_on_the_bill_of_the_source(
    whole: SampleManifest, bills: duckdb.DuckDBPyConnection, inventory: Inventory
) -> None:
    place_of = {row.workload_id: row.place for row in inventory.workloads}
    datasets = {row.dataset_id: row for row in inventory.datasets}
    far = [
        edge
        for edge in inventory.lineage
        if edge.direction == "read" and place_of[edge.workload_id] != datasets[edge.dataset_id].place
    ]
    assert len({edge.workload_id for edge in far}) >= whole.causes[READER_FAR_FROM_DATA]
    replicated_gb = sum(
        row.written_gb_per_month
        for row in inventory.datasets
        if row.replica_of is not None and row.place != datasets[row.replica_of].place
    )
    (sent_gb,) = bills.execute(
        """SELECT sum(PricingQuantity) FROM cost_and_usage
           WHERE SkuId LIKE '%_transfer/%' AND month(BillingPeriodStart) = 9"""
    ).fetchall()[0]
    far_gb = sum(edge.gb_per_month for edge in far)
    assert abs(float(sent_gb) - far_gb - replicated_gb) < 0.01


def test_stale_duplicates_cost_storage_and_nothing_else(
    whole: SampleManifest, bills: duckdb.DuckDBPyConnection, inventory: Inventory
) -> None:
    trials = [row for row in inventory.datasets if row.dataset_id.endswith("-trial")]
    assert len(trials) == whole.causes[STALE_DUPLICATE]
    originals = {row.content_hash: row for row in inventory.datasets if not row.dataset_id.endswith("-trial")}
    for row in trials:
        assert originals[row.content_hash].place.partition(":")[0] != row.place.partition(":")[0]
    ids = {row.dataset_id for row in trials}
    resources = [row.resource_id for row in inventory.resources if row.belongs_to in ids]
    skus = bills.execute(
        "SELECT DISTINCT SkuId FROM cost_and_usage WHERE list_contains(?, ResourceId)", [resources]
    ).fetchall()
    assert skus
    assert all("/storage." in sku for (sku,) in skus)


def test_jobs_on_interactive_clusters_pay_the_interactive_rate(
    whole: SampleManifest, bills: duckdb.DuckDBPyConnection, inventory: Inventory
) -> None:
    interactive = [row for row in inventory.workloads if row.sku == "dbu.all_purpose"]
    assert len(interactive) == whole.causes[JOBS_ON_INTERACTIVE_CLUSTERS]
    (resources,) = bills.execute(
        "SELECT count(DISTINCT ResourceId) FROM cost_and_usage WHERE SkuMeter LIKE '%ALL_PURPOSE%'"
    ).fetchall()[0]
    assert resources == len(interactive)

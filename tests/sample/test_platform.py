"""The platform that the inventory tells: its size and spread, its recovery copies, its lineage, the law it keeps."""

from __future__ import annotations

from collections import Counter, defaultdict

from collectors.inventory import DatasetRow, Inventory, WorkloadRow
from collectors.policies import load_reference_policy_text
from collectors.sample import SampleManifest
from collectors.sample.organisation import BUSINESS_UNITS
from optimizer.domain.policy import Policy
from optimizer.domain.policy_file import parse_policy
from optimizer.pricing.book import PriceBook

CRITICAL = ("restricted", "regulated")


def _policy(book: PriceBook) -> Policy:
    return parse_policy(
        load_reference_policy_text(),
        file="reference.toml",
        known_place_ids=[place.id for place in book.places],
        known_jurisdictions={code for place in book.places for code in place.jurisdictions},
    )


def _duplicates(inventory: Inventory) -> list[DatasetRow]:
    """Datasets whose content another dataset has and that are not declared copies: all but the one that is used."""
    used = {edge.dataset_id for edge in inventory.lineage}
    by_hash = Counter(row.content_hash for row in inventory.datasets if row.replica_of is None)
    return [
        row
        for row in inventory.datasets
        if row.replica_of is None and by_hash[row.content_hash] > 1 and row.dataset_id not in used
    ]


def test_the_platform_has_the_size_and_spread_of_the_reference(whole: SampleManifest, inventory: Inventory) -> None:
    assert 180 <= len(inventory.workloads) <= 230
    assert 220 <= len(inventory.datasets) <= 280
    assert len(BUSINESS_UNITS) == 47
    assert whole.counts["business_units"] == 47
    assert whole.counts["jurisdictions"] == 12
    assert {row.place.partition(":")[0] for row in inventory.datasets} == {"aws", "azure", "gcp"}
    assert {row.service for row in inventory.workloads} == {
        "aws_ec2", "azure_vm", "gcp_gce", "aws_glue", "databricks", "snowflake", "gcp_bigquery", "aws_athena",
    }  # fmt: skip
    models = [row.name for row in inventory.workloads if row.role == "sql_warehouse"]
    assert sum(int(name.rpartition("(")[2].split()[0]) for name in models) == 2_000
    jobs = [row.name for row in inventory.workloads if row.role == "batch_compute"]
    assert sum(int(name.rpartition("(")[2].split()[0]) for name in jobs) == 450


def test_brokers_stand_on_aws_and_on_azure(inventory: Inventory) -> None:
    brokers = {row.place.partition(":")[0] for row in inventory.workloads if row.workload_id.startswith("kafka-")}
    assert brokers == {"aws", "azure"}


def test_every_place_is_one_that_the_reference_policy_considers(inventory: Inventory, book: PriceBook) -> None:
    places = {row.place for row in inventory.workloads} | {row.place for row in inventory.datasets}
    assert places <= set(_policy(book).candidate_places)


def test_all_but_a_handful_of_datasets_keep_the_residency_statements(inventory: Inventory, book: PriceBook) -> None:
    """The sample and the policy are written apart from each other; this test holds them together."""
    allowed = {
        (jurisdiction, data_class): set(statement.area.jurisdictions)
        for statement in _policy(book).areas
        for jurisdiction in statement.select.jurisdictions
        for data_class in statement.select.data_classes
    }
    assert len({jurisdiction for jurisdiction, _ in allowed}) == 12
    things: list[WorkloadRow | DatasetRow] = [*inventory.workloads, *inventory.datasets]
    breaches = [
        row
        for row in things
        if (area := allowed.get((row.jurisdiction, row.data_class)))
        and not area & set(book.place(row.place).jurisdictions)
    ]
    assert 1 <= len(breaches) <= 6
    assert all(isinstance(row, DatasetRow) for row in breaches)


def test_about_nine_in_ten_critical_datasets_have_a_copy_in_another_region(inventory: Inventory) -> None:
    primaries = [row for row in inventory.datasets if row.replica_of is None and row.data_class in CRITICAL]
    copies: dict[str, list[DatasetRow]] = {}
    for row in inventory.datasets:
        if row.replica_of is not None:
            copies.setdefault(row.replica_of, []).append(row)
    by_id = {row.dataset_id: row for row in inventory.datasets}
    for primary_id, held in copies.items():
        regions = {row.place for row in (by_id[primary_id], *held)}
        assert len(regions) == len(held) + 1
    kept = sum(primary.dataset_id in copies for primary in primaries) / len(primaries)
    assert 0.85 <= kept <= 0.95
    assert any(len(held) == 2 for held in copies.values())


def test_every_dataset_but_copies_and_stale_duplicates_is_read_or_written(inventory: Inventory) -> None:
    touched = {edge.dataset_id for edge in inventory.lineage}
    stale = {row.dataset_id for row in _duplicates(inventory)}
    for row in inventory.datasets:
        assert (row.dataset_id in touched) == (row.replica_of is None and row.dataset_id not in stale), row.dataset_id


def test_some_datasets_are_hubs(inventory: Inventory) -> None:
    readers = Counter(edge.dataset_id for edge in inventory.lineage if edge.direction == "read")
    assert readers.most_common(1)[0][1] >= 10


def test_what_is_read_of_a_dataset_is_what_its_bands_give(inventory: Inventory) -> None:
    read_gb: defaultdict[str, float] = defaultdict(float)
    given_gb: defaultdict[str, float] = defaultdict(float)
    for edge in inventory.lineage:
        if edge.direction == "read":
            read_gb[edge.dataset_id] += edge.gb_per_month
    for band in inventory.dataset_bands:
        given_gb[band.dataset_id] += band.retrieved_gb_per_month
    for row in inventory.datasets:
        assert abs(read_gb[row.dataset_id] - given_gb[row.dataset_id]) < 0.01


def test_today_keeps_the_latency_that_users_and_pairs_ask_for(inventory: Inventory, book: PriceBook) -> None:
    place_of = {row.workload_id: row.place for row in inventory.workloads}
    place_of |= {row.dataset_id: row.place for row in inventory.datasets}
    asked = [(row.place, place_of[row.workload_id], row.max_rtt_ms) for row in inventory.consumers]
    asked += [
        (place_of[edge.workload_id], place_of[edge.dataset_id], edge.max_rtt_ms)
        for edge in inventory.lineage
        if edge.max_rtt_ms is not None
    ]
    assert len(inventory.consumers) > 20
    assert len(asked) - len(inventory.consumers) >= 3
    for here, there, limit_ms in asked:
        assert book.rtt_ms([here, there])[0][0, 1] <= limit_ms


def test_commitments_end_between_two_and_twenty_months_out(whole: SampleManifest, inventory: Inventory) -> None:
    today = whole.as_of_on
    months = [(row.ends_on.year - today.year) * 12 + row.ends_on.month - today.month for row in inventory.commitments]
    assert min(months) >= 2
    assert max(months) <= 20
    assert {row.provider for row in inventory.commitments} == {"aws", "azure", "gcp"}

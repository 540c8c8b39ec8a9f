"""The catalogue as data: sourced, consistent, and priced somewhere in the shipped book."""

from __future__ import annotations

import numpy as np
import pytest

from collectors.pricing.load import load_price_book
from optimizer.catalogue import ROLES_CATALOGUE, ServiceEntry
from optimizer.catalogue.demand_columns import demand_columns
from optimizer.catalogue.error_bands import PRICE_ERROR_RATIO
from optimizer.catalogue.machine_names import ARM, is_arm, sustains_load
from optimizer.catalogue.object_storage import SERVICE_OF_HOST, tiers_of
from optimizer.catalogue.sql_warehouse import snowflake_edition_of
from optimizer.domain.estate import ROLES, Tags
from optimizer.pricing import CONFIDENCES, PriceBook
from tests.candidates.estates import workload

ENTRIES = [entry for catalogue in ROLES_CATALOGUE for entry in catalogue.entries]


@pytest.fixture(scope="module")
def shipped() -> PriceBook:
    """The book inside the package."""
    return load_price_book()


def test_every_role_of_workloads_has_a_catalogue() -> None:
    assert tuple(catalogue.role for catalogue in ROLES_CATALOGUE) == ROLES


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: f"{entry.service}-{entry.meter}")
def test_every_entry_is_sourced_and_its_band_holds_its_expectation(entry: ServiceEntry) -> None:
    assert entry.source
    assert entry.sizing.source
    assert entry.sizing.confidence in CONFIDENCES
    assert 0 < entry.sizing.low_ratio <= entry.sizing.expected_ratio <= entry.sizing.high_ratio
    assert [size.units_per_hour for size in entry.sizes] == sorted(size.units_per_hour for size in entry.sizes)
    assert bool(entry.sizes) == (entry.billing == "work_unit")
    assert all(limit.because for limit in entry.limits)


def test_price_errors_grow_as_confidence_falls() -> None:
    assert len(PRICE_ERROR_RATIO) == len(CONFIDENCES)
    assert list(PRICE_ERROR_RATIO) == sorted(PRICE_ERROR_RATIO)


def test_every_meter_of_the_catalogue_is_priced_at_a_place_that_hosts_it(shipped: PriceBook) -> None:
    for entry in ENTRIES:
        hosts = [place for place in shipped.places if place.provider in entry.hosts]
        if entry.meter:
            assert any(
                shipped.schedule(service=entry.service, meter=entry.meter, place_id=place.id) for place in hosts
            ), entry
        else:
            assert any(len(shipped.machines(place.id, entry.service)) for place in hosts), entry


def test_every_storage_service_has_its_hottest_tier_priced_somewhere(shipped: PriceBook) -> None:
    for provider, service in SERVICE_OF_HOST.items():
        hottest = tiers_of(service)[0]
        assert any(
            shipped.schedule(service=service, meter=f"storage.{hottest}", place_id=place.id)
            for place in shipped.places
            if place.provider == provider
        )


def test_names_tell_arm_machines_as_the_book_does(shipped: PriceBook) -> None:
    machines = shipped.tables()["machines"].to_pylist()
    assert len(machines) > 1_000
    wrong = [row["sku"] for row in machines if is_arm(row["service"], row["sku"]) != (row["architecture"] == ARM)]
    assert wrong == []


@pytest.mark.parametrize(
    ("service", "sku", "sustains"),
    [
        ("aws_ec2", "t3.large", False),
        ("aws_ec2", "m7i-flex.large", False),
        ("aws_ec2", "m5.metal", False),
        ("aws_ec2", "m5.large", True),
        ("azure_vm", "Standard_B2s", False),
        ("azure_vm", "D4s_v5", True),
        ("gcp_gce", "e2-medium", False),
        ("gcp_gce", "e2-standard-4", True),
    ],
)
def test_machines_that_only_burst_are_told_by_name(service: str, sku: str, sustains: bool) -> None:
    assert sustains_load(service, sku) is sustains


def test_the_snowflake_edition_in_use_is_kept_and_law_asks_for_the_highest() -> None:
    things = [
        workload(service="snowflake", sku="Standard-M"),
        workload(service="snowflake", sku="M"),
        workload(service="snowflake", sku="business critical", tags=Tags(business_unit="b")),
        workload(service="aws_athena", tags=Tags(business_unit="b", data_class="restricted")),
        workload(service="aws_athena"),
    ]
    demand = demand_columns(things, range(len(things)))
    assert snowflake_edition_of(demand).tolist() == [
        "standard",
        "enterprise",
        "business_critical",
        "business_critical",
        "enterprise",
    ]
    assert np.array_equal(demand.where(np.array([3])).data_class, ["restricted"])

"""The sample policy that ships: it loads against the embedded price book and leaves every jurisdiction a way out."""

from __future__ import annotations

import pytest

from collectors.policies import REFERENCE_POLICY_FILE, load_reference_policy_text
from collectors.pricing import load_price_book
from optimizer.domain.place import Place
from optimizer.domain.policy import AreaStatement, Policy
from optimizer.domain.policy_file import parse_policy
from optimizer.pricing import PriceBook

JURISDICTIONS = ("US", "CA", "BR", "UK", "DE", "FR", "IE", "CH", "SG", "JP", "AU", "IN")
OBJECT_STORES = {"aws": "aws_s3", "azure": "azure_blob", "gcp": "gcp_gcs"}


@pytest.fixture(scope="module")
def book() -> PriceBook:
    return load_price_book()


@pytest.fixture(scope="module")
def policy(book: PriceBook) -> Policy:
    return parse_policy(
        load_reference_policy_text(),
        file=REFERENCE_POLICY_FILE,
        known_place_ids=[place.id for place in book.places],
        known_jurisdictions={name for place in book.places for name in place.jurisdictions},
    )


def _residency(policy: Policy, jurisdiction: str) -> AreaStatement:
    [statement] = [
        area for area in policy.areas if area.effect == "allow" and jurisdiction in area.select.jurisdictions
    ]
    return statement


def _candidate_places(policy: Policy, book: PriceBook) -> list[Place]:
    return [book.place(place_id) for place_id in policy.candidate_places]


@pytest.mark.parametrize("jurisdiction", JURISDICTIONS)
def test_each_jurisdiction_has_two_candidate_regions_in_its_area_with_priced_storage(
    policy: Policy, book: PriceBook, jurisdiction: str
) -> None:
    area = _residency(policy, jurisdiction).area
    inside = [place for place in _candidate_places(policy, book) if set(place.jurisdictions) & set(area.jurisdictions)]
    assert len({place.region for place in inside}) >= 2
    assert all(OBJECT_STORES[place.provider] in book.services_at(place.id) for place in inside)
    home = {place.id for place in inside if jurisdiction in place.jurisdictions}
    assert home, f"no candidate place lies in {jurisdiction} itself"


def test_candidate_places_span_three_clouds_and_five_continents(policy: Policy, book: PriceBook) -> None:
    places = _candidate_places(policy, book)
    assert {place.provider for place in places} == {"aws", "azure", "gcp"}
    assert {place.continent for place in places} == {"NA", "SA", "EU", "AS", "OC"}


def test_no_candidate_place_is_forbidden_outright(policy: Policy, book: PriceBook) -> None:
    forbidden = {name for area in policy.areas if area.effect == "forbid" for name in area.area.continents}
    assert forbidden
    assert not forbidden & {place.continent for place in _candidate_places(policy, book)}


def test_every_statement_says_why(policy: Policy) -> None:
    families = (
        policy.areas,
        policy.latencies,
        policy.capacities,
        policy.groups,
        policy.recoveries,
        policy.pins,
        policy.move_budgets,
        policy.provider_shares,
        policy.footprints,
    )
    assert all(families), "the sample policy shows every kind of statement"
    assert all(statement.because for family in families for statement in family)

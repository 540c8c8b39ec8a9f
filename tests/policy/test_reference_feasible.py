"""The sample policy on the sample estate: today breaks a few statements, yet a placement that keeps all exists."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from collectors.estate.assemble import assemble_commitments, assemble_datasets, assemble_workloads
from collectors.estate.flows import build_flows
from collectors.inventory import read_inventory
from collectors.policies import REFERENCE_POLICY_FILE, load_reference_policy_text
from collectors.pricing import load_price_book
from collectors.sample import write_sample_estate
from optimizer.domain.estate import Estate
from optimizer.domain.policy import Policy
from optimizer.domain.policy_file import parse_policy
from optimizer.domain.policy_reach import idle_statement_ids
from optimizer.pricing import PriceBook
from tests.policy.feasibility import PlacementQuestion, broken_areas


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


@pytest.fixture(scope="module")
def estate(book: PriceBook, tmp_path_factory: pytest.TempPathFactory) -> Estate:
    """The sample estate without its bills: places, tags and flows are all that place rules look at."""
    folder: Path = tmp_path_factory.mktemp("sample")
    manifest = write_sample_estate(folder, prices=book)
    inventory = read_inventory(manifest.inventory)
    return Estate(
        name="sample",
        as_of_on=manifest.as_of_on,
        billing_months=(),
        workloads=assemble_workloads(inventory, {}),
        datasets=assemble_datasets(inventory, {}),
        flows=build_flows(inventory),
        commitments=assemble_commitments(inventory),
    )


def test_every_statement_is_about_something_in_the_sample_estate(policy: Policy, estate: Estate) -> None:
    assert idle_statement_ids(policy, estate) == ()


def test_today_breaks_residency_for_a_handful_of_datasets_only(policy: Policy, estate: Estate, book: PriceBook) -> None:
    things = (*estate.workloads, *estate.datasets)
    broken = [thing.id for thing in things if broken_areas(thing, book.place(thing.place_id), policy)]
    assert 1 <= len(broken) <= 12


def test_every_place_of_the_estate_is_a_candidate(policy: Policy, estate: Estate) -> None:
    assert set(estate.place_ids) <= set(policy.candidate_places)


def test_only_places_that_are_new_cost_a_footprint(policy: Policy, estate: Estate) -> None:
    charged = {place for statement in policy.footprints for place in statement.places}
    assert charged == set(policy.candidate_places) - set(estate.place_ids)


def test_a_placement_that_keeps_every_place_rule_exists(policy: Policy, estate: Estate, book: PriceBook) -> None:
    assert PlacementQuestion(estate, policy, book).has_answer()


def test_the_question_notices_a_policy_that_cannot_be_kept(policy: Policy, estate: Estate, book: PriceBook) -> None:
    impossible = replace(policy.latencies[0], max_rtt_ms=-1.0)
    assert not PlacementQuestion(estate, replace(policy, latencies=(impossible,)), book).has_answer()

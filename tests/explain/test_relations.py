"""Which moves need each other, on problems small enough for hand arithmetic."""

from __future__ import annotations

import pytest

from optimizer.domain.place import Place
from optimizer.explain.attribution import attribute
from optimizer.explain.changes import changes_of
from optimizer.explain.relations import NodeRelations, bundle_id, relations_of
from optimizer.plan import Plan
from optimizer.problem.builder import ProblemBuilder
from optimizer.problem.problem import Problem
from optimizer.rules import OpenCost

HERE = Place(id="aws:here", provider="aws", region="here", continent="NA", jurisdictions=("US",))
THERE = Place(id="gcp:there", provider="gcp", region="there", continent="NA", jurisdictions=("US",))


def reader_and_data(*, reader_there_usd: str, data_there_usd: str = "5") -> Problem:
    """A reader (100 USD a month here) of data (10 USD here), 1,000 GB a month at 0.09 USD between the places."""
    builder = ProblemBuilder([HERE, THERE], transfer_per_gb=[["0", "0.09"], ["0.09", "0"]], horizon_months=1)
    builder.node("reader", current="stay")
    builder.option("stay", HERE.id, "100")
    builder.option("go", THERE.id, reader_there_usd)
    builder.node("data", kind="dataset", current="stay")
    builder.option("stay", HERE.id, "10")
    builder.option("go", THERE.id, data_there_usd)
    builder.flow("data", "reader", 1000)
    return builder.build()


def both_go(problem: Problem) -> Plan:
    return Plan.of(problem, {"reader": ["go"], "data": ["go"]})


def test_two_moves_that_lose_alone_and_save_together_are_a_bundle() -> None:
    problem = reader_and_data(reader_there_usd="50")  # alone: 50 - 90 and 5 - 90; together: 55
    plan = both_go(problem)
    found = relations_of(problem, plan, changes_of(problem, plan))
    assert found == {0: NodeRelations(bundle=(0, 1)), 1: NodeRelations(bundle=(0, 1))}


def test_a_move_that_pays_only_after_another_depends_on_it() -> None:
    problem = reader_and_data(reader_there_usd="5")  # the reader saves 95 - 90 alone; the data loses 85 alone
    plan = both_go(problem)
    assert relations_of(problem, plan, changes_of(problem, plan)) == {1: NodeRelations(needs=(0,))}


def test_moves_that_each_pay_alone_are_not_tied() -> None:
    problem = reader_and_data(reader_there_usd="5", data_there_usd="-90")
    plan = both_go(problem)
    assert relations_of(problem, plan, changes_of(problem, plan)) == {}


def test_a_flow_between_two_moves_is_shared_by_halves_and_one_move_bears_its_own() -> None:
    problem = reader_and_data(reader_there_usd="50")
    apart = Plan.of(problem, {"reader": ["go"], "data": ["stay"]})
    alone = attribute(problem, apart, changes_of(problem, apart))
    assert alone.contribution_micro_usd.tolist() == [(50 - 90) * 10**6]
    both = both_go(problem)
    together = attribute(problem, both, changes_of(problem, both))
    assert together.contribution_micro_usd.tolist() == [50 * 10**6, 5 * 10**6]
    assert together.egress_delta_micro_usd.tolist() == [0, 0]


def test_two_moves_that_part_bear_the_flow_between_them_in_equal_parts() -> None:
    places = [HERE, THERE, Place(id="azure:far", provider="azure", region="far", continent="EU")]
    builder = ProblemBuilder(places, transfer_per_gb=[["0", "0.09", "0.05"]] * 3)
    for name, place in (("reader", THERE.id), ("data", "azure:far")):
        builder.node(name, current="stay")
        builder.option("stay", HERE.id, "100")
        builder.option("go", place, "50")
    builder.flow("data", "reader", 1000)
    problem = builder.build()
    plan = both_go(problem)
    egress = attribute(problem, plan, changes_of(problem, plan)).egress_delta_micro_usd
    assert egress.tolist() == [45 * 10**6, 45 * 10**6]


def test_a_flow_is_borne_by_the_end_that_changes_its_place_not_by_one_that_changes_its_tier() -> None:
    builder = ProblemBuilder([HERE, THERE], transfer_per_gb=[["0", "0.09"], ["0.09", "0"]])
    builder.node("reader", current="stay")
    builder.option("stay", HERE.id, "100")
    builder.option("go", THERE.id, "5")
    builder.node("data", kind="dataset", current="stay")
    builder.option("stay", HERE.id, "10")
    builder.option("go", HERE.id, "4")
    builder.flow("data", "reader", 1000)
    problem = builder.build()
    plan = both_go(problem)
    found = attribute(problem, plan, changes_of(problem, plan))
    assert found.egress_delta_micro_usd.tolist() == [90 * 10**6, 0]
    assert found.contribution_micro_usd.tolist() == [5 * 10**6, 6 * 10**6]


def test_opening_a_place_is_paid_by_those_who_enter_it_in_equal_parts() -> None:
    problem = reader_and_data(reader_there_usd="50")
    charged = problem.replace(rules=(OpenCost(id="zone", place=THERE.id, monthly_micro_usd=7_000_001),))
    plan = both_go(charged)
    shares = attribute(charged, plan, changes_of(charged, plan)).footprint_delta_micro_usd
    assert sorted(shares.tolist()) == [3_500_000, 3_500_001]


@pytest.mark.parametrize("members", [["a", "b"], ["b", "a"]])
def test_the_name_of_a_bundle_does_not_depend_on_the_order_of_its_members(members: list[str]) -> None:
    assert bundle_id(members) == bundle_id(["a", "b"])
    assert bundle_id(members) != bundle_id(["a", "c"])

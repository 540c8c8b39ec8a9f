"""What cannot be is named by rules that clash, and by no rule more than the clash needs."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from optimizer.exchange.documents import problem_from_document
from optimizer.plan import Infeasible, Solved
from optimizer.rules import Allow, Capacity, KeepApart, KeepTogether, MoveBudget, Pin
from optimizer.solve import solve
from tests.builders import node_in_all_places, two_clouds
from tests.oracle import Oracle
from tests.problem_documents import problem_documents

CLASHING_KINDS = ("allow", "forbid", "capacity", "keep_together", "keep_apart", "pin", "move_budget", "provider_share")


def narrowed(document: dict[str, Any], kept: set[str]) -> dict[str, Any]:
    """The document with nothing but the named rules: no other rule, latency limit or copies demand."""
    flows = []
    for flow in document["flows"]:
        limited = f"max_rtt_ms:{flow['from']}->{flow['to']}" in kept
        flows.append(flow if limited else {key: value for key, value in flow.items() if key != "max_rtt_ms"})
    nodes = [
        node if "copies" in kept else {key: value for key, value in node.items() if not key.startswith("copies")}
        for node in document["nodes"]
    ]
    rules = [rule for rule in document["rules"] if rule["id"] in kept]
    return {**document, "flows": flows, "nodes": nodes, "rules": rules}


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
@given(
    st.sets(st.sampled_from(CLASHING_KINDS), min_size=2, max_size=4).flatmap(
        lambda kinds: problem_documents(tuple(kinds))
    )
)
def test_a_conflict_clashes_by_brute_force_and_not_without_any_one_of_its_rules(document: dict[str, Any]) -> None:
    assume(Oracle(document).optimum() is None)
    outcome = solve(problem_from_document(document))
    assert isinstance(outcome, Infeasible)
    conflict = set(outcome.conflict)
    assert conflict
    assert outcome.conflict_is_minimal
    assert Oracle(narrowed(document, conflict)).optimum() is None
    for rule_id in conflict:
        assert Oracle(narrowed(document, conflict - {rule_id})).optimum() is not None, rule_id


def test_rules_that_do_not_take_part_in_the_clash_are_not_named() -> None:
    builder = two_clouds()
    for node_id in ("w1", "w2", "w3"):
        node_in_all_places(builder, node_id, uses={"vcpu": 1}, current="va")
    builder.rule(Capacity(id="roomy", resource="vcpu", maximum=100))
    builder.rule(KeepApart(id="apart", nodes=("w1", "w2"), by="continent"))
    builder.rule(Pin(id="stay", nodes=("w3",)))
    builder.rule(KeepTogether(id="together", nodes=("w1", "w2"), by="place"))
    outcome = solve(builder.build())
    assert isinstance(outcome, Infeasible)
    assert set(outcome.conflict) == {"apart", "together"}


def test_a_clash_over_a_round_trip_names_the_flow() -> None:
    builder = two_clouds()
    node_in_all_places(builder, "d", kind="dataset")
    node_in_all_places(builder, "w")
    builder.flow("d", "w", 1, max_rtt_ms=50)
    builder.rule(Allow(id="europe", nodes=("d",), continents=("EU",)))
    builder.rule(Allow(id="gcp", nodes=("w",), providers=("gcp",)))
    outcome = solve(builder.build())
    assert isinstance(outcome, Infeasible)
    assert set(outcome.conflict) == {"europe", "gcp", "max_rtt_ms:d->w"}


@pytest.mark.parametrize("maximum", [0.29999999, 0.2999999999999])
def test_an_overload_smaller_than_a_solvers_tolerance_is_still_impossible(maximum: float) -> None:
    builder = two_clouds()
    for node_id, amount in (("w1", 0.1), ("w2", 0.2)):
        node_in_all_places(builder, node_id, uses={"vcpu": amount})
    builder.rule(Capacity(id="full", resource="vcpu", maximum=maximum))
    outcome = solve(builder.build())
    assert isinstance(outcome, Infeasible)
    assert outcome.conflict == ("full",)


def test_a_budget_that_fits_to_the_cent_is_not_a_clash() -> None:
    builder = two_clouds()
    node_in_all_places(builder, "w", current="va", one_off_usd=(0, "0.10", "0.30"))
    node_in_all_places(builder, "d", current="va", one_off_usd=(0, "0.20", "0.30"), kind="dataset")
    builder.rule(MoveBudget(id="money", max_one_off_micro_usd=300_000))
    builder.rule(Allow(id="europe", nodes=("w", "d"), continents=("EU",)))
    assert isinstance(solve(builder.build()), Solved)

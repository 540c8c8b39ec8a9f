"""Every rule by hand: a plan just inside it, a plan just outside it, and the cheapest plan that keeps it."""

from __future__ import annotations

import pytest

from optimizer.errors import InvalidProblem
from optimizer.plan import Plan, Solved
from optimizer.problem.problem import Problem
from optimizer.rules import (
    Allow,
    Capacity,
    Copies,
    Forbid,
    KeepApart,
    KeepTogether,
    MoveBudget,
    OpenCost,
    PairLatency,
    Pin,
    ProviderShare,
    enforced_rules,
)
from optimizer.rules.rule import Rule
from optimizer.solve import solve
from tests.builders import node_in_all_places, plan_of, two_clouds

Choices = dict[str, str | list[str]]


def two_workloads(rule: Rule) -> Problem:
    """``w1`` and ``w2`` cost 30 in Virginia, 20 in Ireland, 10 in Iowa, run in Virginia, cost 5 once to move."""
    builder = two_clouds(horizon_months=5)
    for node_id in ("w1", "w2"):
        node_in_all_places(builder, node_id, (30, 20, 10), one_off_usd=(0, 5, 5), uses={"vcpu": 4}, current="va")
    builder.rule(rule)
    return builder.build()


W1_IO_W2_VA: Choices = {"w1": "io", "w2": "va"}
W1_IO_W2_IE: Choices = {"w1": "io", "w2": "ie"}
W1_VA_W2_IE: Choices = {"w1": "va", "w2": "ie"}
BOTH_IO: Choices = {"w1": "io", "w2": "io"}
BOTH_IE: Choices = {"w1": "ie", "w2": "ie"}
IOWA, IRELAND = "gcp:us-central1", "aws:eu-west-1"

CASES: list[tuple[Rule, Choices, Choices, Choices, int]] = [
    # rule, a plan that keeps it, a plan that breaks it, the cheapest plan that keeps it (either way round), its USD
    (Allow(id="r", nodes=("w1",), jurisdictions=("EU",)), {"w1": "ie", "w2": "va"}, W1_VA_W2_IE, W1_IO_W2_IE, 32),
    (Forbid(id="r", nodes=("w1",), providers=("gcp",)), {"w1": "va", "w2": "io"}, W1_IO_W2_VA, W1_IO_W2_IE, 32),
    (Pin(id="r", nodes=("w2",)), W1_IO_W2_VA, W1_VA_W2_IE, W1_IO_W2_VA, 41),
    (Capacity(id="r", resource="vcpu", maximum=7.9, places=(IOWA,)), W1_IO_W2_VA, BOTH_IO, W1_IO_W2_IE, 32),
    (Capacity(id="r", resource="vcpu", maximum=4, places=(IOWA, IRELAND)), W1_IO_W2_VA, W1_IO_W2_IE, W1_IO_W2_VA, 41),
    (KeepTogether(id="r", nodes=("w1", "w2"), by="continent"), W1_IO_W2_VA, W1_IO_W2_IE, BOTH_IO, 22),
    (KeepApart(id="r", nodes=("w1", "w2"), by="continent"), W1_VA_W2_IE, W1_IO_W2_VA, W1_IO_W2_IE, 32),
    (MoveBudget(id="r", max_moves=1), W1_IO_W2_VA, W1_IO_W2_IE, W1_IO_W2_VA, 41),
    (MoveBudget(id="r", max_one_off_micro_usd=9_999_999), W1_VA_W2_IE, BOTH_IO, W1_IO_W2_VA, 41),
    (ProviderShare(id="r", provider="gcp", max_ratio=0.25), W1_IO_W2_VA, W1_IO_W2_IE, W1_IO_W2_VA, 41),
    (OpenCost(id="r", place=IOWA, monthly_micro_usd=25_000_000), BOTH_IO, {}, BOTH_IE, 42),
]


@pytest.mark.parametrize(
    ("rule", "kept", "broken", "cheapest", "objective_usd"), CASES, ids=lambda v: getattr(v, "type", None)
)
def test_a_rule_means_the_same_to_the_verifier_and_to_the_solver(
    rule: Rule, kept: Choices, broken: Choices, cheapest: Choices, objective_usd: int
) -> None:
    problem = two_workloads(rule)
    assert rule.violations(problem, plan_of(problem, **kept)) == ()
    if broken:
        found = rule.violations(problem, plan_of(problem, **broken))
        assert found
        assert all(violation.rule_id == "r" and violation.message.startswith("r: ") for violation in found)
        assert {node for violation in found for node in violation.node_ids} <= {"w1", "w2"}
    outcome = solve(problem)
    assert isinstance(outcome, Solved)
    assert outcome.costs.objective_micro_usd == objective_usd * 10**6
    assert sorted(outcome.plan.choices(problem).values()) == sorted([taken] for taken in cheapest.values())


def test_provider_share_holds_at_exactly_its_ratio() -> None:
    problem = two_workloads(ProviderShare(id="r", provider="gcp", max_ratio=0.25))
    plan = plan_of(problem, w1="io", w2="va")  # 10 of 40 USD
    assert problem.rules[0].violations(problem, plan) == ()
    tighter = ProviderShare(id="r", provider="gcp", max_ratio=0.2499)
    assert "10.000000 of 40.000000" in tighter.violations(problem, plan)[0].message


def test_the_example_of_provider_share_holds_at_seventy_percent() -> None:
    builder = two_clouds()
    builder.node("w1")
    builder.option("aws", "aws:us-east-1", 70)
    builder.node("w2")
    builder.option("gcp", "gcp:us-central1", 30)
    problem = builder.build()
    plan = plan_of(problem, w1="aws", w2="gcp")
    assert not ProviderShare(id="r", provider="aws", max_ratio=0.7).violations(problem, plan)
    assert ProviderShare(id="r", provider="aws", max_ratio=0.69).violations(problem, plan)


@pytest.mark.parametrize(
    ("distinct", "kept", "broken"),
    [
        ("region", ["va", "ie"], ["va"]),
        ("provider", ["ie", "io"], ["va", "ie"]),
        ("place", ["va", "io"], ["va", "ie", "io"]),
    ],
)
def test_copies_are_as_many_as_demanded_and_differ(distinct: str, kept: list[str], broken: list[str]) -> None:
    builder = two_clouds()
    node_in_all_places(builder, "d", kind="dataset", copies=2, distinct=distinct)
    problem = builder.build()
    assert Copies().violations(problem, plan_of(problem, d=kept)) == ()
    assert [violation.rule_id for violation in Copies().violations(problem, plan_of(problem, d=broken))] == ["copies"]


def test_a_flow_is_slow_between_far_places_and_fast_between_near_ones() -> None:
    builder = two_clouds()
    node_in_all_places(builder, "d", kind="dataset")
    node_in_all_places(builder, "w")
    builder.flow("d", "w", 1, max_rtt_ms=30)
    problem = builder.build()
    assert PairLatency().violations(problem, plan_of(problem, d="va", w="io")) == ()
    slow = PairLatency().violations(problem, plan_of(problem, d="va", w="ie"))
    assert slow[0].node_ids == ("d", "w")
    assert "80 ms, more than 30" in slow[0].message


def test_one_near_copy_is_enough_for_a_reader_and_every_written_copy_needs_a_near_source() -> None:
    builder = two_clouds()
    node_in_all_places(builder, "d", kind="dataset", copies=2)
    node_in_all_places(builder, "w")
    builder.flow("d", "w", 1, max_rtt_ms=30)
    reads = builder.build()
    assert PairLatency().violations(reads, plan_of(reads, d=["va", "ie"], w="ie")) == ()
    builder.flow("w", "d", 1, max_rtt_ms=30)
    writes = builder.build()
    assert PairLatency().violations(writes, plan_of(writes, d=["va", "ie"], w="ie"))


def test_what_a_node_that_does_not_run_yet_costs_once_is_no_move() -> None:
    builder = two_clouds()
    node_in_all_places(builder, "new", one_off_usd=(100, 100, 100))
    builder.rule(MoveBudget(id="r", max_moves=0, max_one_off_micro_usd=0))
    problem = builder.build()
    assert isinstance(solve(problem), Solved)
    assert problem.rules[0].violations(problem, plan_of(problem, new="io")) == ()


def test_structural_rules_are_enforced_without_being_listed() -> None:
    problem = two_workloads(Pin(id="r", nodes=("w1",)))
    assert [rule.id for rule in enforced_rules(problem)] == ["copies", "max_rtt_ms", "r"]
    assert Copies().violations(problem, Plan.of(problem, {"w1": ["va"], "w2": []}))


@pytest.mark.parametrize(
    ("rule", "path"),
    [
        (Allow(id="r", nodes=("nobody",), jurisdictions=("EU",)), "$.rules[0].nodes[0]"),
        (Allow(id="r", nodes=("w1",)), "$.rules[0]"),
        (Forbid(id="r", nodes=("w1",), places=("mars",)), "$.rules[0].places"),
        (Pin(id="r", nodes=()), "$.rules[0].nodes"),
        (Capacity(id="r", resource="vcpu", maximum=-1), "$.rules[0].max"),
        (Capacity(id="r", resource="vcpu", maximum=1, places=("mars",)), "$.rules[0].place"),
        (KeepTogether(id="r", nodes=("w1", "w1"), by="place"), "$.rules[0].nodes"),
        (KeepApart(id="r", nodes=("w1", "w2"), by="moon"), "$.rules[0].by"),
        (MoveBudget(id="r"), "$.rules[0]"),
        (MoveBudget(id="r", max_moves=-1), "$.rules[0].max_moves"),
        (MoveBudget(id="r", max_one_off_micro_usd=-1), "$.rules[0].max_one_off"),
        (ProviderShare(id="r", provider="azure", max_ratio=0.5), "$.rules[0].provider"),
        (ProviderShare(id="r", provider="aws", max_ratio=1.1), "$.rules[0].max_ratio"),
        (OpenCost(id="r", place="mars", monthly_micro_usd=1), "$.rules[0].place"),
        (OpenCost(id="r", place="gcp:us-central1", monthly_micro_usd=-1), "$.rules[0].monthly"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.type,
)
def test_a_rule_about_what_is_not_there_is_refused_with_its_path(rule: Rule, path: str) -> None:
    with pytest.raises(InvalidProblem) as refused:
        two_workloads(rule)
    assert refused.value.path == path


def test_a_pin_needs_something_to_stay_on() -> None:
    builder = two_clouds()
    node_in_all_places(builder, "w")
    builder.rule(Pin(id="r", nodes=("w",)))
    with pytest.raises(InvalidProblem, match="no current option"):
        builder.build()

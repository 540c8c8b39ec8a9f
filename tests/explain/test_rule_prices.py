"""What demands cost and why nothing is possible, on problems small enough for hand arithmetic."""

from __future__ import annotations

from dataclasses import replace

import pytest

from optimizer.domain.place import Place
from optimizer.domain.policy import Area, AreaStatement, Policy, RecoveryStatement, Selector
from optimizer.explain import explain_infeasible
from optimizer.explain.alternatives import alternatives_of
from optimizer.explain.explanation import rejections_of
from optimizer.explain.feasibility import gaps_today
from optimizer.explain.relaxations import demands_of, without
from optimizer.explain.rule_prices import Resolve, RulePrice, price_rules
from optimizer.explain.statements import Statements
from optimizer.plan import Infeasible, NotSolved, Outcome, Plan, Solved, SolverFacts
from optimizer.problem.builder import ProblemBuilder
from optimizer.problem.problem import Problem
from optimizer.rules import Allow, Forbid, KeepApart, MoveBudget, Pin
from optimizer.solve import solve

PLACES = [
    Place(id="aws:us", provider="aws", region="us", continent="NA", jurisdictions=("US",)),
    Place(id="aws:fr", provider="aws", region="fr", continent="EU", jurisdictions=("FR", "EU")),
    Place(id="gcp:us", provider="gcp", region="gus", continent="NA", jurisdictions=("US",)),
]
POLICY = Policy(
    name="test",
    areas=(
        AreaStatement(
            id="eu", effect="allow", select=Selector(), area=Area(jurisdictions=("EU",)), because="GDPR chapter V"
        ),
    ),
    recoveries=(RecoveryStatement(id="two", select=Selector(), copies=2, because="board decision"),),
)


def one_workload(**options_usd: str) -> ProblemBuilder:
    """A workload in aws:fr for 100 USD a month that could be in aws:us or gcp:us for what is given."""
    builder = ProblemBuilder(PLACES, horizon_months=1, rtt_ms=[[1, 90, 20], [90, 1, 90], [20, 90, 1]])
    builder.node("w", current="stay")
    builder.option("stay", "aws:fr", "100")
    for name, amount in options_usd.items():
        builder.option(name, {"us": "aws:us", "gcp": "gcp:us"}[name], amount)
    return builder


def resolve(problem: Problem, start: Plan, seconds: float) -> Outcome:
    return solve(problem, start=start)


def prices(problem: Problem, *, resolve: Resolve = resolve, seconds: float = 60) -> dict[str, RulePrice]:
    outcome = solve(problem)
    assert isinstance(outcome, Solved)
    demands = demands_of(problem, Statements.of(POLICY), added_copies=("copy",))
    rejections = rejections_of(alternatives_of(problem, outcome.plan), demands)
    found = price_rules(
        problem, outcome, demands, rejections=rejections, resolve=resolve, total_seconds=seconds, seconds_each=10
    )
    return {price.id: price for price in found}


def test_a_rule_costs_what_the_option_that_it_alone_forbids_would_save() -> None:
    builder = one_workload(us="60", gcp="70")
    builder.rule(Allow(id="eu", nodes=("w",), jurisdictions=("EU",)))
    found = prices(builder.build())["eu"]
    assert found.verdict == "binding"
    assert found.low_micro_usd == pytest.approx(40_000_000, abs=3)
    assert found.high_micro_usd == pytest.approx(40_000_000, abs=3)
    assert (found.because, found.forbids_cheaper_for) == ("GDPR chapter V", 1)


def test_of_two_rules_that_forbid_the_same_neither_costs_anything_alone() -> None:
    builder = one_workload(us="60")
    builder.rule(Allow(id="eu", nodes=("w",), jurisdictions=("EU",)))
    builder.rule(Pin(id="pinned", nodes=("w",)))
    found = prices(builder.build())
    assert {name: price.verdict for name, price in found.items()} == {"eu": "not_binding", "pinned": "not_binding"}
    assert all(price.high_micro_usd is not None and price.high_micro_usd < 3 for price in found.values())


def test_rules_that_deny_nothing_are_settled_by_one_solve_together() -> None:
    builder = one_workload(us="160", gcp="170")
    for number in range(6):
        builder.rule(Forbid(id=f"slack-{number}", nodes=("w",), providers=("gcp",)))
    solves = []

    def counted(problem: Problem, start: Plan, seconds: float) -> Outcome:
        solves.append(problem)
        return resolve(problem, start, seconds)

    found = prices(builder.build(), resolve=counted)
    assert len(solves) == 1
    assert {price.verdict for price in found.values()} == {"not_binding"}


def test_without_time_a_denied_option_still_proves_the_price_from_below() -> None:
    builder = one_workload(us="60")
    builder.rule(Allow(id="eu", nodes=("w",), jurisdictions=("EU",)))
    builder.rule(MoveBudget(id="budget", max_moves=1))
    found = prices(builder.build(), seconds=0)
    assert (found["eu"].verdict, found["eu"].high_micro_usd) == ("binding", None)
    assert found["eu"].low_micro_usd == pytest.approx(40_000_000, abs=3)
    assert (found["budget"].verdict, found["budget"].high_micro_usd) == ("not_tested", None)


def test_a_solve_that_finds_nothing_in_time_leaves_the_price_open() -> None:
    builder = one_workload(us="60")
    builder.rule(MoveBudget(id="budget", max_moves=1))

    def fruitless(problem: Problem, start: Plan, seconds: float) -> Outcome:
        facts = SolverFacts(method="none", seconds=1.0, cpu_seconds=1.0, stopped_by="time")
        return NotSolved(reason="time", lower_bound_micro_usd=None, facts=facts)

    found = prices(builder.build(), resolve=fruitless)["budget"]
    assert (found.low_micro_usd, found.high_micro_usd, found.expected_micro_usd) == (0, None, 0)


def copied() -> Problem:
    """Data in aws:us for 10 USD that the statement ``two`` demands a copy of: 4 USD in aws:fr, 3 USD beside it."""
    builder = ProblemBuilder(PLACES, transfer_per_gb=[["0", "0.02", "0.09"]] * 3)
    builder.node("data", kind="dataset", current="stay")
    builder.option("stay", "aws:us", "10")
    builder.node("copy", kind="dataset")
    builder.option("near", "aws:us", "3")
    builder.option("far", "aws:fr", "4")
    builder.flow("data", "copy", 100)
    builder.rule(KeepApart(id="two:data", nodes=("data", "copy"), by="region"))
    builder.rule(Forbid(id="no-gcp", nodes=("data", "copy"), providers=("gcp",)))
    return builder.build()


def test_the_price_of_a_recovery_statement_is_everything_its_copies_cost() -> None:
    found = prices(copied())["two"]  # 4 USD kept + 100 GB replicated at 0.02 USD
    assert found.low_micro_usd == pytest.approx(6_000_000, abs=3)
    assert found.high_micro_usd == pytest.approx(6_000_000, abs=3)


def test_a_dropped_copy_is_named_by_no_rule_and_costs_nothing() -> None:
    problem = copied()
    recovery = next(demand for demand in demands_of(problem, Statements.of(POLICY), added_copies=("copy",)))
    relaxed = without(problem, [recovery])
    assert [(rule.id, getattr(rule, "nodes", None)) for rule in relaxed.rules] == [("no-gcp", ("data",))]
    assert relaxed.option_monthly_micro_usd.tolist() == [10_000_000, 0, 0]
    assert relaxed.flow_gb.tolist() == [0.0]


def test_a_copy_that_does_not_exist_yet_is_a_gap_of_today() -> None:
    (gap,) = gaps_today(copied())
    assert (gap.rule_id, gap.node_ids) == ("two:data", ("copy",))
    assert "does not exist yet" in gap.message


def test_an_infeasible_problem_is_explained_by_the_statements_that_clash() -> None:
    builder = one_workload(us="60", gcp="70")
    builder.rule(Allow(id="eu", nodes=("w",), jurisdictions=("EU",)))
    builder.rule(Forbid(id="no-aws", nodes=("w",), providers=("aws",)))
    builder.rule(MoveBudget(id="irrelevant", max_moves=3))
    problem = builder.build()
    outcome = solve(problem)
    assert isinstance(outcome, Infeasible)
    found = explain_infeasible(problem, outcome, policy=POLICY)
    assert {rule.rule_id for rule in found.rules} == {"eu", "no-aws"}
    assert {rule.because for rule in found.rules} == {"GDPR chapter V", ""}
    assert found.stuck_node_ids == ("w",)
    assert "eu" in found.summary
    assert "w" in found.summary


def test_a_round_trip_limit_in_a_clash_is_named_by_its_flow() -> None:
    builder = one_workload()
    builder.node("d", kind="dataset", current="stay")
    builder.option("stay", "aws:us", "5")
    builder.flow("d", "w", 1, max_rtt_ms=30)
    builder.rule(Pin(id="pinned", nodes=("w",)))
    problem = builder.build()
    outcome = solve(problem)
    assert isinstance(outcome, Infeasible)
    found = explain_infeasible(problem, outcome, policy=None)
    latency = next(rule for rule in found.rules if rule.rule_type == "max_rtt_ms")
    assert latency.node_ids == ("d", "w")
    assert "within 30 ms" in latency.sentence


def test_without_time_the_copies_of_a_statement_still_prove_its_price_from_below() -> None:
    found = prices(copied(), seconds=0)["two"]
    assert found.verdict == "binding"
    assert found.low_micro_usd == pytest.approx(6_000_000, abs=3)
    assert found.high_micro_usd is None


def test_without_time_everything_that_a_rule_denies_is_taken_together() -> None:
    builder = ProblemBuilder(PLACES, horizon_months=1)
    for name in ("w1", "w2", "w3"):
        builder.node(name, current="stay")
        builder.option("stay", "aws:fr", "100")
        builder.option("us", "aws:us", "60")
    builder.rule(Allow(id="eu", nodes=("w1", "w2", "w3"), jurisdictions=("EU",)))
    found = prices(builder.build(), seconds=0)["eu"]
    assert found.largest_single_micro_usd == pytest.approx(40_000_000, abs=1)
    assert found.low_micro_usd == pytest.approx(120_000_000, abs=3)
    assert found.forbids_cheaper_for == 3


def test_with_a_gap_wider_than_what_is_denied_nothing_is_claimed_but_the_saving_found_is_shown() -> None:
    builder = one_workload(us="60")
    builder.rule(Allow(id="eu", nodes=("w",), jurisdictions=("EU",)))
    problem = builder.build()
    outcome = solve(problem)
    assert isinstance(outcome, Solved)
    loose = replace(outcome, lower_bound_micro_usd=outcome.lower_bound_micro_usd - 50_000_000)
    demands = demands_of(problem, Statements.of(POLICY))
    (found,) = price_rules(
        problem,
        loose,
        demands,
        rejections=rejections_of(alternatives_of(problem, outcome.plan), demands),
        resolve=resolve,
        total_seconds=0,
        seconds_each=0,
    )
    assert (found.verdict, found.low_micro_usd, found.expected_micro_usd) == ("within_gap", 0, 40_000_000)

"""What must hold for the explanation of any plan of any small problem, checked against brute force."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from optimizer.costs import plan_costs
from optimizer.exchange.documents import problem_from_document
from optimizer.explain.alternatives import alternatives_of
from optimizer.explain.apportion import apportioned
from optimizer.explain.attribution import attribute
from optimizer.explain.changes import changes_of
from optimizer.explain.explanation import rejections_of
from optimizer.explain.forbidden import ForbiddenChanges
from optimizer.explain.ledger import build_ledger
from optimizer.explain.marginal import MarginalCosts
from optimizer.explain.relaxations import demands_of
from optimizer.explain.rule_prices import price_rules
from optimizer.explain.statements import Statements
from optimizer.plan import Outcome, Plan, Solved
from optimizer.problem.problem import Problem
from optimizer.solve import Limits, solve
from optimizer.verify import VerifiedPlan, verify
from tests.oracle import Oracle, all_choices
from tests.problem_documents import RULE_KINDS, problem_documents


@st.composite
def problems_with_a_plan(draw: st.DrawFn) -> tuple[Problem, Plan]:
    """Any plan, whether it keeps the rules or not."""
    kinds = draw(st.sampled_from([None, ("open_cost",), ("copies", "max_rtt_ms"), ("open_cost", "copies")]))
    document = draw(problem_documents(kinds=kinds))
    problem = problem_from_document(document)
    choices = {}
    for node in document["nodes"]:
        options = draw(st.permutations([option["id"] for option in node["options"]]))
        choices[node["id"]] = options[: node.get("copies", 1)]
    return problem, Plan.of(problem, choices)


def changed(problem: Problem, plan: Plan, option: int) -> Plan:
    """The plan with one single-copy node on another option."""
    others = plan.chosen[problem.option_node[plan.chosen] != problem.option_node[option]]
    return Plan(chosen=np.sort(np.append(others, option)))


def resolve(problem: Problem, start: Plan, seconds: float) -> Outcome:
    return solve(problem, limits=Limits(time_limit_seconds=seconds), start=start)


@given(problems_with_a_plan())
def test_ledger_lines_add_up_to_the_objective(case: tuple[Problem, Plan]) -> None:
    problem, plan = case
    ledger = build_ledger(problem, plan)
    assert ledger.objective_micro_usd == plan_costs(problem, plan).objective_micro_usd
    today = plan_costs(problem, Plan.stay(problem))
    assert sum((line.today_micro_usd for line in ledger.lines), Decimal(0)) == today.objective_micro_usd


@given(problems_with_a_plan())
def test_contributions_add_up_to_the_saving_to_the_micro(case: tuple[Problem, Plan]) -> None:
    problem, plan = case
    changes = changes_of(problem, plan)
    contributions = attribute(problem, plan, changes).contribution_micro_usd
    assert int(contributions.sum()) == build_ledger(problem, plan).saving_monthly_micro_usd


@given(problems_with_a_plan())
def test_marginal_costs_differ_as_the_costs_of_the_changed_plans_do(case: tuple[Problem, Plan]) -> None:
    problem, plan = case
    before = plan_costs(problem, plan).objective_micro_usd
    costs = MarginalCosts.around(problem, plan)
    for chosen in plan.chosen.tolist():
        node = int(problem.option_node[chosen])
        if problem.node_copies[node] > 1:
            continue
        option_micro_usd = costs.of_options(node)
        start = int(problem.node_start[node])
        for option in problem.options_of(node):
            exact = plan_costs(problem, changed(problem, plan, option)).objective_micro_usd - before
            stated = option_micro_usd[option - start] - option_micro_usd[chosen - start]
            assert stated == pytest.approx(float(exact), abs=0.01)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(problem_documents(), st.booleans())
def test_an_option_counts_as_forbidden_exactly_when_the_verifier_refutes_it(
    document: dict[str, Any], thoroughly: bool
) -> None:
    problem, oracle = problem_from_document(document), Oracle(document)
    valid = next((choices for choices in all_choices(document) if oracle.is_valid(choices)), None)
    assume(valid is not None)
    assert valid is not None
    plan = Plan.of(problem, valid)
    forbidden = ForbiddenChanges.around(problem, plan)
    for node in np.flatnonzero(problem.node_copies == 1).tolist():
        for option in problem.options_of(node):
            refuted = not isinstance(verify(problem, changed(problem, plan, option)), VerifiedPlan)
            assert bool(forbidden.broken_rules(option, thoroughly=thoroughly)) == refuted


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(problem_documents())
def test_no_cheaper_allowed_option_is_left_in_a_proved_plan(document: dict[str, Any]) -> None:
    problem = problem_from_document(document)
    outcome = solve(problem)
    assume(isinstance(outcome, Solved))
    assert isinstance(outcome, Solved)
    left = [missed for node in alternatives_of(problem, outcome.plan) for missed in node.missed]
    assert not [missed for missed in left if -missed.extra_micro_usd > 2]


@pytest.mark.parametrize("kind", [kind for kind in RULE_KINDS if kind not in ("open_cost", "max_rtt_ms", "copies")])
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(data=st.data())
def test_the_price_interval_of_a_rule_contains_the_brute_force_price(kind: str, data: st.DataObject) -> None:
    seconds = data.draw(st.sampled_from([60, 60, 0]))
    document = data.draw(problem_documents(kinds=(kind, "capacity", "max_rtt_ms")))
    optimum = Oracle(document).optimum()
    assume(optimum is not None)
    assert optimum is not None
    problem = problem_from_document(document)
    outcome = solve(problem)
    assert isinstance(outcome, Solved)
    demands = demands_of(problem, Statements.of(None))
    prices = price_rules(
        problem,
        outcome,
        demands,
        rejections=rejections_of(alternatives_of(problem, outcome.plan), demands),
        resolve=resolve,
        total_seconds=seconds,
        seconds_each=10,
    )
    for price in prices:
        relaxed = Oracle(_without_rule(document, price.id)).optimum()
        assert relaxed is not None
        true_micro_usd = float((optimum[0] - relaxed[0]) * 10**6)
        assert price.low_micro_usd <= true_micro_usd + 1
        if seconds:
            assert price.high_micro_usd is not None
            assert true_micro_usd <= price.high_micro_usd + 1
            assert price.high_micro_usd - price.low_micro_usd < 20, "both solves are proved, so the price is narrow"
        else:
            assert price.high_micro_usd is None


def _without_rule(document: dict[str, Any], rule_id: str) -> dict[str, Any]:
    if rule_id == "max_rtt_ms":
        flows = [{name: value for name, value in flow.items() if name != "max_rtt_ms"} for flow in document["flows"]]
        return {**document, "flows": flows}
    return {**document, "rules": [rule for rule in document["rules"] if rule["id"] != rule_id]}


def test_shares_that_do_not_add_up_are_refused_and_nothing_is_shared_among_nobody() -> None:
    with pytest.raises(ValueError, match=r"add up to 5\.000; expected 9"):
        apportioned(np.array([2.5, 2.5]), total=9)
    with pytest.raises(ValueError, match="expected 7"):
        apportioned(np.array([]), total=7)
    assert apportioned(np.array([]), total=0).tolist() == []


@given(
    st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=30),
    st.lists(st.floats(-0.5, 0.5), min_size=30, max_size=30),
)
def test_apportioned_parts_are_whole_near_their_shares_and_add_up(wholes: list[int], fractions: list[float]) -> None:
    shares = np.array(wholes, dtype=np.float64) + np.array(fractions[: len(wholes)])
    total = round(float(shares.sum()))
    parts = apportioned(shares, total=total)
    assert int(parts.sum()) == total
    assert np.abs(parts - shares).max() < 1 + 1e-6

"""The independent checker refuses every plan that is not what it says it is."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from optimizer.exchange.check import check_plan_document
from optimizer.exchange.documents import plan_to_document, problem_from_document
from optimizer.plan import Plan, Solved
from optimizer.problem.problem import Problem
from optimizer.rules import Capacity
from optimizer.solve import solve
from optimizer.verify import Refuted, VerifiedPlan, verify
from tests.builders import node_in_all_places, plan_of, tiny_document, two_clouds
from tests.problem_documents import problem_documents


@pytest.fixture
def problem() -> Problem:
    """A workload that reads a two-copy dataset within 50 ms; at most one fits in Iowa."""
    builder = two_clouds()
    node_in_all_places(builder, "w", (30, 20, 10), uses={"vcpu": 4}, one_off_usd=(0, 36, 72), current="va")
    node_in_all_places(builder, "d", (3, 2, 1), uses={"vcpu": 1}, kind="dataset", copies=2)
    builder.flow("d", "w", 100, max_rtt_ms=50)
    builder.rule(Capacity(id="iowa", resource="vcpu", maximum=4.5, places=("gcp:us-central1",)))
    return builder.build()


@pytest.fixture
def solved(problem: Problem) -> Solved:
    outcome = solve(problem)
    assert isinstance(outcome, Solved)
    return outcome


def faults(answer: VerifiedPlan | Refuted) -> str:
    assert isinstance(answer, Refuted)
    return "; ".join(answer.faults)


def test_the_solvers_own_answer_is_verified(problem: Problem, solved: Solved) -> None:
    answer = verify(
        problem,
        solved.plan,
        claimed_costs=solved.costs,
        claimed_objective_micro_usd=solved.costs.objective_micro_usd,
        lower_bound_micro_usd=solved.lower_bound_micro_usd,
    )
    assert isinstance(answer, VerifiedPlan)
    assert answer.costs == solved.costs


def test_a_broken_rule_is_named_with_its_figures(problem: Problem) -> None:
    assert "iowa: 5.0 vcpu used in gcp:us-central1, more than 4.5" in faults(
        verify(problem, plan_of(problem, w="io", d=["va", "io"]))
    )


def test_a_dropped_copy_is_refused(problem: Problem) -> None:
    assert "d takes 1 options; expected 2" in faults(verify(problem, plan_of(problem, w="va", d="va")))


def test_a_slow_pair_is_refused(problem: Problem) -> None:
    alone = problem.replace(node_copies=np.array([1, 1]))
    assert "80 ms, more than 50" in faults(verify(alone, plan_of(alone, w="va", d="ie")))


def test_a_node_without_an_option_and_an_option_from_nowhere_are_refused(problem: Problem) -> None:
    assert "w takes 0 options" in faults(verify(problem, plan_of(problem, w=[], d=["va", "ie"])))
    assert "option index 6 is not in the problem" in faults(verify(problem, Plan(chosen=np.array([0, 3, 6]))))
    assert "option index -1 is not in the problem" in faults(verify(problem, Plan(chosen=np.array([-1, 3, 4]))))
    assert "twice" in faults(verify(problem, Plan(chosen=np.array([0, 3, 3]))))


@pytest.mark.parametrize("part", ["options", "flows", "open", "one_off_per_month"])
@pytest.mark.parametrize("error_micro_usd", [-2, 2])
def test_a_cost_that_is_two_micro_dollars_off_is_refused(
    problem: Problem, solved: Solved, part: str, error_micro_usd: int
) -> None:
    true = getattr(solved.costs, f"{part}_micro_usd")
    claimed = replace(solved.costs, **{f"{part}_micro_usd": true + error_micro_usd})
    assert f"costs.{part} is stated as" in faults(verify(problem, solved.plan, claimed_costs=claimed))
    objective = solved.costs.objective_micro_usd + error_micro_usd
    assert "objective is stated as" in faults(verify(problem, solved.plan, claimed_objective_micro_usd=objective))


def test_a_lower_bound_above_the_plan_is_refused(problem: Problem, solved: Solved) -> None:
    bound = solved.costs.objective_micro_usd + 2
    assert "above the plan's cost" in faults(verify(problem, solved.plan, lower_bound_micro_usd=bound))


@settings(max_examples=100, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(problem_documents(), st.data())
def test_a_plan_document_with_a_swapped_option_never_passes(document: dict[str, Any], data: st.DataObject) -> None:
    problem = problem_from_document(document)
    outcome = solve(problem)
    assume(isinstance(outcome, Solved))
    honest = plan_to_document(problem, outcome, peak_mb=1.0)
    assert check_plan_document(problem, honest) == ()
    node = data.draw(st.sampled_from(document["nodes"]))
    others = [option["id"] for option in node["options"] if option["id"] not in honest["choices"][node["id"]]]
    assume(others)
    swapped = [data.draw(st.sampled_from(others)), *honest["choices"][node["id"]][1:]]
    forged = {**honest, "choices": {**honest["choices"], node["id"]: swapped}}
    found = check_plan_document(problem, forged)
    swapped_plan = Plan.of(problem, forged["choices"])
    recomputed = verify(problem, swapped_plan)
    same_cost = (
        isinstance(recomputed, VerifiedPlan)
        and abs(recomputed.costs.objective_micro_usd - Decimal(honest["objective"]) * 10**6) <= 1
    )
    assert same_cost or found


@pytest.mark.parametrize("monthly", ["0", "0.000001", "0.000002", "-0.000001"])
def test_the_plan_of_the_smallest_amounts_passes_its_own_check(monthly: str) -> None:
    """Micro-dollars with a fraction (a one-off over 36 months) are stated rounded, and the gap of what is stated."""
    builder = two_clouds(horizon_months=36)
    node_in_all_places(builder, "w", (monthly, 1, 1), one_off_usd=("0.000014", 0, 0))
    problem = builder.build()
    assert check_plan_document(problem, plan_to_document(problem, solve(problem), peak_mb=1.0)) == ()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"objective": "81.250002"}, "objective is stated as 81.250002"),
        ({"objective": "81.25", "lower_bound": "81.26", "gap_ratio": 0.0}, "above the plan's cost"),
        ({"gap_ratio": 0.5}, "gap_ratio is stated as 0.5"),
        ({"choices": {"w": ["wg"]}}, "node 'd' is missing"),
        ({"choices": {"w": ["wg"], "d": ["dg"], "x": []}}, "there is no node 'x'"),
        ({"choices": {"w": ["nowhere"], "d": ["dg"]}}, "no option 'nowhere'"),
        ({"choices": {"w": ["wa"], "d": ["da"]}}, "objective is stated as"),
        ({"status": "infeasible"}, "nothing to verify"),
    ],
)
def test_a_forged_plan_document_is_told_what_is_wrong(change: dict[str, Any], said: str) -> None:
    problem = problem_from_document(tiny_document())
    honest = plan_to_document(problem, solve(problem), peak_mb=1.0)
    assert check_plan_document(problem, honest) == ()
    assert said in "; ".join(check_plan_document(problem, {**honest, **change}))

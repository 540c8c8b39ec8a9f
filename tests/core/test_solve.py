"""What a caller may rely on from ``solve``: proof, repeatability, limits, progress, another solver in its place."""

from __future__ import annotations

from decimal import Decimal
from itertools import count
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from optimizer.exchange.documents import problem_from_document
from optimizer.model.placement_model import PlacementModel
from optimizer.plan import NotSolved, Plan, Solved
from optimizer.problem.problem import Problem
from optimizer.rules import Capacity, KeepApart
from optimizer.solve import Limits, Progress, solve
from optimizer.solve.exact import RawAnswer
from optimizer.verify import VerifiedPlan, verify
from tests.builders import node_in_all_places, plan_of, two_clouds
from tests.oracle import Oracle
from tests.problem_documents import problem_documents


def linked(nodes: int, *, seed: int = 3) -> Problem:
    """Workloads with drawn costs in three places, a chain of flows and a capacity that binds."""
    draw = np.random.default_rng(seed)
    builder = two_clouds()
    for at in range(nodes):
        monthly = [int(usd) for usd in draw.integers(10, 100, 3)]
        node_in_all_places(builder, f"w{at}", monthly, uses={"vcpu": float(draw.integers(1, 9))}, current="va")
    for at in range(nodes - 1):
        builder.flow(f"w{at}", f"w{at + 1}", float(draw.integers(0, 800)))
    builder.rule(Capacity(id="iowa", resource="vcpu", maximum=1.5 * nodes, places=("gcp:us-central1",)))
    return builder.build()


@settings(max_examples=80, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(problem_documents())
def test_a_lower_bound_is_never_above_the_cheapest_plan_there_is(document: dict[str, Any]) -> None:
    best = Oracle(document).optimum()
    assume(best is not None)
    for limits in (Limits(), Limits(gap_ratio=0.5), Limits(time_limit_seconds=0.05)):
        outcome = solve(problem_from_document(document), limits=limits)
        bound = outcome.lower_bound_micro_usd if isinstance(outcome, Solved | NotSolved) else Decimal("Infinity")
        optimum = best[0] * 10**6  # type: ignore[index]  # assumed above
        assert bound is None or bound <= Decimal(optimum.numerator) / Decimal(optimum.denominator)


@settings(max_examples=80, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(problem_documents(), st.sampled_from([0.01, 0.1, 0.5]))
def test_an_answer_within_an_allowed_gap_is_that_near_to_the_cheapest_plan(
    document: dict[str, Any], gap_ratio: float
) -> None:
    oracle = Oracle(document)
    best = oracle.optimum()
    assume(best is not None)
    problem = problem_from_document(document)
    outcome = solve(problem, limits=Limits(gap_ratio=gap_ratio))
    assert isinstance(outcome, Solved)
    assert oracle.is_valid(outcome.plan.choices(problem))
    optimum = best[0] * 10**6  # type: ignore[index]  # assumed above
    above = outcome.costs.objective_micro_usd - Decimal(optimum.numerator) / Decimal(optimum.denominator)
    assert above <= Decimal(str(gap_ratio)) * abs(outcome.costs.objective_micro_usd) + 2


def test_the_same_seed_gives_the_same_plan() -> None:
    problem = linked(40)
    first, second = (solve(problem, seed=11) for _ in range(2))
    assert isinstance(first, Solved)
    assert isinstance(second, Solved)
    assert first.plan.chosen.tolist() == second.plan.chosen.tolist()
    assert (first.costs, first.lower_bound_micro_usd) == (second.costs, second.lower_bound_micro_usd)


def test_another_seed_costs_the_same() -> None:
    problem = linked(40)
    outcomes = [solve(problem, seed=seed) for seed in (0, 1)]
    assert len({outcome.costs.objective_micro_usd for outcome in outcomes if isinstance(outcome, Solved)}) == 1


def test_a_gap_that_is_allowed_is_kept() -> None:
    outcome = solve(linked(40), limits=Limits(gap_ratio=0.05))
    assert isinstance(outcome, Solved)
    assert outcome.gap_ratio <= 0.05
    assert outcome.facts.stopped_by == "gap"


def test_the_time_limit_is_kept_and_what_was_found_is_returned() -> None:
    problem = linked(400)
    outcome = solve(problem, limits=Limits(time_limit_seconds=1.0), start=Plan.stay(problem))
    assert isinstance(outcome, Solved)
    assert outcome.facts.seconds < 6
    assert isinstance(verify(problem, outcome.plan), VerifiedPlan)
    assert outcome.costs.objective_micro_usd <= verify(problem, Plan.stay(problem)).costs.objective_micro_usd  # type: ignore[union-attr]


def silent_solver(model: PlacementModel, **_: Any) -> RawAnswer:
    return RawAnswer(verdict="nothing_found", chosen=None, bound_usd=1.0, method="silence")


def test_a_start_is_the_answer_when_nothing_better_is_found() -> None:
    builder = two_clouds()
    node_in_all_places(builder, "w", (30, 20, 10))
    problem = builder.build()
    outcome = solve(problem, solver=silent_solver, start=plan_of(problem, w="ie"))
    assert isinstance(outcome, Solved)
    assert outcome.plan.choices(problem) == {"w": ["ie"]}
    assert outcome.facts.stopped_by == "time"
    assert outcome.lower_bound_micro_usd <= 1_000_000


def test_nothing_found_is_not_taken_for_nothing_possible() -> None:
    builder = two_clouds()
    node_in_all_places(builder, "w", (30, 20, 10))
    outcome = solve(builder.build(), solver=silent_solver)
    assert isinstance(outcome, NotSolved)
    assert "allow more time" in outcome.reason


def test_a_solver_that_breaks_a_rule_is_not_believed() -> None:
    """The answer is checked before it is handed out, whoever found it."""
    builder = two_clouds()
    for node_id in ("w1", "w2"):
        node_in_all_places(builder, node_id, (30, 20, 10), current="va")
    builder.rule(KeepApart(id="apart", nodes=("w1", "w2"), by="place"))
    problem = builder.build()

    def careless(model: PlacementModel, **_: Any) -> RawAnswer:
        return RawAnswer(verdict="optimal", chosen=np.array([2, 5]), bound_usd=20.0, method="careless")

    outcome = solve(problem, solver=careless)
    assert isinstance(outcome, Solved)
    assert isinstance(verify(problem, outcome.plan), VerifiedPlan)
    assert outcome.plan.choices(problem)["w1"] != outcome.plan.choices(problem)["w2"]


def test_progress_is_told_in_order_with_the_callers_clock() -> None:
    told: list[Progress] = []
    ticks = count()
    solve(linked(5), on_progress=told.append, clock=lambda: float(next(ticks)), cpu_clock=lambda: 0.0)
    assert told[0].stage == "compiled"
    assert told[-1].stage == "solved"
    assert told[-1].best_micro_usd is not None
    assert told[-1].lower_bound_micro_usd is not None
    assert [each.seconds for each in told] == sorted(each.seconds for each in told)


@pytest.mark.parametrize(("seconds", "gap"), [(0, 0), (-1, 0), (float("nan"), 0), (1, -0.1), (1, 1.0)])
def test_limits_that_mean_nothing_are_refused(seconds: float, gap: float) -> None:
    with pytest.raises(ValueError, match="expected"):
        Limits(time_limit_seconds=seconds, gap_ratio=gap)

"""The scalable solver on generated estates: against the exact solver, against heuristics, cut short, in parallel."""

from __future__ import annotations

import itertools
import time
from decimal import Decimal

import numpy as np
import pytest

from optimizer.model.compile import compile_model
from optimizer.model.placement_model import PlacementModel
from optimizer.plan import Plan
from optimizer.problem.problem import Problem
from optimizer.rules import Capacity
from optimizer.solve import Limits
from optimizer.solve.exact import RawAnswer
from optimizer.solve.lazy_rows import solve_with_lazy_rows
from optimizer.solve.limits import Clock
from optimizer.solve.scalable import solve_at_scale
from optimizer.verify import VerifiedPlan, verify
from tests.benchmarks.baselines.heuristics import best_response
from tests.benchmarks.ladder import LadderSpec, ladder_problem
from tests.builders import node_in_all_places, two_clouds


def at_scale(
    model: PlacementModel, gap_ratio: float = 0.0, clock: Clock = time.perf_counter, workers: int = 2
) -> RawAnswer:
    limits = Limits(time_limit_seconds=120, gap_ratio=gap_ratio)
    return solve_at_scale(model, limits=limits, seed=1, clock=clock, until_stalled=True, workers=workers)


def cost_of(problem: Problem, answer: RawAnswer) -> Decimal:
    assert answer.chosen is not None
    checked = verify(problem, Plan(chosen=answer.chosen))
    assert isinstance(checked, VerifiedPlan), checked
    return checked.costs.objective_micro_usd / 10**6


@pytest.mark.parametrize("quotas", ["mild", "tight"])
@pytest.mark.parametrize("seed", range(3))
def test_the_exact_optimum_lies_between_bound_and_plan(seed: int, quotas: str) -> None:
    problem = ladder_problem(LadderSpec(workloads=50, places=12, quotas=quotas, seed=seed))  # type: ignore[arg-type]
    model = compile_model(problem)
    limits = Limits(time_limit_seconds=60, gap_ratio=1e-4)
    exact = solve_with_lazy_rows(model, limits=limits, seed=0, clock=time.perf_counter)
    answer = at_scale(model)
    cost, optimum = cost_of(problem, answer), cost_of(problem, exact)
    assert answer.bound_usd <= float(optimum) * (1 + 1e-9)
    assert exact.bound_usd <= float(cost) * (1 + 1e-9)
    assert cost <= Decimal("1.04") * optimum
    assert answer.bound_usd >= 0.85 * float(optimum)


def test_cheaper_than_repaired_best_response() -> None:
    problem = ladder_problem(LadderSpec(workloads=300, quotas="tight"))
    rival = best_response(problem, seconds=60)
    cost = cost_of(problem, at_scale(compile_model(problem)))
    assert rival.plan is not None
    checked = verify(problem, rival.plan)
    assert isinstance(checked, VerifiedPlan)
    assert cost <= Decimal("0.98") * checked.costs.objective_micro_usd / 10**6


def test_the_number_of_threads_changes_neither_plan_nor_bound() -> None:
    model = compile_model(ladder_problem(LadderSpec(workloads=1200, places=12)))
    one, three = at_scale(model, 0.02, workers=1), at_scale(model, 0.02, workers=3)
    assert one.chosen is not None
    assert three.chosen is not None
    assert np.array_equal(one.chosen, three.chosen)
    assert one.bound_usd == three.bound_usd


@pytest.mark.parametrize("ticks", [1, 3, 10, 40, 120])
def test_cut_short_anywhere_the_bound_is_proved_and_the_best_plan_kept(ticks: int) -> None:
    problem = ladder_problem(LadderSpec(workloads=60, places=12, quotas="tight"))
    model = compile_model(problem)
    second = itertools.count(step=120 / ticks)
    answer = at_scale(model, clock=lambda: float(next(second)))
    whole = at_scale(model)
    assert answer.bound_usd <= float(cost_of(problem, whole)) * (1 + 1e-9)
    if answer.chosen is not None:
        assert float(cost_of(problem, answer)) >= whole.bound_usd * (1 - 1e-9)


def test_equal_costs_huge_and_tiny_ones_a_node_alone_and_a_capacity_that_fits_exactly() -> None:
    builder = two_clouds()
    node_in_all_places(builder, "alone", (7, 7, 7))
    node_in_all_places(builder, "huge", (10**12, 10**12 + 1, 10**12 + 2), uses={"vcpu": 0.1})
    node_in_all_places(builder, "tiny", ("0.000003", "0.000002", "0.000001"), uses={"vcpu": 0.2})
    builder.flow("huge", "tiny", 1)
    builder.rule(Capacity(id="fits", resource="vcpu", maximum=0.3, places=("aws:us-east-1",)))
    problem = builder.build()
    answer = at_scale(compile_model(problem))
    cost = cost_of(problem, answer)
    assert cost == Decimal(10**12) + 7 + Decimal("0.000003")
    assert answer.bound_usd <= float(cost)

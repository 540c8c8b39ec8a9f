"""Reduced costs, small models cut out of large ones, and the search that uses both, against every plan."""

from __future__ import annotations

import time
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from optimizer.exchange.documents import problem_from_document
from optimizer.model.compile import compile_model
from optimizer.model.placement_model import PlacementModel
from optimizer.plan import Plan
from optimizer.problem.problem import Problem
from optimizer.solve import Limits
from optimizer.solve.exact import solve_exactly
from optimizer.solve.lazy_rows import model_cost_micro_usd
from optimizer.solve.neighbourhoods import NeighbourhoodSearch
from optimizer.solve.portfolio import solve_by_size
from optimizer.solve.scalable import solve_at_scale
from optimizer.solve.sub_model import Cutter
from optimizer.verify import VerifiedPlan, verify
from tests.benchmarks.ladder import LadderSpec, ladder_problem
from tests.oracle import Choices, Oracle, all_choices
from tests.problem_documents import problem_documents

MANY = settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
LIMITS = Limits(time_limit_seconds=20)


def option_names(problem: Problem, model: PlacementModel) -> list[tuple[str, str]]:
    """Node and option id by option index."""
    nodes = [problem.node_ids[node] for node in model.option_node.tolist()]
    return [(node, problem.option_ids[option]) for option, node in enumerate(nodes)]


def valid_plans(document: dict[str, Any]) -> list[tuple[Fraction, Choices]]:
    oracle = Oracle(document)
    return [(oracle.objective(one), one) for one in all_choices(document) if oracle.is_valid(one)]


def read_with_its_plans(
    document: dict[str, Any],
) -> tuple[Problem, PlacementModel, list[tuple[Fraction, Choices]]]:
    """The problem, its model and every valid plan, of which there is one at least."""
    problem = problem_from_document(document)
    plans = valid_plans(document)
    assume(plans)
    return problem, compile_model(problem), plans


def indices(names: list[tuple[str, str]], choices: Choices) -> npt.NDArray[np.int64]:
    taken = {(node, option) for node, options in choices.items() for option in options}
    return np.array([index for index, name in enumerate(names) if name in taken], dtype=np.int64)


@settings(MANY, max_examples=60)
@given(problem_documents())
def test_no_plan_with_an_option_costs_less_than_its_bound(document: dict[str, Any]) -> None:
    problem = problem_from_document(document)
    model = compile_model(problem)
    answer = solve_at_scale(model, limits=LIMITS, seed=0, clock=time.perf_counter, until_stalled=True)
    assume(answer.option_bound_usd is not None)
    assert answer.option_bound_usd is not None
    bound = dict(zip(option_names(problem, model), answer.option_bound_usd.tolist(), strict=True))
    for cost, choices in valid_plans(document):
        for node, options in choices.items():
            for option in options:
                assert bound[node, option] <= float(cost) + 1e-9 * max(abs(float(cost)), 1.0)


@MANY
@given(problem_documents(), st.randoms(use_true_random=False))
def test_a_small_model_is_the_large_one_with_the_others_held(document: dict[str, Any], random: Any) -> None:
    problem, model, plans = read_with_its_plans(document)
    names = option_names(problem, model)
    start = random.choice(plans)[1]
    free = np.array(sorted(random.sample(range(model.node_count), random.randint(1, model.node_count))))
    held = {problem.node_ids[node] for node in range(model.node_count)} - {problem.node_ids[node] for node in free}
    chosen = indices(names, start)
    small = Cutter(model).cut(free, chosen, np.ones(len(names), dtype=np.bool_))
    answer = solve_exactly(small.model, limits=LIMITS, seed=0, clock=time.perf_counter)
    assert answer.chosen is not None
    before = np.flatnonzero(np.isin(small.option, chosen))
    saved = model_cost_micro_usd(small.model, before) - model_cost_micro_usd(small.model, answer.chosen)
    reachable = [cost for cost, choices in plans if all(choices[node] == start[node] for node in held)]
    expected = Oracle(document).objective(start) - min(reachable)
    assert abs(saved / 1e6 - float(expected)) <= 1e-6 * max(1.0, float(min(reachable)))


@MANY
@given(problem_documents(), st.randoms(use_true_random=False))
def test_the_search_ends_with_a_plan_no_dearer_than_it_began_with(document: dict[str, Any], random: Any) -> None:
    problem, model, plans = read_with_its_plans(document)
    cost, start = random.choice(plans)
    chosen = indices(option_names(problem, model), start)
    # A bound that excludes nothing.
    bound = np.full(len(model.option_node), float(min(plans, key=lambda plan: plan[0])[0]) - 1.0)
    search = NeighbourhoodSearch(model, chosen, bound, 0, time.perf_counter)
    rounds = iter(range(10))
    search.run(0.0, lambda: next(rounds, None) is not None, lambda: 5.0, None)
    checked = verify(problem, Plan(chosen=search.chosen))
    assert isinstance(checked, VerifiedPlan), checked
    objective = float(checked.costs.objective_micro_usd) / 1e6
    assert abs(objective - search.cost_usd) <= 1e-6 * max(1.0, abs(objective))
    assert objective <= float(cost) + 1e-6


def test_neighbourhoods_and_the_proof_together_beat_message_passing_alone() -> None:
    model = compile_model(ladder_problem(LadderSpec(workloads=200, places=20, quotas="tight", seed=1)))
    alone = solve_at_scale(
        model, limits=Limits(time_limit_seconds=10), seed=0, clock=time.perf_counter, until_stalled=True
    )
    together = solve_by_size(
        model, limits=Limits(time_limit_seconds=20, gap_ratio=1e-3), seed=0, clock=time.perf_counter
    )
    assert alone.chosen is not None
    assert together.chosen is not None
    assert together.bound_usd >= alone.bound_usd * (1 - 1e-6)
    cost = model_cost_micro_usd(model, together.chosen) / 1e6
    assert cost <= model_cost_micro_usd(model, alone.chosen) / 1e6
    assert together.bound_usd <= cost * (1 + 1e-9)

"""Baselines are what they say: monoliths equal brute force, repairs keep the rules or say that they do not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings

from api.problem_files import read_problem
from optimizer.costs import plan_costs
from optimizer.exchange.documents import problem_from_document
from optimizer.exchange.tables import problem_from_tables
from optimizer.plan import Plan
from optimizer.problem.problem import Problem
from optimizer.rules import Capacity, MoveBudget
from optimizer.verify import VerifiedPlan, verify
from tests.benchmarks.baselines import BASELINES
from tests.benchmarks.case import OURS, answer, measure
from tests.benchmarks.ladder import LadderSpec, ladder, write_rung
from tests.builders import node_in_all_places, plan_of, two_clouds
from tests.oracle import Oracle
from tests.problem_documents import problem_documents

SMALL = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


def verified_usd(problem: Problem, plan: Plan | None) -> float:
    assert plan is not None
    checked = verify(problem, plan)
    assert isinstance(checked, VerifiedPlan), checked
    return float(checked.costs.objective_micro_usd) / 1e6


@pytest.mark.parametrize("name", ["naive_highs", "naive_cp_sat", "group_flow_highs"])
def test_a_monolith_finds_the_optimum_of_brute_force(name: str) -> None:
    @SMALL
    @given(problem_documents())
    def check(document: dict[str, Any]) -> None:
        best = Oracle(document).optimum()
        assume(best is not None)
        assert best is not None
        problem = problem_from_document(document)
        found = BASELINES[name](problem, seconds=20)
        assert verified_usd(problem, found.plan) == pytest.approx(float(best[0]), abs=1e-3)
        assert found.lower_bound_usd is not None
        assert found.lower_bound_usd <= float(best[0]) + 1e-3

    check()


@SMALL
@given(problem_documents())
def test_no_baseline_is_cheaper_than_the_optimum_or_invents_a_plan(document: dict[str, Any]) -> None:
    best = Oracle(document).optimum()
    problem = problem_from_document(document)
    for name in ("cheapest", "best_response", "per_task", "per_project"):
        plan = BASELINES[name](problem, seconds=5).plan
        if plan is not None and isinstance(verify(problem, plan), VerifiedPlan):
            assert best is not None
            assert float(plan_costs(problem, plan).objective_micro_usd) / 1e6 >= float(best[0]) - 1e-6


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("name", ["cheapest", "best_response"])
def test_repair_brings_a_rung_with_tight_quotas_to_keep_its_rules(name: str, seed: int) -> None:
    rung = ladder(LadderSpec(workloads=300, places=20, quotas="tight", seed=seed))
    problem = problem_from_tables(rung.tables)
    verified_usd(problem, BASELINES[name](problem, seconds=60).plan)


def test_cheapest_looks_at_no_transfer_and_best_response_does() -> None:
    builder = two_clouds()
    node_in_all_places(builder, "d", (10, 20, 20), kind="dataset")
    node_in_all_places(builder, "w", (10, 10, 9))
    builder.flow("d", "w", 100)
    problem = builder.build()
    assert_chooses(problem, "cheapest", d="va", w="io")
    assert_chooses(problem, "best_response", d="va", w="va")


def test_per_task_leaves_the_data_where_it_is_and_pays_its_egress() -> None:
    builder = two_clouds()
    node_in_all_places(builder, "d", (20, 10, 10), kind="dataset", current="va")
    node_in_all_places(builder, "w", (13, 10, 5), current="io")
    builder.flow("d", "w", 100)
    assert_chooses(builder.build(), "per_task", d="va", w="ie")


def test_per_project_moves_what_stands_before_the_slash_together() -> None:
    builder = two_clouds()
    node_in_all_places(builder, "p/one", (10, 5, 10))
    node_in_all_places(builder, "p/two", (10, 10, 2))
    node_in_all_places(builder, "q/one", (10, 3, 10))
    plan = BASELINES["per_project"](builder.build(), seconds=5).plan
    assert plan is not None
    np.testing.assert_array_equal(
        plan.chosen, plan_of(builder.build(), **{"p/one": "io", "p/two": "io", "q/one": "ie"}).chosen
    )


def assert_chooses(problem: Problem, name: str, **choices: str | list[str]) -> None:
    plan = BASELINES[name](problem, seconds=5).plan
    assert plan is not None
    np.testing.assert_array_equal(plan.chosen, plan_of(problem, **choices).chosen)


def test_repair_meets_a_quota_before_the_budget_that_its_moves_use() -> None:
    builder = two_clouds()
    for number in range(4):
        node_in_all_places(
            builder, f"w{number}", (10, 11, 12), one_off_usd=(0, 100, 100), uses={"vcpu": 4}, current="va"
        )
    for number in range(2):
        node_in_all_places(builder, f"x{number}", (10, 5, 5), current="va")
    builder.rule(Capacity(id="quota", resource="vcpu", maximum=8, places=("aws:us-east-1",)))
    builder.rule(MoveBudget(id="budget", max_moves=2))
    verified_usd(builder.build(), BASELINES["cheapest"](builder.build(), seconds=5).plan)


def test_what_cannot_be_repaired_is_reported_and_not_hidden(tmp_path: Path) -> None:
    builder = two_clouds()
    node_in_all_places(builder, "w", uses={"vcpu": 4})
    builder.rule(Capacity(id="quota", resource="vcpu", maximum=3))
    found = answer(builder.build(), "cheapest", seconds=5, gap_ratio=0)
    assert (found.state, found.objective_usd) == ("breaks 1 rules", None)


def test_a_case_runs_in_a_process_of_its_own_and_measures_it(tmp_path: Path) -> None:
    write_rung(LadderSpec(workloads=50, places=12), tmp_path / "rung")
    ours, stays = (measure(tmp_path / "rung", name, seconds=20, gap_ratio=0.05) for name in (OURS, "stay"))
    assert ours.is_feasible, ours
    assert ours.cpu_seconds is not None
    assert ours.peak_mb is not None
    assert ours.cpu_seconds > 0
    assert ours.peak_mb > 50
    assert stays.state.startswith("breaks ")
    problem = read_problem(tmp_path / "rung")
    assert verified_usd(problem, BASELINES["best_response"](problem, seconds=20).plan) >= (ours.lower_bound_usd or 0)


def test_a_method_that_fails_says_so(tmp_path: Path) -> None:
    found = measure(tmp_path / "nowhere", OURS, seconds=1)
    assert found.state.startswith("failed with exit code 1: ")

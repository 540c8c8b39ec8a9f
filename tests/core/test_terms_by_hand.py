"""Every cost term by hand, and the ledger: its lines add up to the objective, whatever the plan."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from optimizer.costs import TERMS, ledger_lines, plan_costs
from optimizer.domain.estate import COMPONENTS
from optimizer.exchange.documents import problem_from_document
from optimizer.plan import Plan, Solved
from optimizer.problem.problem import Problem
from optimizer.rules import OpenCost
from optimizer.solve import solve
from tests.builders import node_in_all_places, plan_of, two_clouds
from tests.oracle import Oracle, all_choices
from tests.problem_documents import problem_documents


def totals_usd(problem: Problem, plan: Plan) -> dict[str, Decimal]:
    return {lines.term: lines.total_micro_usd / 10**6 for lines in ledger_lines(problem, plan) if lines.total_micro_usd}


def test_each_component_of_an_option_is_a_line_of_its_own_term() -> None:
    builder = two_clouds()
    node_in_all_places(builder, "w")
    plain = builder.build()
    columns = np.zeros((3, len(COMPONENTS)), dtype=np.int64)
    columns[2] = [1_000_000, 2_000_000, 3_000_000, 4_000_000, 5_000_000]
    problem = plain.replace(option_components_micro_usd=columns, components=COMPONENTS)
    found = totals_usd(problem, plan_of(problem, w="io"))
    assert found == {"compute": 1, "storage": 2, "requests": 3, "retrieval": 4, "unitemised": 5}
    assert tuple(found) == COMPONENTS


def test_a_thousand_gb_to_another_cloud_at_nine_cents_is_ninety_dollars() -> None:
    builder = two_clouds()
    node_in_all_places(builder, "d", (0, 0, 0), kind="dataset")
    node_in_all_places(builder, "w", (0, 0, 0))
    builder.flow("d", "w", 1000)
    problem = builder.build()
    assert totals_usd(problem, plan_of(problem, d="va", w="io")) == {"egress": 90}
    assert totals_usd(problem, plan_of(problem, d="io", w="va")) == {"egress": 120}
    assert totals_usd(problem, plan_of(problem, d="ie", w="ie")) == {}


def test_a_read_comes_from_the_cheapest_copy_that_is_near_enough() -> None:
    builder = two_clouds()
    node_in_all_places(builder, "d", (0, 0, 0), kind="dataset", copies=2)
    node_in_all_places(builder, "w", (0, 0, 0))
    builder.flow("d", "w", 100)
    anywhere = builder.build()
    assert totals_usd(anywhere, plan_of(anywhere, d=["ie", "io"], w="va")) == {"egress": 2}
    builder.flow("d", "w", 100, max_rtt_ms=50)
    near = builder.build()
    assert totals_usd(near, plan_of(near, d=["ie", "io"], w="va")) == {"egress": 2 + 12}


def test_a_write_goes_to_every_copy() -> None:
    builder = two_clouds()
    node_in_all_places(builder, "w", (0, 0, 0))
    node_in_all_places(builder, "d", (0, 0, 0), kind="dataset", copies=2)
    builder.flow("w", "d", 100)
    problem = builder.build()
    assert totals_usd(problem, plan_of(problem, w="va", d=["ie", "io"])) == {"egress": 2 + 9}


def test_a_flow_whose_end_does_not_run_yet_costs_nothing_today() -> None:
    builder = two_clouds()
    node_in_all_places(builder, "d", (7, 7, 7), kind="dataset", current="va")
    node_in_all_places(builder, "w")
    builder.flow("d", "w", 1000)
    problem = builder.build()
    assert totals_usd(problem, Plan.stay(problem)) == {"unitemised": 7}


def test_a_place_is_opened_once_for_all_who_live_there() -> None:
    builder = two_clouds()
    node_in_all_places(builder, "w1", (0, 0, 0))
    node_in_all_places(builder, "w2", (0, 0, 0))
    builder.rule(OpenCost(id="o1", place="gcp:us-central1", monthly_micro_usd=500_000_000))
    builder.rule(OpenCost(id="o2", place="aws:us-east-1", monthly_micro_usd=7_000_000))
    problem = builder.build()
    assert totals_usd(problem, plan_of(problem, w1="io", w2="io")) == {"footprint": 500}
    assert totals_usd(problem, plan_of(problem, w1="io", w2="va")) == {"footprint": 507}
    assert totals_usd(problem, plan_of(problem, w1="ie", w2="ie")) == {}


def test_a_one_off_cost_is_spread_over_the_horizon_without_rounding() -> None:
    builder = two_clouds(horizon_months=36)
    node_in_all_places(builder, "w", (0, 0, 0), one_off_usd=(0, 3600, "0.000001"))
    problem = builder.build()
    assert totals_usd(problem, plan_of(problem, w="ie")) == {"migration": 100}
    exact = plan_costs(problem, plan_of(problem, w="io")).objective_micro_usd
    assert abs(exact * 36 - 1) < Decimal("1e-24")


@settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
@given(problem_documents(), st.integers(0, 2**31))
def test_ledger_lines_add_up_to_the_objective_of_any_plan(document: dict[str, Any], pick: int) -> None:
    problem = problem_from_document(document)
    plans = list(all_choices(document))
    choices = plans[pick % len(plans)]
    oracle = Oracle(document)
    assume(oracle.is_valid(choices))
    ledger = ledger_lines(problem, Plan.of(problem, choices))
    assert [lines.term for lines in ledger] == [term.name for term in TERMS]
    total = sum((lines.total_micro_usd for lines in ledger), Decimal(0))
    stated = oracle.objective(choices) * 10**6
    assert abs(total - Decimal(stated.numerator) / Decimal(stated.denominator)) < Decimal("0.000001")
    for lines in ledger:
        assert float(lines.micro_usd.sum()) == pytest.approx(float(lines.total_micro_usd), rel=1e-9, abs=1e-3)
        assert len(lines.subject) == len(lines.micro_usd)


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(problem_documents())
def test_ledger_lines_add_up_to_the_objective_that_the_solver_states(document: dict[str, Any]) -> None:
    problem = problem_from_document(document)
    outcome = solve(problem)
    if isinstance(outcome, Solved):
        total = sum((lines.total_micro_usd for lines in ledger_lines(problem, outcome.plan)), Decimal(0))
        assert total == outcome.costs.objective_micro_usd

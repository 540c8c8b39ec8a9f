"""The scalable solver against every plan of a tiny problem: bounds hold, plans are plans."""

from __future__ import annotations

import time
from decimal import Decimal
from itertools import combinations
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from optimizer.exchange.documents import problem_from_document
from optimizer.model.compile import compile_model
from optimizer.plan import Plan
from optimizer.solve import Limits
from optimizer.solve.scalable import solve_at_scale
from optimizer.verify import VerifiedPlan, verify
from tests.oracle import Oracle
from tests.problem_documents import RULE_KINDS, problem_documents

MANY = settings(
    max_examples=200,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


def assert_bounded_by_brute_force(document: dict[str, Any], seed: int = 0) -> None:
    problem = problem_from_document(document)
    best = Oracle(document).optimum()
    limits = Limits(time_limit_seconds=20)
    answer = solve_at_scale(
        compile_model(problem), limits=limits, seed=seed, clock=time.perf_counter, until_stalled=True
    )
    if best is None:
        assert answer.chosen is None
        return
    optimum = float(best[0])
    assert answer.verdict != "infeasible"
    assert answer.bound_usd <= optimum + 1e-9 * max(abs(optimum), 1.0)
    if answer.chosen is not None:
        checked = verify(problem, Plan(chosen=answer.chosen))
        assert isinstance(checked, VerifiedPlan), checked
        assert checked.costs.objective_micro_usd >= Decimal(str(optimum)) * 10**6 - 1


@MANY
@given(problem_documents(), st.integers(0, 2**31))
def test_bounds_and_plans_over_mixes_of_rules(document: dict[str, Any], seed: int) -> None:
    assert_bounded_by_brute_force(document, seed)


@pytest.mark.parametrize("kinds", [(kind,) for kind in RULE_KINDS] + list(combinations(RULE_KINDS, 2)), ids="+".join)
def test_bounds_and_plans_for_every_rule_and_pair_of_rules(kinds: tuple[str, ...]) -> None:
    @settings(MANY, max_examples=5)
    @given(problem_documents(kinds=kinds))
    def check(document: dict[str, Any]) -> None:
        assert_bounded_by_brute_force(document)

    check()

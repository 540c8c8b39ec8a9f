"""The exact solver against every plan of a tiny problem, judged by a reading of the format that shares no code."""

from __future__ import annotations

from decimal import Decimal
from itertools import combinations
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from optimizer.exchange.documents import problem_from_document
from optimizer.plan import Infeasible, Plan, Solved
from optimizer.solve import Limits, solve
from optimizer.verify import VerifiedPlan, verify
from tests.oracle import Oracle, all_choices
from tests.problem_documents import RULE_KINDS, problem_documents

SLOW = settings(
    max_examples=200,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
FEW = settings(SLOW, max_examples=20)


def assert_solved_as_by_brute_force(document: dict[str, Any]) -> None:
    problem = problem_from_document(document)
    oracle = Oracle(document)
    best = oracle.optimum()
    outcome = solve(problem, limits=Limits(time_limit_seconds=30))
    if best is None:
        assert isinstance(outcome, Infeasible)
        return
    assert isinstance(outcome, Solved)
    objective = outcome.costs.objective_micro_usd.scaleb(-6)
    assert abs(objective - Decimal(best[0].numerator) / Decimal(best[0].denominator)) <= Decimal("0.000001")
    assert oracle.is_valid(outcome.plan.choices(problem))
    assert outcome.lower_bound_micro_usd <= Decimal(best[0].numerator) / Decimal(best[0].denominator) * 10**6 + Decimal(
        "0.001"
    )
    assert outcome.gap_ratio <= 1e-6 or abs(outcome.costs.objective_micro_usd - outcome.lower_bound_micro_usd) <= 1000


@SLOW
@given(problem_documents())
def test_status_and_optimum_equal_brute_force_over_mixes_of_rules(document: dict[str, Any]) -> None:
    assert_solved_as_by_brute_force(document)


@pytest.mark.parametrize("kind", RULE_KINDS)
def test_status_and_optimum_equal_brute_force_for_every_rule_alone(kind: str) -> None:
    @FEW
    @given(problem_documents(kinds=(kind,)))
    def check(document: dict[str, Any]) -> None:
        assert_solved_as_by_brute_force(document)

    check()


@pytest.mark.parametrize("pair", list(combinations(RULE_KINDS, 2)), ids="+".join)
def test_status_and_optimum_equal_brute_force_for_every_pair_of_rules(pair: tuple[str, str]) -> None:
    @settings(FEW, max_examples=10)
    @given(problem_documents(kinds=pair))
    def check(document: dict[str, Any]) -> None:
        assert_solved_as_by_brute_force(document)

    check()


@SLOW
@given(problem_documents(), st.integers(0, 2**31))
def test_the_verifier_and_the_second_reading_agree_on_every_plan(document: dict[str, Any], pick: int) -> None:
    problem = problem_from_document(document)
    oracle = Oracle(document)
    plans = list(all_choices(document))
    choices = plans[pick % len(plans)]
    answer = verify(problem, Plan.of(problem, choices))
    assert isinstance(answer, VerifiedPlan) == oracle.is_valid(choices)
    if isinstance(answer, VerifiedPlan):
        exact = oracle.objective(choices) * 10**6
        assert abs(answer.costs.objective_micro_usd - Decimal(exact.numerator) / Decimal(exact.denominator)) < Decimal(
            "0.001"
        )

"""Problems that are easy to get wrong, each with an answer known beforehand, through both ways in."""

from __future__ import annotations

import time

import pytest

from optimizer.model.compile import compile_model
from optimizer.plan import Infeasible, Plan, Solved
from optimizer.problem.builder import ProblemBuilder
from optimizer.problem.problem import Problem
from optimizer.rules import Capacity, Forbid, KeepApart, Pin
from optimizer.solve import Limits, solve
from optimizer.solve.scalable import solve_at_scale
from optimizer.verify import VerifiedPlan, verify
from tests.builders import IRELAND, VIRGINIA, node_in_all_places, two_clouds

LIMITS = Limits(time_limit_seconds=30, gap_ratio=1e-6)
TRANSFER_USD = 0.02


def assert_costs(problem: Problem, expected_usd: float) -> None:
    """The default solver finds the optimum; the scalable one too; no bound is above it."""
    outcome = solve(problem, limits=LIMITS)
    assert isinstance(outcome, Solved), outcome
    tolerance = 1e-6 * max(1.0, abs(expected_usd))
    assert float(outcome.costs.objective_micro_usd) / 1e6 == pytest.approx(expected_usd, abs=tolerance)
    assert float(outcome.lower_bound_micro_usd) / 1e6 <= expected_usd + tolerance
    answer = solve_at_scale(compile_model(problem), limits=LIMITS, seed=0, clock=time.perf_counter, until_stalled=True)
    assert answer.bound_usd <= expected_usd + tolerance
    assert answer.chosen is not None
    checked = verify(problem, Plan(chosen=answer.chosen))
    assert isinstance(checked, VerifiedPlan), checked
    assert float(checked.costs.objective_micro_usd) / 1e6 <= expected_usd + tolerance


def star(leaves: int, gb: float, monthly_usd: tuple[float, ...] = (10, 10, 10)) -> ProblemBuilder:
    builder = two_clouds()
    node_in_all_places(builder, "hub", kind="dataset")
    for leaf in range(leaves):
        node_in_all_places(builder, f"w{leaf}", [str(usd) for usd in monthly_usd])
        builder.flow("hub", f"w{leaf}", gb)
    return builder


def test_one_node() -> None:
    builder = two_clouds()
    node_in_all_places(builder, "w", (3, 2, 4))
    assert_costs(builder.build(), 2)


def test_no_flows_and_equal_costs() -> None:
    builder = two_clouds()
    for number in range(200):
        node_in_all_places(builder, f"w{number}")
    assert_costs(builder.build(), 2000)


def test_every_option_forbidden_is_infeasible_and_named() -> None:
    builder = two_clouds()
    node_in_all_places(builder, "w")
    builder.rule(Forbid(id="nowhere", nodes=("w",), continents=(VIRGINIA.continent, IRELAND.continent)))
    outcome = solve(builder.build(), limits=LIMITS)
    assert isinstance(outcome, Infeasible)
    assert outcome.conflict == ("nowhere",)


def test_huge_and_tiny_costs_together() -> None:
    builder = two_clouds()
    node_in_all_places(builder, "giant", ("1000000000", "1000000001", "1000000002"))
    node_in_all_places(builder, "mite", ("0.000003", "0.000002", "0.000001"))
    assert_costs(builder.build(), 1_000_000_000.000001)


def test_a_hundred_thousand_options_of_one_node_in_one_place() -> None:
    builder = two_clouds()
    builder.node("w")
    for number in range(100_000):
        builder.option(f"o{number}", VIRGINIA.id, 100_000 - number)
    assert_costs(builder.build(), 1)


@pytest.mark.parametrize(("maximum", "expected_usd"), [(12.0, 2.0), (11.999, 11.0)], ids=["exact", "a hair too small"])
def test_a_capacity_that_fits_exactly(maximum: float, expected_usd: float) -> None:
    builder = two_clouds()
    node_in_all_places(builder, "eight", (1, 10, 10), uses={"vcpu": 8})
    node_in_all_places(builder, "four", (1, 10, 10), uses={"vcpu": 4})
    builder.rule(Capacity(id="q", resource="vcpu", maximum=maximum, places=(VIRGINIA.id,)))
    assert_costs(builder.build(), expected_usd)


def test_flows_of_no_gigabytes_cost_nothing() -> None:
    assert_costs(star(50, 0.0, (2, 1, 3)).build(), 10 + 50)


def test_every_node_pinned() -> None:
    builder = two_clouds()
    for number in range(20):
        node_in_all_places(builder, f"w{number}", (1, 2, 3), current="io")
    builder.rule(Pin(id="all", nodes=tuple(f"w{number}" for number in range(20))))
    assert_costs(builder.build(), 60)


def test_a_star_of_five_thousand_leaves_comes_together() -> None:
    # Leaves are 1 USD cheaper in Ireland; 100 GB between there and Virginia cost 2: all go where the hub goes.
    assert_costs(star(5000, 100.0, (10, 9, 11)).build(), 10 + 5000 * 9)


def test_a_star_whose_leaves_would_rather_be_elsewhere() -> None:
    # The hub is pinned to Virginia: 10 GB cost 0.20 to Ireland, where a leaf saves 1.
    builder = two_clouds()
    node_in_all_places(builder, "hub", current="va", kind="dataset")
    for leaf in range(300):
        node_in_all_places(builder, f"w{leaf}", (10, 9, 11))
        builder.flow("hub", f"w{leaf}", 10)
    builder.rule(Pin(id="hub", nodes=("hub",)))
    assert_costs(builder.build(), 10 + 300 * (9 + 10 * TRANSFER_USD))


def test_more_nodes_apart_than_places_is_infeasible() -> None:
    builder = two_clouds()
    names = tuple(f"w{number}" for number in range(4))
    for name in names:
        node_in_all_places(builder, name)
    builder.rule(KeepApart(id="apart", nodes=names, by="place"))
    outcome = solve(builder.build(), limits=LIMITS)
    assert isinstance(outcome, Infeasible)
    assert outcome.conflict == ("apart",)


def test_as_many_copies_as_places() -> None:
    builder = two_clouds()
    node_in_all_places(builder, "d", (1, 2, 4), kind="dataset", copies=3)
    node_in_all_places(builder, "w", (5, 6, 7))
    builder.flow("d", "w", 1000)
    assert_costs(builder.build(), 7 + 5)


def test_a_chain_whose_nodes_prefer_different_places_stays_together() -> None:
    # Each of 400 nodes is 1 USD cheaper where its neighbour is not; 1000 GB cost 20: all stay together.
    builder = two_clouds()
    for number in range(400):
        node_in_all_places(builder, f"w{number}", (9, 10, 20) if number % 2 else (10, 9, 20))
        if number:
            builder.flow(f"w{number - 1}", f"w{number}", 1000)
    assert_costs(builder.build(), 400 * 9.5)

"""Problems at the edge of what can be stated, each solved as by trying every plan."""

from __future__ import annotations

import copy
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from optimizer.exchange.documents import problem_from_document
from optimizer.plan import Infeasible, Solved
from optimizer.solve import Limits, solve
from tests.builders import tiny_document
from tests.oracle import Oracle


def solved_as_by_brute_force(document: dict[str, Any]) -> Solved | None:
    """The outcome, after holding status, optimum and bound against every plan."""
    best = Oracle(document).optimum()
    outcome = solve(problem_from_document(document))
    if best is None:
        assert isinstance(outcome, Infeasible)
        return None
    assert isinstance(outcome, Solved)
    optimum = best[0] * 10**6
    exact = Decimal(optimum.numerator) / Decimal(optimum.denominator)
    assert abs(outcome.costs.objective_micro_usd - exact) < Decimal("0.001")
    assert outcome.lower_bound_micro_usd <= exact
    assert outcome.costs.objective_micro_usd - outcome.lower_bound_micro_usd <= max(abs(exact) * Decimal("1e-8"), 2)
    return outcome


def workloads(*amounts_usd: tuple[str, str], uses: tuple[float, ...] = (), **changes: Any) -> dict[str, Any]:
    """Workloads that cost the first amount in place ``a`` and the second in ``g``; uses of resource ``x`` in both."""
    nodes = [
        {
            "id": f"n{at}",
            "kind": "workload",
            "options": [
                {"id": place, "place": place, "monthly": amount, "uses": {"x": uses[at]} if uses else {}}
                for place, amount in zip("ag", amounts, strict=True)
            ],
        }
        for at, amounts in enumerate(amounts_usd)
    ]
    return tiny_document(nodes=nodes, **{"flows": [], "rules": [], **changes})


def capacity(maximum: float) -> list[dict[str, Any]]:
    return [{"id": "q", "type": "capacity", "resource": "x", "place": "a", "max": maximum}]


def test_no_nodes_cost_nothing() -> None:
    rules = [
        {"id": "o", "type": "open_cost", "place": "a", "monthly": "5"},
        {"id": "v", "type": "provider_share", "provider": "aws", "max_ratio": 0.0},
        *capacity(0),
    ]
    outcome = solved_as_by_brute_force(tiny_document(nodes=[], flows=[], rules=rules))
    assert outcome is not None
    assert len(outcome.plan.chosen) == 0


def test_one_node_takes_its_cheapest_option() -> None:
    outcome = solved_as_by_brute_force(workloads(("2", "1.999999")))
    assert outcome is not None
    assert outcome.costs.objective_micro_usd == 1_999_999


def test_an_open_cost_alone_decides_between_equal_places() -> None:
    rules = [{"id": "o", "type": "open_cost", "place": "a", "monthly": "0.000001"}]
    outcome = solved_as_by_brute_force(workloads(("5", "5"), ("5", "5"), rules=rules))
    assert outcome is not None
    assert outcome.costs.objective_micro_usd == 10_000_000


@pytest.mark.parametrize("amounts", [("0", "0"), ("7", "7"), ("-3", "-5"), ("-0.000001", "0")])
def test_zero_equal_and_negative_costs_are_costs_like_any_other(amounts: tuple[str, str]) -> None:
    solved_as_by_brute_force(workloads(amounts, amounts, rules=capacity(0)))


def test_the_last_micro_dollar_is_seen_beside_a_billion() -> None:
    amounts = (("1000000000", "1000000000.000001"), ("0.000002", "0.000001"))
    outcome = solved_as_by_brute_force(workloads(*amounts))
    assert outcome is not None
    assert outcome.costs.objective_micro_usd == 10**15 + 1


FITS = [
    ((0.1, 0.2), 0.3),
    ((0.1, 0.2), 0.29999999),
    ((0.1, 0.2), 0.2999999999999),
    ((0.7, 0.1), 0.8),
    ((1e6, 1e6, 0.5), 2e6),
    ((1e6, 1e6, 0.5), 2000000.5),
    ((1e-9, 1e-9), 1e-9),
    ((1e-9, 1e-9), 2e-9),
    ((3.3, 3.3, 3.3), 9.9),
    ((0, 0), 0),
]


@pytest.mark.parametrize(("uses", "maximum"), FITS)
@pytest.mark.parametrize("elsewhere_usd", ["50", None])
def test_a_capacity_is_kept_to_the_last_decimal(
    uses: tuple[float, ...], maximum: float, elsewhere_usd: str | None
) -> None:
    """A solver that is asked for a gap goes another way than one that is asked for a proof, so both are."""
    document = workloads(*[("1", elsewhere_usd or "1")] * len(uses), uses=uses, rules=capacity(maximum))
    if elsewhere_usd is None:
        for node in document["nodes"]:
            node["options"] = node["options"][:1]
    solved_as_by_brute_force(document)
    within_a_gap = solve(problem_from_document(document), limits=Limits(gap_ratio=0.01))
    if isinstance(within_a_gap, Solved):
        assert Oracle(document).is_valid(within_a_gap.plan.choices(problem_from_document(document)))
        assert within_a_gap.gap_ratio <= 0.01
    else:
        assert isinstance(within_a_gap, Infeasible)
        assert Oracle(document).optimum() is None


@pytest.mark.parametrize("max_ratio", [0.5, 0.4999999, 0.3333333, 0.0, 1.0])
def test_a_share_is_kept_to_the_last_decimal(max_ratio: float) -> None:
    rules = [{"id": "v", "type": "provider_share", "provider": "gcp", "max_ratio": max_ratio}]
    solved_as_by_brute_force(workloads(("10.01", "1"), ("20", "10.01"), ("30", "0"), rules=rules))


def test_more_copies_than_options_cannot_be() -> None:
    document = copy.deepcopy(tiny_document())
    document["nodes"][1]["copies"] = 3
    assert solved_as_by_brute_force(document) is None


@st.composite
def two_copied_datasets(draw: st.DrawFn) -> dict[str, Any]:
    """A two-copy dataset that feeds a two-copy dataset, both ways, over four places with drawn prices and times."""
    price = st.sampled_from(["0", "0.01", "0.09", "0.2"])
    places = [
        {"id": f"p{at}", "provider": "ag"[at % 2], "region": f"r{at}", "continent": "EU", "jurisdictions": []}
        for at in range(4)
    ]
    nodes = [
        {
            "id": node_id,
            "kind": "dataset",
            "copies": 2,
            "copies_distinct": draw(st.sampled_from(["place", "region", "provider"])),
            "options": [
                {"id": f"o{at}", "place": f"p{at}", "monthly": str(draw(st.integers(0, 30)))} for at in range(4)
            ],
        }
        for node_id in ("d", "e")
    ]
    flows = [
        {"from": source, "to": target, "gb_per_month": draw(st.sampled_from([0, 50, 300.5]))}
        for source, target in (("d", "e"), ("e", "d"), ("d", "d"))
    ]
    for flow in flows[:2]:
        if draw(st.booleans()):
            flow["max_rtt_ms"] = draw(st.sampled_from([5, 40]))
    return tiny_document(
        places=places,
        nodes=nodes,
        flows=flows,
        transfer_per_gb=[[draw(price) for _ in range(4)] for _ in range(4)],
        rtt_ms=[[draw(st.sampled_from([1, 20, 80])) for _ in range(4)] for _ in range(4)],
        rules=[],
    )


@settings(max_examples=120, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(two_copied_datasets())
def test_copies_that_feed_copies_are_written_everywhere_and_read_from_the_cheapest(document: dict[str, Any]) -> None:
    solved_as_by_brute_force(document)

"""The problem itself: validated once, changed only by ``replace``, refusing what cannot be meant."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from optimizer.errors import InvalidPlan, InvalidProblem
from optimizer.plan import Plan
from optimizer.problem.option_ids import OptionIds
from optimizer.problem.problem import Problem
from optimizer.rules import Pin
from tests.builders import node_in_all_places, plan_of, two_clouds


@pytest.fixture
def problem() -> Problem:
    """A workload in Virginia that reads a dataset."""
    builder = two_clouds()
    node_in_all_places(builder, "w", uses={"vcpu": 2}, current="va")
    node_in_all_places(builder, "d", kind="dataset")
    builder.flow("d", "w", 10, max_rtt_ms=50)
    builder.rule(Pin(id="p", nodes=("w",)))
    return builder.build()


def test_no_column_can_be_written_to(problem: Problem) -> None:
    arrays = [
        getattr(problem, column.name)
        for column in dataclasses.fields(problem)
        if isinstance(getattr(problem, column.name), np.ndarray)
    ]
    assert len(arrays) > 15
    for array in arrays:
        with pytest.raises(ValueError, match="read-only"):
            array[...] = array


def test_no_field_can_be_assigned(problem: Problem) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        problem.horizon_months = 1  # type: ignore[misc]  # what the test is about


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"flow_gb": np.array([-1.0])}, "$.flows[0].gb_per_month"),
        ({"flow_gb": np.array([np.nan])}, "$.flows[0].gb_per_month"),
        ({"flow_gb": np.array([1.0, 2.0])}, "$"),
        ({"flow_from": np.array([9])}, "$.flows[*].from"),
        ({"flow_max_rtt_ms": np.array([-5.0])}, "$.flows[0].max_rtt_ms"),
        ({"rtt_ms": None}, "$.flows[0].max_rtt_ms"),
        ({"rtt_ms": np.ones((2, 3))}, "$.rtt_ms"),
        ({"rtt_ms": np.full((3, 3), -1.0)}, "$.rtt_ms"),
        ({"transfer_micro_usd_per_gb": np.full((3, 3), -1)}, "$.transfer_per_gb"),
        ({"transfer_micro_usd_per_gb": np.zeros((2, 2), dtype=np.int64)}, "$.transfer_per_gb"),
        ({"node_copies": np.array([2, 1])}, "$.nodes[0].copies"),
        ({"node_copies": np.array([1, 0])}, "$.nodes[1].copies"),
        ({"node_current": np.array([4, -1])}, "$.nodes[0].current"),
        ({"node_current": np.array([-1, -1])}, "$.rules[0].nodes[0]"),
        ({"node_start": np.array([0, 0, 6]), "node_current": np.array([-1, -1])}, "$.nodes[0].options"),
        ({"option_place": np.full(6, 3)}, "$.nodes[*].options[*].place"),
        ({"use_amount": np.full(3, -1.0)}, "$.nodes[*].options[*].uses"),
        ({"horizon_months": 0}, "$.horizon_months"),
        ({"places": ()}, "$.places"),
        ({"node_ids": ("w", "w")}, "$.nodes[1].id"),
        ({"option_ids": OptionIds(["va", "ie", "io", "va", "io", "va"])}, "$.nodes[1].options[2].id"),
        ({"components": ("compute", "storage")}, "$"),
        ({"components": ("labour",)}, "$"),
        ({"rules": (Pin(id="p", nodes=("w",)), Pin(id="p", nodes=("w",)))}, "$.rules[1].id"),
        ({"option_one_off_micro_usd": np.full(6, 2**60)}, "$.nodes"),
    ],
    ids=lambda value: value if isinstance(value, str) else next(iter(value)),
)
def test_replace_validates_again(problem: Problem, change: dict[str, Any], path: str) -> None:
    with pytest.raises(InvalidProblem) as refused:
        problem.replace(**change)
    assert refused.value.path == path
    assert str(refused.value).startswith(f"{path}: ")


def test_uses_are_looked_up_by_resource_and_place(problem: Problem) -> None:
    assert problem.uses_of("vcpu").tolist() == [0, 1, 2]
    there = problem.places[problem.option_place[1]].id
    here = problem.places[problem.option_place[0]].id
    assert problem.uses_of("vcpu", [there]).tolist() == [1]
    assert problem.uses_of("vcpu", [there, here, there]).tolist() == [0, 1]
    assert problem.uses_of("gpu").tolist() == []
    moved = problem.replace(option_place=problem.option_place[[1, 0, 2, 3, 4, 5]])
    assert moved.uses_of("vcpu", [there]).tolist() == [0]


def test_replace_leaves_the_original_alone(problem: Problem) -> None:
    before = problem.fingerprint()
    longer = problem.replace(horizon_months=72)
    assert (problem.horizon_months, longer.horizon_months) == (36, 72)
    assert problem.fingerprint() == before != longer.fingerprint()


def test_a_fingerprint_sees_every_column(problem: Problem) -> None:
    changes: list[dict[str, Any]] = [
        {"option_one_off_micro_usd": problem.option_one_off_micro_usd + 1},
        {"flow_gb": problem.flow_gb + 1},
        {"transfer_micro_usd_per_gb": problem.transfer_micro_usd_per_gb + 1},
        {"use_amount": problem.use_amount + 1},
        {"rules": ()},
        {"currency": "EUR"},
        {"node_ids": ("w", "e")},
        {"option_ids": OptionIds(["va", "ie", "io", "va", "ie", "ii"])},
        {"components": ("storage",)},
    ]
    prints = {problem.fingerprint(), *(problem.replace(**change).fingerprint() for change in changes)}
    assert len(prints) == len(changes) + 1


def test_without_rules_leaves_the_others(problem: Problem) -> None:
    assert problem.without_rules("p").rules == ()
    assert problem.without_rules("another").rules == problem.rules


@pytest.mark.parametrize(
    ("choices", "said"),
    [
        ({"w": ["va"]}, "'d' is missing"),
        ({"w": ["va"], "d": ["va"], "x": ["va"]}, "no node 'x'"),
        ({"w": ["mars"], "d": ["va"]}, "no option 'mars'"),
    ],
)
def test_a_plan_of_another_problem_is_refused(problem: Problem, choices: dict[str, list[str]], said: str) -> None:
    with pytest.raises(InvalidPlan, match=said):
        Plan.of(problem, choices)


def test_a_plan_says_its_choices_by_name(problem: Problem) -> None:
    assert plan_of(problem, w="io", d="ie").choices(problem) == {"w": ["io"], "d": ["ie"]}
    assert Plan.stay(problem).choices(problem) == {"w": ["va"], "d": []}

"""What taking another option would do to a row."""

from __future__ import annotations

from optimizer.explain.row_test import RowTest
from optimizer.rules import Capacity
from tests.builders import node_in_all_places, plan_of, two_clouds


def test_an_exchange_breaks_a_full_row_and_not_an_empty_one() -> None:
    builder = two_clouds()
    node_in_all_places(builder, "w1", uses={"vcpu": 8})
    problem = builder.build()
    plan = plan_of(problem, w1="va")
    narrow = Capacity(id="narrow", resource="vcpu", maximum=4, places=("aws:eu-west-1",))
    wide = Capacity(id="wide", resource="vcpu", maximum=9, places=("aws:eu-west-1",))
    for rule, breaks in ((narrow, True), (wide, False)):
        test = RowTest.of(problem, plan, rule)
        assert test is not None
        assert test.breaks(leaving=0, taking=1) is breaks


def test_a_problem_without_nodes_has_rows_without_options() -> None:
    problem = two_clouds().build()
    assert RowTest.of(problem, plan_of(problem), Capacity(id="q", resource="vcpu", maximum=1)) is not None

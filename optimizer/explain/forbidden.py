"""Which rules a plan would break if one node took another option."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from optimizer.explain.row_test import RowTest
from optimizer.plan import Plan
from optimizer.problem.problem import Problem
from optimizer.rules.area import AreaRule
from optimizer.rules.open_cost import OpenCost
from optimizer.rules.pair_latency import PairLatency
from optimizer.rules.pin import Pin
from optimizer.rules.rule import Rule
from optimizer.rules.selection import node_codes


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Tested:
    """A rule that looks at more than one node. ``chosen`` are the plan's options of the nodes that it looks at."""

    rule: Rule
    chosen: npt.NDArray[np.int64]
    rows: RowTest | None

    def objects(self, problem: Problem, *, leaving: int, taking: int) -> bool:
        """Whether the rule objects to one option being taken instead of another."""
        answer = None if self.rows is None else self.rows.breaks(leaving=leaving, taking=taking)
        if answer is not None:
            return answer
        changed = np.append(self.chosen[self.chosen != leaving], taking)
        return bool(self.rule.violations(problem, Plan(chosen=np.sort(changed))))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ForbiddenChanges:
    """Tests single changes of a plan against every rule that can object.

    Rules that forbid options whatever the rest of the plan does (areas, pins) are read once into a mask, bool
    ``[option]``; rows are tested by the change of their sum; the others are asked for their violations of the changed
    plan, as far as they look at it.
    """

    problem: Problem
    chosen_of: npt.NDArray[np.int64]
    """Option that each node takes, int64 ``[node]`` (one of them for a node with several copies)."""
    always: tuple[tuple[str, npt.NDArray[np.bool_]], ...]
    by_plan: tuple[tuple[_Tested, ...], ...]
    """Per node: the rules that look at more of the plan and concern the node."""

    @classmethod
    def around(cls, problem: Problem, plan: Plan) -> ForbiddenChanges:
        """Prepare the tests around ``plan``."""
        always = tuple(
            (rule.id, forbidden_options(problem, rule)) for rule in problem.rules if isinstance(rule, AreaRule | Pin)
        )
        chosen_of = np.full(len(problem.node_ids), -1, dtype=np.int64)
        chosen_of[problem.option_node[plan.chosen]] = plan.chosen
        return cls(problem=problem, chosen_of=chosen_of, always=always, by_plan=_tests_by_node(problem, plan))

    def broken_rules(self, option: int, *, thoroughly: bool) -> tuple[str, ...]:
        """Ids of rules that object to the node of ``option`` taking it, and it alone, instead of what it has.

        Areas and pins come first; when one of them objects the others are asked only ``thoroughly``. () when nothing
        objects. The node takes one option (copies of one dataset are not changed one by one).
        """
        named = tuple(rule_id for rule_id, forbids in self.always if forbids[option])
        if named and not thoroughly:
            return named
        node = int(self.problem.option_node[option])
        leaving = int(self.chosen_of[node])
        objecting = (
            tested.rule.id
            for tested in self.by_plan[node]
            if tested.objects(self.problem, leaving=leaving, taking=option)
        )
        return (*named, *objecting)


def forbidden_options(problem: Problem, rule: AreaRule | Pin) -> npt.NDArray[np.bool_]:
    """Options that an area or a pin forbids whatever the rest of the plan is, bool ``[option]``."""
    forbidden = np.zeros(len(problem.option_ids), dtype=np.bool_)
    forbidden[rule.forbidden_options(problem)] = True
    return forbidden


def _tests_by_node(problem: Problem, plan: Plan) -> tuple[tuple[_Tested, ...], ...]:
    concerned: list[list[_Tested]] = [[] for _ in problem.node_ids]
    flows = np.flatnonzero(~np.isnan(problem.flow_max_rtt_ms)).tolist()
    rules: list[tuple[Rule, list[int]]] = [
        (PairLatency.of_flow(problem, flow), [int(problem.flow_from[flow]), int(problem.flow_to[flow])])
        for flow in flows
    ]
    rules += [
        (rule, nodes_of_rule(problem, rule))
        for rule in problem.rules
        if not isinstance(rule, AreaRule | Pin | OpenCost)
    ]
    for rule, nodes in rules:
        chosen = plan.chosen[np.isin(problem.option_node[plan.chosen], nodes)]
        rows = None if isinstance(rule, PairLatency) else RowTest.of(problem, plan, rule)
        tested = _Tested(rule=rule, chosen=chosen, rows=rows)
        for node in dict.fromkeys(nodes):
            concerned[node].append(tested)
    return tuple(tuple(rules) for rules in concerned)


def nodes_of_rule(problem: Problem, rule: Rule) -> list[int]:
    """Nodes that a rule concerns: those that it names, or all when it names none (capacity, budget, share)."""
    named: tuple[str, ...] | None = getattr(rule, "nodes", None)
    return list(range(len(problem.node_ids))) if named is None else node_codes(problem, named).tolist()

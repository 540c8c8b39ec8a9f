"""Which rules a plan would break if one node took another option."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from optimizer.plan import Plan
from optimizer.problem.problem import Problem
from optimizer.rules.area import AreaRule
from optimizer.rules.open_cost import OpenCost
from optimizer.rules.pair_latency import PairLatency
from optimizer.rules.pin import Pin
from optimizer.rules.rule import Rule
from optimizer.rules.selection import node_codes, options_of_nodes


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ForbiddenChanges:
    """Tests single changes of a plan against every rule that can object.

    Rules that forbid options whatever the rest of the plan does (areas, pins) are read once into a mask, bool
    ``[option]``; the others are asked for their violations of the changed plan.
    """

    problem: Problem
    plan: Plan
    always: tuple[tuple[str, npt.NDArray[np.bool_]], ...]
    by_plan: tuple[tuple[Rule, ...], ...]
    """Per node: the rules that look at the whole plan and concern the node."""

    @classmethod
    def around(cls, problem: Problem, plan: Plan) -> ForbiddenChanges:
        """Prepare the tests around ``plan``."""
        always = tuple(
            (rule.id, forbidden_options(problem, rule)) for rule in problem.rules if isinstance(rule, AreaRule | Pin)
        )
        return cls(problem=problem, plan=plan, always=always, by_plan=_rules_by_node(problem))

    def broken_rules(self, option: int, *, thoroughly: bool) -> tuple[str, ...]:
        """Ids of rules that object to the node of ``option`` taking it, and it alone, instead of what it has.

        Areas and pins come first; when one of them objects the others are asked only ``thoroughly``. () when nothing
        objects. The node takes one option (copies of one dataset are not changed one by one).
        """
        named = tuple(rule_id for rule_id, forbids in self.always if forbids[option])
        if named and not thoroughly:
            return named
        node = int(self.problem.option_node[option])
        others = self.plan.chosen[self.problem.option_node[self.plan.chosen] != node]
        changed = Plan(chosen=np.sort(np.append(others, option)))
        return (*named, *(rule.id for rule in self.by_plan[node] if rule.violations(self.problem, changed)))


def forbidden_options(problem: Problem, rule: AreaRule | Pin) -> npt.NDArray[np.bool_]:
    """Options that an area or a pin forbids whatever the rest of the plan is, bool ``[option]``."""
    named = options_of_nodes(problem, rule.nodes)
    if isinstance(rule, AreaRule):
        refused: npt.NDArray[np.bool_] = named & rule.refused_places(problem)[problem.option_place]
        return refused
    named[problem.node_current[node_codes(problem, rule.nodes)]] = False
    return named


def _rules_by_node(problem: Problem) -> tuple[tuple[Rule, ...], ...]:
    concerned: list[list[Rule]] = [[] for _ in problem.node_ids]
    for flow in np.flatnonzero(~np.isnan(problem.flow_max_rtt_ms)).tolist():
        latency = PairLatency.of_flow(problem, flow)
        for node in {int(problem.flow_from[flow]), int(problem.flow_to[flow])}:
            concerned[node].append(latency)
    for rule in problem.rules:
        if isinstance(rule, AreaRule | Pin | OpenCost):
            continue
        for node in nodes_of_rule(problem, rule):
            concerned[node].append(rule)
    return tuple(tuple(rules) for rules in concerned)


def nodes_of_rule(problem: Problem, rule: Rule) -> list[int]:
    """Nodes that a rule concerns: those that it names, or all when it names none (capacity, budget, share)."""
    named: tuple[str, ...] | None = getattr(rule, "nodes", None)
    return list(range(len(problem.node_ids))) if named is None else node_codes(problem, named).tolist()

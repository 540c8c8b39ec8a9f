"""Why no plan exists, in the words of the policy: the demands that cannot hold together and whom they concern."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from optimizer.domain.policy import Policy
from optimizer.explain.forbidden import forbidden_options
from optimizer.explain.statements import Statements
from optimizer.plan import Infeasible
from optimizer.problem.problem import Problem
from optimizer.rules import enforced_rules
from optimizer.rules.area import AreaRule
from optimizer.rules.pair_latency import STRUCTURAL_ID as ROUND_TRIPS
from optimizer.rules.pair_latency import PairLatency
from optimizer.rules.pin import Pin
from optimizer.rules.rule import Rule

_NAMES_SHOWN: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class ConflictingRule:
    """One rule of the clash; ``node_ids`` are those that it names (empty: it looks at all)."""

    rule_id: str
    rule_type: str
    because: str
    node_ids: tuple[str, ...]
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InfeasibilityExplained:
    """The clash. When it is minimal, a plan exists without any one of its rules.

    ``stuck_node_ids`` are nodes to which the areas and pins of the clash, taken together, leave no option at all.
    """

    rules: tuple[ConflictingRule, ...]
    is_minimal: bool
    stuck_node_ids: tuple[str, ...]
    summary: str


def explain_infeasible(problem: Problem, outcome: Infeasible, *, policy: Policy | None) -> InfeasibilityExplained:
    """Name the rules of a conflict with the facts that a person needs to resolve it."""
    statements = Statements.of(policy)
    rules = _rules_by_id(problem, outcome.conflict)
    explained = tuple(_conflicting(problem, rule, statements) for rule in rules)
    stuck = _stuck_nodes(problem, rules)
    names = ", ".join(rule.rule_id for rule in explained)
    summary = f"No plan keeps these together: {names}."
    if stuck:
        summary += f" They leave no option to {_few(stuck)}."
    summary += " Dropping or loosening any one of them makes a plan possible." if outcome.conflict_is_minimal else ""
    return InfeasibilityExplained(
        rules=explained, is_minimal=outcome.conflict_is_minimal, stuck_node_ids=stuck, summary=summary
    )


def _rules_by_id(problem: Problem, rule_ids: tuple[str, ...]) -> list[Rule]:
    by_id: dict[str, Rule] = {rule.id: rule for rule in enforced_rules(problem)}
    if any(rule_id.startswith(ROUND_TRIPS) for rule_id in rule_ids):
        for flow in np.flatnonzero(~np.isnan(problem.flow_max_rtt_ms)).tolist():
            latency = PairLatency.of_flow(problem, flow)
            by_id.setdefault(latency.id, latency)
    return [by_id[rule_id] for rule_id in rule_ids]


def _conflicting(problem: Problem, rule: Rule, statements: Statements) -> ConflictingRule:
    because = statements.reason(rule.id)
    if isinstance(rule, PairLatency) and rule.flow is not None:
        ends = (problem.node_ids[problem.flow_from[rule.flow]], problem.node_ids[problem.flow_to[rule.flow]])
        limit_ms = problem.flow_max_rtt_ms[rule.flow]
        sentence = f"{ends[0]} and {ends[1]} must answer each other within {limit_ms:g} ms"
        return ConflictingRule(rule_id=rule.id, rule_type=rule.type, because=because, node_ids=ends, sentence=sentence)
    nodes: tuple[str, ...] = getattr(rule, "nodes", ())
    about = f" about {_few(nodes)}" if nodes else ""
    sentence = f"{rule.type.replace('_', ' ')} rule {rule.id}{about}" + (f": {because}" if because else "")
    return ConflictingRule(rule_id=rule.id, rule_type=rule.type, because=because, node_ids=nodes, sentence=sentence)


def _stuck_nodes(problem: Problem, rules: list[Rule]) -> tuple[str, ...]:
    forbidden = np.zeros(len(problem.option_ids), dtype=np.bool_)
    for rule in rules:
        if isinstance(rule, AreaRule | Pin):
            forbidden |= forbidden_options(problem, rule)
    left = np.bincount(problem.option_node[~forbidden], minlength=len(problem.node_ids))
    return tuple(problem.node_ids[node] for node in np.flatnonzero(left < problem.node_copies))


def _few(names: tuple[str, ...]) -> str:
    more = len(names) - _NAMES_SHOWN
    return ", ".join(names[:_NAMES_SHOWN]) + (f" and {more} more" if more > 0 else "")

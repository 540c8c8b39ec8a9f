"""What the problem would be without one of the demands made of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from optimizer.explain.statements import Statements
from optimizer.problem.problem import Problem
from optimizer.rules.copies import STRUCTURAL_ID as COPIES
from optimizer.rules.open_cost import OpenCost
from optimizer.rules.pair_latency import STRUCTURAL_ID as ROUND_TRIPS
from optimizer.rules.rule import Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """All rules that one statement made, or one rule of a problem that came without statements.

    ``node_ids`` are recovery copies that exist only because of this demand.
    """

    id: str
    type: str
    because: str
    rule_ids: tuple[str, ...]
    node_ids: tuple[str, ...] = ()


def demands_of(problem: Problem, statements: Statements, *, added_copies: Iterable[str] = ()) -> tuple[Demand, ...]:
    """Everything that could be dropped, in the order of the rules; ``added_copies`` are nodes that a recovery statement
    added. An open cost forbids nothing and is no demand.
    """
    added = frozenset(added_copies)
    grouped: dict[str, list[Rule]] = {}
    for rule in problem.rules:
        if not isinstance(rule, OpenCost):
            grouped.setdefault(statements.of_rule(rule.id), []).append(rule)
    found = [
        Demand(
            id=name,
            type=rules[0].type,
            because=statements.reason(name),
            rule_ids=tuple(rule.id for rule in rules),
            node_ids=_copies_made_by(rules, added) if name in statements.recoveries else (),
        )
        for name, rules in grouped.items()
    ]
    if not np.isnan(problem.flow_max_rtt_ms).all():
        because = "round-trip limits of flows"
        found.append(Demand(id=ROUND_TRIPS, type=ROUND_TRIPS, because=because, rule_ids=(ROUND_TRIPS,)))
    if (problem.node_copies > 1).any():
        because = "copies that datasets are kept in"
        found.append(Demand(id=COPIES, type=COPIES, because=because, rule_ids=(COPIES,)))
    return tuple(found)


def without(problem: Problem, demands: Sequence[Demand]) -> Problem:
    """The problem without the rules of some demands.

    Options keep their numbers, so a plan of one is a plan of the other. A recovery copy that only a dropped demand
    asked for stays as a node that costs, uses and transfers nothing and that no rule names. Without ``copies`` every
    node takes one option.
    """
    dropped = {rule_id for demand in demands for rule_id in demand.rule_ids}
    freed = frozenset(node_id for demand in demands for node_id in demand.node_ids)
    rules = tuple(
        kept for rule in problem.rules if rule.id not in dropped and (kept := _without_nodes(rule, freed)) is not None
    )
    relaxed = problem.replace(rules=rules)
    if ROUND_TRIPS in dropped:
        relaxed = relaxed.replace(flow_max_rtt_ms=np.full(len(problem.flow_from), np.nan))
    if COPIES in dropped:
        relaxed = relaxed.replace(node_copies=np.ones(len(problem.node_ids), dtype=np.int64))
    return _costless(relaxed, freed) if freed else relaxed


def _copies_made_by(rules: Sequence[Rule], added: frozenset[str]) -> tuple[str, ...]:
    named = {node_id for rule in rules for node_id in getattr(rule, "nodes", ())}
    return tuple(sorted(named & added))


def _without_nodes(rule: Rule, freed: frozenset[str]) -> Rule | None:
    named: tuple[str, ...] | None = getattr(rule, "nodes", None)
    if named is None or freed.isdisjoint(named):
        return rule
    left = tuple(node_id for node_id in named if node_id not in freed)
    if not left:
        return None
    changed: Rule = dataclasses.replace(rule, nodes=left)  # type: ignore[type-var]
    return changed


def _costless(problem: Problem, node_ids: frozenset[str]) -> Problem:
    nodes = np.zeros(len(problem.node_ids), dtype=np.bool_)
    nodes[[problem.node_index[node_id] for node_id in node_ids]] = True
    options: npt.NDArray[np.bool_] = nodes[problem.option_node]
    flows = nodes[problem.flow_from] | nodes[problem.flow_to]
    return problem.replace(
        option_components_micro_usd=np.where(options[:, None], 0, problem.option_components_micro_usd),
        option_one_off_micro_usd=np.where(options, 0, problem.option_one_off_micro_usd),
        use_amount=np.where(options[problem.use_option], 0.0, problem.use_amount),
        flow_gb=np.where(flows, 0.0, problem.flow_gb),
        flow_max_rtt_ms=np.where(flows, np.nan, problem.flow_max_rtt_ms),
    )

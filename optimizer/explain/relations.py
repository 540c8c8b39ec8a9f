"""Which changes need each other: a move that pays only when another move is made too."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np

from optimizer.explain.changes import Change
from optimizer.explain.marginal import MarginalCosts
from optimizer.plan import Plan
from optimizer.problem.problem import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeRelations:
    """``bundle`` are all members (this node included) of a group that saves only together, () when in none.
    ``needs`` are changed nodes that pay on their own and without which this one does not.
    """

    bundle: tuple[int, ...] = ()
    needs: tuple[int, ...] = ()


def relations_of(problem: Problem, plan: Plan, changes: tuple[Change, ...]) -> dict[int, NodeRelations]:
    """Relations of every changed node that has any.

    Two moves are tied when a flow joins them and costs less with both made (and both unmade) than with one of them
    made. Of two tied moves neither of which pays alone, with everything else as today, both go into one bundle; when
    one pays alone the other needs it.
    """
    today = MarginalCosts.around(problem, Plan.stay(problem))
    moves = {
        change.node: _Move(before=change.current_option, after=change.chosen_options[0])
        for change in changes
        if change.current_option is not None and len(change.chosen_options) == 1
    }
    pays_alone = {node: _saving_alone(today, node, move) > 0 for node, move in moves.items()}
    tied = sorted(pair for pair in _joined(problem, moves) if _gain_together(today, moves, pair) > 0)
    needs: dict[int, list[int]] = {}
    parent = {node: node for node in moves}
    for one, other in tied:
        if pays_alone[one] and not pays_alone[other]:
            needs.setdefault(other, []).append(one)
        elif pays_alone[other] and not pays_alone[one]:
            needs.setdefault(one, []).append(other)
        elif not pays_alone[one]:
            parent[_root(parent, one)] = _root(parent, other)
    members: dict[int, list[int]] = {}
    for node in moves:
        members.setdefault(_root(parent, node), []).append(node)
    found = {}
    for node in moves:
        group = members[_root(parent, node)]
        if len(group) > 1 or node in needs:
            bundle = tuple(sorted(group)) if len(group) > 1 else ()
            found[node] = NodeRelations(bundle=bundle, needs=tuple(needs.get(node, ())))
    return found


def bundle_id(recommendation_ids: list[str]) -> str:
    """Name of a bundle: it depends on its members only."""
    return hashlib.sha256("\x1f".join(sorted(recommendation_ids)).encode()).hexdigest()[:20]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Move:
    """Option indices before and after."""

    before: int
    after: int


def _saving_alone(today: MarginalCosts, node: int, move: _Move) -> float:
    start = int(today.problem.node_start[node])
    option_micro_usd = today.of_options(node)
    return float(option_micro_usd[move.before - start] - option_micro_usd[move.after - start])


def _joined(problem: Problem, moves: dict[int, _Move]) -> set[tuple[int, int]]:
    ends = zip(problem.flow_from.tolist(), problem.flow_to.tolist(), strict=True)
    return {(min(pair), max(pair)) for pair in ends if pair[0] != pair[1] and pair[0] in moves and pair[1] in moves}


def _gain_together(today: MarginalCosts, moves: dict[int, _Move], pair: tuple[int, int]) -> float:
    """What the flows between two moves save when both are made, beyond what each saves on them alone."""
    problem, gain = today.problem, 0.0
    per_gb, place = problem.transfer_micro_usd_per_gb, problem.option_place
    for flow in np.intersect1d(today.flows_of[pair[0]], today.flows_of[pair[1]]).tolist():
        source, target = moves[int(problem.flow_from[flow])], moves[int(problem.flow_to[flow])]
        before = per_gb[place[source.before], place[target.before]]
        after = per_gb[place[source.after], place[target.after]]
        one = per_gb[place[source.after], place[target.before]]
        other = per_gb[place[source.before], place[target.after]]
        gain += float(problem.flow_gb[flow]) * float(one + other - before - after)
    return gain


def _root(parent: dict[int, int], node: int) -> int:
    while parent[node] != node:
        node = parent[node]
    return node

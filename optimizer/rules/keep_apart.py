"""Nodes that must not fail together: no two of the named nodes share an attribute value of their places."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import ClassVar

from optimizer.model.builder import ModelBuilder
from optimizer.plan import Plan
from optimizer.problem.problem import Problem
from optimizer.rules.rule import Violation
from optimizer.rules.selection import check_attribute, check_nodes, chosen_options, node_codes


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepApart:
    """For every value ``c`` of the attribute: at most one named node chooses a place in ``c``.

    Copies of one node may share ``c`` as far as the node's own copies rule allows. Example: by region, a primary in
    ``aws:us-east-1`` and its copy in ``aws:us-west-2`` are apart.
    """

    id: str
    nodes: tuple[str, ...]
    by: str
    type: ClassVar[str] = "keep_apart"

    def check(self, problem: Problem, *, path: str) -> None:
        """Raise ``InvalidProblem`` when a node or the attribute is unknown."""
        check_nodes(problem, self.nodes, path=path)
        check_attribute(self.by, path=path)

    def contribute(self, problem: Problem, model: ModelBuilder) -> None:
        """One group."""
        model.add_group(self.id, node_codes(problem, self.nodes), problem.place_codes(self.by), same=False)

    def violations(self, problem: Problem, plan: Plan) -> tuple[Violation, ...]:
        """Pairs of nodes that share a value."""
        nodes = node_codes(problem, self.nodes)
        chosen = chosen_options(problem, plan, nodes)
        values: dict[int, set[int]] = {node: set() for node in nodes.tolist()}
        codes = problem.place_codes(self.by)[problem.option_place[chosen]]
        for node, code in zip(problem.option_node[chosen].tolist(), codes.tolist(), strict=True):
            values[node].add(code)
        found = []
        for one, other in combinations(values, 2):
            if values[one] & values[other]:
                names = (problem.node_ids[one], problem.node_ids[other])
                message = f"{self.id}: {names[0]} and {names[1]} share a {self.by} and must not"
                found.append(Violation(rule_id=self.id, node_ids=names, message=message))
        return tuple(found)

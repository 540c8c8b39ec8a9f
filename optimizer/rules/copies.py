"""Disaster-recovery copies: a dataset with ``copies = k`` takes k options that differ by place, region or provider."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from optimizer.model.builder import ModelBuilder
from optimizer.plan import Plan
from optimizer.problem.problem import DISTINCT_ATTRIBUTES, Problem
from optimizer.rules.rule import Violation
from optimizer.rules.selection import chosen_by_node

STRUCTURAL_ID = "copies"


@dataclass(frozen=True, slots=True, kw_only=True)
class Copies:
    """``sum over o of x[n, o] = copies[n]`` and, for every value ``c``, ``sum over o in c of x[n, o] <= 1``.

    Read off the problem's nodes. Example: two copies by provider in aws and gcp hold; two in aws do not.
    """

    id: str = STRUCTURAL_ID
    type: ClassVar[str] = STRUCTURAL_ID

    def check(self, problem: Problem, *, path: str) -> None:
        """Nothing to refer to: copies are validated with the nodes."""

    def contribute(self, problem: Problem, model: ModelBuilder) -> None:
        """How many options each node takes."""
        model.take(problem.node_copies)

    def violations(self, problem: Problem, plan: Plan) -> tuple[Violation, ...]:
        """Nodes with a wrong number of options or with copies that share what they may not."""
        codes = [problem.place_codes(attribute) for attribute in DISTINCT_ATTRIBUTES]
        chosen = chosen_by_node(problem, plan)
        found = []
        for node, node_id in enumerate(problem.node_ids):
            options = chosen.get(node, [])
            copies = int(problem.node_copies[node])
            if len(options) != copies or len(set(options)) != len(options):
                message = f"{self.id}: {node_id} takes {len(set(options))} options; expected {copies}"
                found.append(Violation(rule_id=self.id, node_ids=(node_id,), message=message))
                continue
            code = codes[problem.node_distinct[node]]
            if len({int(code[problem.option_place[option]]) for option in options}) < copies:
                attribute = DISTINCT_ATTRIBUTES[problem.node_distinct[node]]
                message = f"{self.id}: copies of {node_id} share a {attribute}; expected {copies} different ones"
                found.append(Violation(rule_id=self.id, node_ids=(node_id,), message=message))
        return tuple(found)

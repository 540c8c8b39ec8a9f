"""Disaster-recovery copies: a dataset with ``copies = k`` takes k options that differ by place, region or provider."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from optimizer.model.builder import ModelBuilder
from optimizer.plan import Plan
from optimizer.problem.problem import DISTINCT_ATTRIBUTES, Problem
from optimizer.rules.rule import Violation

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
        distinct = np.unique(plan.chosen)
        node = problem.option_node[distinct]
        options = np.bincount(node, minlength=len(problem.node_ids))
        code = np.stack([problem.place_codes(attribute) for attribute in DISTINCT_ATTRIBUTES])
        value = code[problem.node_distinct[node], problem.option_place[distinct]]
        node_of_value = np.unique(node * np.int64(len(problem.places)) + value) // len(problem.places)
        values = np.bincount(node_of_value, minlength=len(problem.node_ids))
        chosen_twice = np.bincount(problem.option_node[plan.chosen], minlength=len(problem.node_ids)) != options
        wrong = chosen_twice | (options != problem.node_copies)
        found = []
        for at in np.flatnonzero(wrong | (values < problem.node_copies)).tolist():
            node_id, copies = problem.node_ids[at], problem.node_copies[at]
            attribute = DISTINCT_ATTRIBUTES[problem.node_distinct[at]]
            message = f"{self.id}: copies of {node_id} share a {attribute}; expected {copies} different ones"
            if wrong[at]:
                message = f"{self.id}: {node_id} takes {options[at]} options; expected {copies}"
            found.append(Violation(rule_id=self.id, node_ids=(node_id,), message=message))
        return tuple(found)

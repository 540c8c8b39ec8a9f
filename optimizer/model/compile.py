"""Problem to model: every rule and every term says its part."""

from __future__ import annotations

from collections.abc import Iterable

from optimizer.costs import TERMS
from optimizer.model.builder import ModelBuilder
from optimizer.model.placement_model import PlacementModel
from optimizer.problem.problem import Problem
from optimizer.rules import enforced_rules
from optimizer.rules.rule import Rule


def compile_model(problem: Problem, rules: Iterable[Rule] | None = None) -> PlacementModel:
    """The model of a problem under its own rules, or under the given ones only."""
    builder = ModelBuilder(problem)
    for rule in enforced_rules(problem) if rules is None else rules:
        rule.contribute(problem, builder)
    for term in TERMS:
        term.contribute(problem, builder)
    return builder.build()

"""What every hard rule is: one thing with two readings of itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from optimizer.model.builder import ModelBuilder
    from optimizer.plan import Plan
    from optimizer.problem.problem import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """One way in which a plan breaks a rule: the rule's id, the nodes concerned, a sentence with the figures."""

    rule_id: str
    node_ids: tuple[str, ...]
    message: str


class Rule(Protocol):
    """A hard rule of a problem."""

    @property
    def id(self) -> str:
        """Name shown wherever the rule forbids or costs something."""

    @property
    def type(self) -> str:
        """Name of the kind of rule in the published format."""

    def check(self, problem: Problem, *, path: str) -> None:
        """Raise ``InvalidProblem`` at ``path`` when the rule refers to what the problem does not hold."""

    def contribute(self, problem: Problem, model: ModelBuilder) -> None:
        """First reading: tell the model what may not be."""

    def violations(self, problem: Problem, plan: Plan) -> tuple[Violation, ...]:
        """Second reading: how this plan breaks the rule, by plain evaluation; empty when it does not."""

"""Hard rules, one module each, two readings each: what the model is told and what a plan means.

``RULES`` lists the kinds that the published format names; ``STRUCTURAL_RULES`` are read off nodes and flows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from optimizer.rules.area import Allow, Forbid
from optimizer.rules.capacity import Capacity
from optimizer.rules.copies import Copies
from optimizer.rules.keep_apart import KeepApart
from optimizer.rules.keep_together import KeepTogether
from optimizer.rules.move_budget import MoveBudget
from optimizer.rules.open_cost import OpenCost
from optimizer.rules.pair_latency import PairLatency
from optimizer.rules.pin import Pin
from optimizer.rules.provider_share import ProviderShare

if TYPE_CHECKING:
    from optimizer.problem.problem import Problem
    from optimizer.rules.rule import Rule

__all__ = [
    "RULES",
    "STRUCTURAL_RULES",
    "Allow",
    "Capacity",
    "Copies",
    "Forbid",
    "KeepApart",
    "KeepTogether",
    "MoveBudget",
    "OpenCost",
    "PairLatency",
    "Pin",
    "ProviderShare",
    "enforced_rules",
]

RULES: Final = (Allow, Forbid, Pin, Capacity, KeepTogether, KeepApart, MoveBudget, ProviderShare, OpenCost)
STRUCTURAL_RULES: Final = (Copies, PairLatency)


def enforced_rules(problem: Problem) -> tuple[Rule, ...]:
    """Every rule that a plan of the problem must keep."""
    return (*(rule() for rule in STRUCTURAL_RULES), *problem.rules)

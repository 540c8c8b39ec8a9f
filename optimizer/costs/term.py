"""What every cost term is: one thing with two readings of itself."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Literal, Protocol

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from optimizer.model.builder import ModelBuilder
    from optimizer.plan import Plan
    from optimizer.problem.problem import Problem


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TermLines:
    """Itemised monthly cost of a plan under one term.

    ``subject`` (``[line]``) indexes the problem's nodes, flows or rules as ``subject_kind`` says;
    ``micro_usd`` (float64 ``[line]``) is for display; ``total_micro_usd`` is the exact sum.
    """

    term: str
    subject_kind: Literal["node", "flow", "rule"]
    subject: npt.NDArray[np.integer]
    micro_usd: npt.NDArray[np.float64]
    total_micro_usd: Decimal


class Term(Protocol):
    """A part of the objective."""

    @property
    def name(self) -> str:
        """Name of the ledger line."""

    def contribute(self, problem: Problem, model: ModelBuilder) -> None:
        """First reading: tell the model what choices cost."""

    def lines(self, problem: Problem, plan: Plan) -> TermLines:
        """Second reading: what this plan costs, line by line, by plain evaluation."""

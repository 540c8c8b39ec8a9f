"""What a filter is: it marks candidates at one place as refused, and says by what."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from optimizer.candidates.block import Block
from optimizer.candidates.context import Context

Marked = Sequence[tuple[str | None, npt.NDArray[np.bool_]]]
"""Statement id (None: no statement, a fact) and the mask ``[candidate]`` of what it refuses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """``prepare`` looks at the inputs once and returns the function that judges a block of one place.

    ``reason`` is one of ``DROP_REASONS``. Where ``keeps_candidate`` is True the candidate is only recorded: it stays in
    the set, a rule of the problem forbids it, and so the rule can be priced. *Stay* is never dropped, only recorded.
    """

    reason: str
    keeps_candidate: bool
    prepare: Callable[[Context], Callable[[Block], Marked]]

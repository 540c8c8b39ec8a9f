"""Statements about areas: the selected nodes must lie inside (allow) or outside (forbid) them."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import numpy.typing as npt

from optimizer.candidates.block import Block
from optimizer.candidates.context import Context
from optimizer.candidates.filters.filter import Marked
from optimizer.candidates.filters.selection import NodeFacts, places_in
from optimizer.domain.policy import AreaStatement


def judge_areas(context: Context, statements: Iterable[AreaStatement]) -> Callable[[Block], Marked]:
    """A judge of blocks that marks, per statement, candidates of selected nodes at places that it refuses."""
    facts = NodeFacts(context.nodes)
    refused: list[tuple[str, npt.NDArray[np.bool_], npt.NDArray[np.bool_]]] = []
    for statement in statements:
        inside = places_in(statement.area, context.grid.places)
        closed = ~inside if statement.effect == "allow" else inside
        refused.append((statement.id, facts.selected_by(statement.select), closed))

    def refuse(block: Block) -> Marked:
        return [(name, selected[block.node] & closed[block.place]) for name, selected, closed in refused]

    return refuse

"""Dominated: another candidate of the node at the same place is at least as good in everything that can ever count.

Counted are: monthly charge, one-off cost, every resource used. The place is the same, so every flow, footprint, pair
and area rule treats both alike; *stay* is besides not a move. Under a limit on the share of provider P, a *dearer*
candidate at another provider lowers that share, so there candidates of unequal charge do not dominate each other.
Of equal candidates the first stays.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
import numpy.typing as npt

from optimizer.candidates.block import Block
from optimizer.candidates.context import Context
from optimizer.candidates.filters.filter import Filter, Marked


def _prepare(context: Context) -> Callable[[Block], Marked]:
    limited = {share.provider for share in context.policy.provider_shares}
    dearer_may_help = np.array([bool(limited - {place.provider}) for place in context.grid.places], dtype=bool)

    def refuse(block: Block) -> Marked:
        if len(block) == 0:
            return []
        return [(None, dominated(block, charges_must_be_equal=bool(dearer_may_help[block.place[0]])))]

    return refuse


def dominated(block: Block, *, charges_must_be_equal: bool) -> npt.NDArray[np.bool_]:
    """Mask ``[candidate]`` over a block of one place; *stay* is never in it."""
    order = np.lexsort((~block.is_stay, block.node))
    node, is_stay = block.node[order], block.is_stay[order]
    monthly = block.monthly_micro_usd[order]
    worse_when_more = np.concatenate(
        [monthly[:, None], block.one_off_micro_usd[order].sum(axis=1)[:, None], block.uses[order]], axis=1
    )
    beaten = np.zeros(len(block), dtype=bool)
    for step in range(1, int(np.bincount(node).max())):
        same_node = node[step:] == node[:-step]
        if charges_must_be_equal:
            same_node &= monthly[step:] == monthly[:-step]
        first_wins = (worse_when_more[:-step] <= worse_when_more[step:]).all(axis=1)
        second_wins = (worse_when_more[step:] <= worse_when_more[:-step]).all(axis=1) & ~first_wins
        beaten[step:] |= same_node & first_wins
        beaten[:-step] |= same_node & second_wins & ~is_stay[:-step]
    found = np.zeros(len(block), dtype=bool)
    found[order] = beaten & ~is_stay
    return found


DOMINATED: Final = Filter(reason="dominated", keeps_candidate=False, prepare=_prepare)

"""Priced: the book lacks a price that the candidate or the move to it needs; never taken as zero, never the nearest."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from optimizer.candidates.block import Block
from optimizer.candidates.context import Context
from optimizer.candidates.filters.filter import Filter, Marked


def _prepare(context: Context) -> Callable[[Block], Marked]:
    def refuse(block: Block) -> Marked:
        return [(None, ~block.is_priced)]

    return refuse


PRICED: Final = Filter(reason="not_priced", keeps_candidate=False, prepare=_prepare)

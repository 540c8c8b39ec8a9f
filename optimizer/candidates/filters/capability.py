"""Capability: the service cannot do this job (limits of the catalogue, no size that is big enough, spot for work that
must not be interrupted)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from optimizer.candidates.block import Block
from optimizer.candidates.context import Context
from optimizer.candidates.filters.filter import Filter, Marked


def _prepare(context: Context) -> Callable[[Block], Marked]:
    def refuse(block: Block) -> Marked:
        return [(None, ~block.is_capable)]

    return refuse


CAPABILITY: Final = Filter(reason="capability", keeps_candidate=False, prepare=_prepare)

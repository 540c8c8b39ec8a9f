"""Filters applied to the candidates of one place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from optimizer.candidates.block import Block
from optimizer.candidates.context import Context
from optimizer.candidates.filters import Filter
from optimizer.candidates.tally import Tally


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Judged:
    """``block`` is what is left; ``refused`` are rows of it by (reason, statement id); ``has_alternative`` int32 are
    nodes with at least one capable and priced candidate other than *stay*, dominated or not.
    """

    block: Block
    refused: tuple[tuple[tuple[str, str | None], npt.NDArray[np.int64]], ...]
    has_alternative: npt.NDArray[np.int32]


class Judge:
    """The filters, each prepared once."""

    __slots__ = ("_judges", "_tally")

    def __init__(self, context: Context, filters: Sequence[Filter], tally: Tally) -> None:
        self._tally = tally
        self._judges = [(chosen, chosen.prepare(context)) for chosen in filters]

    def judge(self, block: Block) -> Judged:
        """Drop, record and count."""
        usable = block.is_capable & block.is_priced & ~block.is_stay
        has_alternative = np.unique(block.node[usable])
        recorded: list[tuple[tuple[str, str | None], npt.NDArray[np.int64]]] = []
        for chosen, mark in self._judges:
            falls = np.zeros(len(block), dtype=bool)
            for statement_id, refused in mark(block):
                counted = refused if chosen.keeps_candidate else refused & ~block.is_stay
                self._tally.add(chosen.reason, statement_id, block.where(counted))
                if chosen.keeps_candidate:
                    recorded.append(((chosen.reason, statement_id), np.flatnonzero(counted)))
                else:
                    falls |= counted
            if falls.any():
                block = block.where(~falls)
        return Judged(block=block, refused=tuple(recorded), has_alternative=has_alternative)

"""What filters refused, added up per node, reason and statement."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from optimizer.candidates.block import Block
from optimizer.candidates.candidate_set import DROP_REASONS, DroppedCandidates
from optimizer.candidates.context import Context

_NO_CHARGE: Final = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Columns:
    """``[node]``: how many were refused, and the cheapest of them (place -1: none of them had a price)."""

    count: npt.NDArray[np.int64]
    monthly_micro_usd: npt.NDArray[np.int64]
    place: npt.NDArray[np.int32]
    service: npt.NDArray[np.int32]


class Tally:
    """Filled place by place; memory grows with nodes x (reason, statement), not with candidates."""

    __slots__ = ("_columns", "_context")

    def __init__(self, context: Context) -> None:
        self._context = context
        self._columns: dict[tuple[str, str | None], _Columns] = {}

    def add(self, reason: str, statement_id: str | None, refused: Block) -> None:
        """Count every row of ``refused``."""
        if len(refused) == 0:
            return
        columns = self._columns.setdefault((reason, statement_id), self._blank())
        np.add.at(columns.count, refused.node, 1)
        priced = refused.where(refused.is_capable & refused.is_priced)
        monthly = priced.monthly_micro_usd
        order = np.lexsort((monthly, priced.node))
        node, first = np.unique(priced.node[order], return_index=True)
        rows = order[first]
        better = monthly[rows] < columns.monthly_micro_usd[node]
        node, rows = node[better], rows[better]
        columns.monthly_micro_usd[node] = monthly[rows]
        columns.place[node] = priced.place[rows]
        columns.service[node] = priced.service[rows]

    def totals(self, reasons: tuple[str, ...]) -> tuple[tuple[str, int], ...]:
        """How many candidates were refused for each of ``reasons``, over all nodes and statements."""
        return tuple(
            (reason, sum(int(columns.count.sum()) for (name, _), columns in self._columns.items() if name == reason))
            for reason in reasons
        )

    def dropped(self) -> tuple[DroppedCandidates, ...]:
        """One entry per node, reason and statement with a count, in that order."""
        keys = sorted(self._columns, key=lambda key: (DROP_REASONS.index(key[0]), key[1] or ""))
        found = [(node, key) for key in keys for node in np.flatnonzero(self._columns[key].count).tolist()]
        found.sort(key=lambda item: item[0])
        return tuple(self._entry(node, key) for node, key in found)

    def _entry(self, node: int, key: tuple[str, str | None]) -> DroppedCandidates:
        columns, context = self._columns[key], self._context
        place = int(columns.place[node])
        known = place >= 0
        return DroppedCandidates(
            node_id=context.nodes.ids[node],
            reason=key[0],
            statement_id=key[1],
            count=int(columns.count[node]),
            cheapest_place_id=context.grid.places[place].id if known else None,
            cheapest_service=context.names.services.names[columns.service[node]] if known else None,
            cheapest_monthly_micro_usd=int(columns.monthly_micro_usd[node]) if known else None,
        )

    def _blank(self) -> _Columns:
        count = len(self._context.nodes)
        return _Columns(
            count=np.zeros(count, dtype=np.int64),
            monthly_micro_usd=np.full(count, _NO_CHARGE, dtype=np.int64),
            place=np.full(count, -1, dtype=np.int32),
            service=np.zeros(count, dtype=np.int32),
        )

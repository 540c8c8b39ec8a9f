"""Candidates at one place on their way to the solver: columns that filters cut down."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Block:
    """Columns ``[candidate]``; money in micro-USD, monthly unless one-off.

    ``components_micro_usd`` is int64 ``[candidate, component]``, ``one_off_micro_usd`` int64 ``[candidate, part]``,
    ``uses`` float64 ``[candidate, resource]``. ``effort_ratio`` scales labour. Money means nothing where
    ``is_capable`` or ``is_priced`` is False.
    """

    node: npt.NDArray[np.int32]
    place: npt.NDArray[np.int32]
    service: npt.NDArray[np.int32]
    sku: npt.NDArray[np.int32]
    tier: npt.NDArray[np.int32]
    purchase: npt.NDArray[np.int32]
    confidence: npt.NDArray[np.int8]
    basis: npt.NDArray[np.int8]
    is_stay: npt.NDArray[np.bool_]
    is_capable: npt.NDArray[np.bool_]
    is_priced: npt.NDArray[np.bool_]
    components_micro_usd: npt.NDArray[np.int64]
    low_micro_usd: npt.NDArray[np.int64]
    high_micro_usd: npt.NDArray[np.int64]
    one_off_micro_usd: npt.NDArray[np.int64]
    uses: npt.NDArray[np.float64]
    effort_ratio: npt.NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.node)

    @property
    def monthly_micro_usd(self) -> npt.NDArray[np.int64]:
        """Sum of the components, ``[candidate]``."""
        total: npt.NDArray[np.int64] = self.components_micro_usd.sum(axis=1)
        return total

    def where(self, chosen: npt.NDArray[np.bool_] | npt.NDArray[np.int64]) -> Block:
        """The rows of a mask or of indices, in that order."""
        return Block(**{name: getattr(self, name)[chosen] for name in _COLUMNS})

    def with_one_off(self, one_off_micro_usd: npt.NDArray[np.int64]) -> Block:
        """The same block with other one-off costs."""
        return dataclasses.replace(self, one_off_micro_usd=one_off_micro_usd)


_COLUMNS = tuple(column.name for column in dataclasses.fields(Block))
_EMPTY_SHAPES = {"components_micro_usd": 5, "one_off_micro_usd": 7, "uses": 3}


def blank_block(count: int, **columns: npt.NDArray[np.generic] | int | float | bool) -> Block:
    """A block of ``count`` rows; a scalar fills its column, a column left out is zero (capable, priced: True)."""
    filled: dict[str, npt.NDArray[np.generic]] = {}
    for name in _COLUMNS:
        value = columns.get(name, name in ("is_capable", "is_priced") or (1.0 if name == "effort_ratio" else 0))
        shape = (count, _EMPTY_SHAPES[name]) if name in _EMPTY_SHAPES else (count,)
        filled[name] = np.array(np.broadcast_to(np.asarray(value), shape), dtype=_DTYPES[name])
    return Block(**filled)  # type: ignore[arg-type]


def joined(blocks: Sequence[Block]) -> Block:
    """All rows, in the order of ``blocks``."""
    if not blocks:
        return blank_block(0)
    return Block(**{name: np.concatenate([getattr(block, name) for block in blocks]) for name in _COLUMNS})


_DTYPES: dict[str, type[np.generic]] = {
    **dict.fromkeys(("node", "place", "service", "sku", "tier", "purchase"), np.int32),
    **dict.fromkeys(("confidence", "basis"), np.int8),
    **dict.fromkeys(("is_stay", "is_capable", "is_priced"), np.bool_),
    **dict.fromkeys(("components_micro_usd", "low_micro_usd", "high_micro_usd", "one_off_micro_usd"), np.int64),
    **dict.fromkeys(("uses", "effort_ratio"), np.float64),
}

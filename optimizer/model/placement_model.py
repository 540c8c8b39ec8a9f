"""What solvers see: arrays of a few primitives, in the option indices of the problem."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

Indices: TypeAlias = npt.NDArray[Any]
"""Whole numbers of either width: int32 where there is one for every option, as compiled, int64 in what solvers add."""
ROW_TOLERANCE_RATIO: Final = 1e-9
"""Share of a row's scale within which its weight counts as equal to its bound: rounding, never slack."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Row:
    """``sum coefficient[i] * x[option[i]] <= upper`` over the chosen options."""

    name: str
    option: Indices
    coefficient: npt.NDArray[np.float64]
    upper: float

    @property
    def scale(self) -> float:
        """Size of the row's numbers, which tolerances are relative to."""
        return max(float(np.abs(self.coefficient).max(initial=0.0)), abs(self.upper))

    def weight(self, chosen: npt.NDArray[np.int64]) -> float:
        """What the chosen options weigh."""
        return float(self.coefficient[np.isin(self.option, chosen)].sum())


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Charge:
    """``micro_usd`` a month, paid once when any of the options is chosen."""

    name: str
    option: Indices
    micro_usd: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Group:
    """All places chosen by the nodes share one attribute value (``same``), or no two nodes share one.

    ``code`` is int64 ``[place]``: equal where the attribute is.
    """

    name: str
    node: npt.NDArray[np.int64]
    code: npt.NDArray[np.int64]
    same: bool


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PlacementModel:
    """Minimise unary costs + pair costs + charges over choices that keep rows, groups and pair limits.

    Shapes: ``node_start`` ``[node + 1]``; ``node_take`` ``[node]`` options taken; ``copy_code`` int64 ``[node, place]``
    rows of ``distinct_codes`` chosen by ``node_distinct``; ``option_*`` and ``admissible`` and ``unary_micro_usd``
    (float64) ``[option]``; ``pair_*`` ``[flow]`` where ``pair_limit`` indexes ``pair_admissible`` (bool
    ``[from place, to place]`` each) or is -1; ``transfer_micro_usd_per_gb`` float64 ``[from place, to place]``.
    """

    node_start: npt.NDArray[np.int64]
    node_take: npt.NDArray[np.int64]
    node_distinct: npt.NDArray[np.int8]
    distinct_codes: tuple[npt.NDArray[np.int64], ...]
    option_node: Indices
    option_place: Indices
    admissible: npt.NDArray[np.bool_]
    unary_micro_usd: npt.NDArray[np.float64]
    pair_from: npt.NDArray[np.int64]
    pair_to: npt.NDArray[np.int64]
    pair_gb: npt.NDArray[np.float64]
    pair_limit: npt.NDArray[np.int64]
    pair_admissible: tuple[npt.NDArray[np.bool_], ...]
    transfer_micro_usd_per_gb: npt.NDArray[np.float64]
    rows: tuple[Row, ...]
    charges: tuple[Charge, ...]
    groups: tuple[Group, ...]

    @property
    def node_count(self) -> int:
        """Number of nodes."""
        return len(self.node_take)

"""The cheapest machine that is big enough, for any need at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

NONE_FITS: Final = -1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MachineTable:
    """``cheapest[i, j]`` is the index of the cheapest offer with at least ``vcpu_steps[i]`` vCPU and
    ``memory_steps_gib[j]`` GiB, or ``NONE_FITS``. A need is rounded up to the next step, so a lookup is two binary
    searches whatever the number of offers.
    """

    vcpu_steps: npt.NDArray[np.float64]
    memory_steps_gib: npt.NDArray[np.float64]
    cheapest: npt.NDArray[np.int64]

    def find(self, vcpu: npt.NDArray[np.float64], memory_gib: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
        """Index of the cheapest offer per need, ``NONE_FITS`` where none is big enough."""
        found = np.full(len(vcpu), NONE_FITS, dtype=np.int64)
        if self.cheapest.size == 0:
            return found
        row = np.searchsorted(self.vcpu_steps, vcpu)
        column = np.searchsorted(self.memory_steps_gib, memory_gib)
        inside = (row < len(self.vcpu_steps)) & (column < len(self.memory_steps_gib))
        found[inside] = self.cheapest[row[inside], column[inside]]
        return found


def machine_table(
    *,
    vcpu: npt.NDArray[np.float64],
    memory_gib: npt.NDArray[np.float64],
    pico_usd_per_hour: npt.NDArray[np.int64],
    sku: npt.NDArray[np.str_],
    usable: npt.NDArray[np.bool_],
) -> MachineTable:
    """Build the table over the ``usable`` offers; of equal prices the one whose ``sku`` comes first."""
    offers = np.flatnonzero(usable)
    ranked = offers[np.lexsort((sku[offers], pico_usd_per_hour[offers]))]
    vcpu_steps, memory_steps = np.unique(vcpu[ranked]), np.unique(memory_gib[ranked])
    rank = np.full((len(vcpu_steps), len(memory_steps)), len(ranked), dtype=np.int64)
    cells = (np.searchsorted(vcpu_steps, vcpu[ranked]), np.searchsorted(memory_steps, memory_gib[ranked]))
    np.minimum.at(rank, cells, np.arange(len(ranked)))
    for axis in (0, 1):
        rank = np.flip(np.minimum.accumulate(np.flip(rank, axis), axis=axis), axis)
    cheapest = np.append(ranked, NONE_FITS)[rank] if len(ranked) else np.zeros((0, 0), dtype=np.int64)
    return MachineTable(vcpu_steps=vcpu_steps, memory_steps_gib=memory_steps, cheapest=cheapest)

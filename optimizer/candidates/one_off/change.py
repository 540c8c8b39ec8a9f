"""What a candidate changes against today."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from optimizer.candidates.block import Block
from optimizer.candidates.context import Context
from optimizer.catalogue.object_storage import RETIRED


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Change:
    """bool ``[candidate]``. A recovery copy that does not exist yet is ``new`` and neither of the others;
    retirement is not a change of service."""

    service: npt.NDArray[np.bool_]
    place: npt.NDArray[np.bool_]
    new: npt.NDArray[np.bool_]
    retired: npt.NDArray[np.bool_]


def change_of(context: Context, block: Block) -> Change:
    """Compare every candidate with its node's present service and place."""
    nodes, node = context.nodes, block.node
    exists = nodes.exists[node]
    retired = block.service == context.names.services.code(RETIRED)
    return Change(
        service=exists & ~retired & (block.service != nodes.service[node]),
        place=exists & ~retired & (block.place != nodes.place[node]),
        new=~exists,
        retired=retired,
    )

"""Labour: hours x rate. Between services the whole ``migration_labour_hours`` times the target's effort ratio, between
places of one service half of them, a small fixed number for a change in place or a retirement.

40 hours at 120 USD to another service of effort ratio 0.8: 40 x 0.8 x 120 = 3,840 USD; to another place 2,400 USD.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from optimizer.candidates.block import Block
from optimizer.candidates.context import Context
from optimizer.candidates.one_off.change import Change
from optimizer.catalogue.effort import (
    BETWEEN_PLACES_RATIO,
    BETWEEN_SERVICES_RATIO,
    DATASET_MIGRATION_HOURS,
    NEW_COPY_HOURS,
    RESIZE_HOURS,
)
from optimizer.units import MICRO_USD_PER_USD


def labour_micro_usd(context: Context, block: Block, change: Change) -> npt.NDArray[np.float64]:
    """Labour per candidate, micro-USD, once. Datasets state no hours: ``DATASET_MIGRATION_HOURS`` stands for them."""
    stated = context.nodes.labour_hours[block.node]
    full = np.where(np.isnan(stated), DATASET_MIGRATION_HOURS, stated)
    hours = np.select(
        [change.new, change.service, change.place],
        [
            np.full(len(block), NEW_COPY_HOURS),
            full * BETWEEN_SERVICES_RATIO * block.effort_ratio,
            full * BETWEEN_PLACES_RATIO,
        ],
        RESIZE_HOURS,
    )
    rate_micro_usd = float(context.policy.labour_usd_per_hour * MICRO_USD_PER_USD)
    return np.asarray(hours * rate_micro_usd, dtype=np.float64)

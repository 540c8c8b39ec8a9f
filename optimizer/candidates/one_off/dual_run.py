"""Dual run: the old stays up beside the new while a move is proved, ``dual_run_months x`` today's monthly charge."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from optimizer.candidates.block import Block
from optimizer.candidates.context import Context
from optimizer.candidates.one_off.change import Change


def dual_run_micro_usd(context: Context, block: Block, change: Change) -> npt.NDArray[np.float64]:
    """Dual run per candidate, micro-USD, once; nothing for a change of size, purchase or lifecycle in place."""
    today = context.nodes.billed_micro_usd[block.node].sum(axis=1)
    months = np.where(change.service | change.place, context.policy.dual_run_months, 0.0)
    return np.asarray(today * months, dtype=np.float64)

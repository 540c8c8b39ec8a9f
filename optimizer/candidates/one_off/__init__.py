"""What a move costs once besides the bytes: labour, running twice, commitments left behind. One part, one module."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
import numpy.typing as npt

from optimizer.candidates.block import Block
from optimizer.candidates.candidate_set import ONE_OFF_PARTS
from optimizer.candidates.context import Context
from optimizer.candidates.one_off.change import Change, change_of
from optimizer.candidates.one_off.dual_run import dual_run_micro_usd
from optimizer.candidates.one_off.labour import labour_micro_usd
from optimizer.candidates.one_off.stranded_commitment import stranded_commitment_micro_usd

PART_CHARGES: Final[dict[str, Callable[[Context, Block, Change], npt.NDArray[np.float64]]]] = {
    "dual_run": dual_run_micro_usd,
    "labour": labour_micro_usd,
    "stranded_commitment": stranded_commitment_micro_usd,
}


def with_one_off(context: Context, block: Block) -> Block:
    """``block`` with the parts above filled in; *stay* costs nothing once."""
    change = change_of(context, block)
    one_off = block.one_off_micro_usd.copy()
    for part, charge in PART_CHARGES.items():
        amounts = np.where(block.is_stay, 0.0, charge(context, block, change))
        one_off[:, ONE_OFF_PARTS.index(part)] = np.rint(amounts)
    return block.with_one_off(one_off)

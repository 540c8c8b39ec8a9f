"""Stranded commitment: what stays owed without use, until the commitment ends.

    stranded = max(0, committed a month - still covered a month) x months left

Outside the commitment's service or place nothing is covered any more. Inside, it goes on covering the candidate's
compute up to the committed amount: 700 USD committed for 6 more months and a candidate of 300 USD in place strand
400 x 6 = 2,400 USD; the same candidate elsewhere strands 4,200 USD.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from optimizer.candidates.block import Block
from optimizer.candidates.commitments import ANYWHERE
from optimizer.candidates.context import Context
from optimizer.candidates.one_off.change import Change
from optimizer.domain.estate import COMPONENTS


def stranded_commitment_micro_usd(context: Context, block: Block, change: Change) -> npt.NDArray[np.float64]:
    """Stranded amount per candidate, micro-USD, once."""
    commitments, node = context.nodes.commitments, block.node
    place = commitments.place[node]
    inside = (block.service == commitments.service[node]) & ((place == ANYWHERE) | (place == block.place))
    covered = np.where(inside, block.components_micro_usd[:, COMPONENTS.index("compute")], 0)
    idle = np.maximum(commitments.monthly_micro_usd[node] - covered, 0)
    return np.asarray(idle * commitments.months[node], dtype=np.float64)

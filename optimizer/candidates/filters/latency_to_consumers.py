"""Latency to consumers: the average round trip from the candidate's place to one of them is longer than it may be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from optimizer.candidates.block import Block
from optimizer.candidates.context import Context
from optimizer.candidates.filters.filter import Filter, Marked
from optimizer.domain.estate import Workload


def _prepare(context: Context) -> Callable[[Block], Marked]:
    waiting = [
        (node, consumer)
        for node, thing in enumerate(context.nodes.things)
        if isinstance(thing, Workload)
        for consumer in thing.consumers
    ]
    place_ids = context.grid.ids
    consumer_ids = sorted({consumer.place_id for _, consumer in waiting} - set(place_ids))
    code_of = {place_id: code for code, place_id in enumerate((*place_ids, *consumer_ids))}
    rtt_ms, _ = context.prices.rtt_ms((*place_ids, *consumer_ids))
    too_far = np.zeros((len(context.nodes), len(place_ids)), dtype=bool)
    for node, consumer in waiting:
        too_far[node] |= rtt_ms[: len(place_ids), code_of[consumer.place_id]] > consumer.max_rtt_ms

    def refuse(block: Block) -> Marked:
        return [(None, too_far[block.node, block.place])]

    return refuse


LATENCY_TO_CONSUMERS: Final = Filter(reason="latency_to_consumers", keeps_candidate=True, prepare=_prepare)

"""Choosing options by cost alone, over the arrays of a compiled model."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from optimizer.model.placement_model import PlacementModel

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
NO_OPTION = -1


def first_places(model: PlacementModel, chosen: Ints) -> Ints:
    """Place of the first option that each node takes, -1 where it takes none, ``[node]``."""
    place = np.full(model.node_count, NO_OPTION, dtype=np.int64)
    place[model.option_node[chosen[::-1]]] = model.option_place[chosen[::-1]]
    return place


def flow_micro_usd(model: PlacementModel, place: Ints, flow: npt.NDArray[np.bool_] | None = None) -> Floats:
    """What the flows (or those selected) of each node cost at each place while the others stay, ``[node, place]``.

    Only the first copy of a dataset is looked at.
    """
    placed = (place[model.pair_from] >= 0) & (place[model.pair_to] >= 0)
    counted = placed if flow is None else placed & flow
    source, target, gb = model.pair_from[counted], model.pair_to[counted], model.pair_gb[counted]
    shape = (model.node_count, len(model.transfer_micro_usd_per_gb))
    sent = csr_array((gb, (source, place[target])), shape=shape)
    received = csr_array((gb, (target, place[source])), shape=shape)
    return np.asarray(sent @ model.transfer_micro_usd_per_gb.T + received @ model.transfer_micro_usd_per_gb)


def option_micro_usd(model: PlacementModel, place: Ints) -> Floats:
    """What choosing each option costs while the others stay, ``[option]``."""
    return model.unary_micro_usd + flow_micro_usd(model, place)[model.option_node, model.option_place]


def cheapest_options(model: PlacementModel, cost: Floats) -> Ints:
    """The cheapest admissible options of every node by ``cost`` ``[option]``, copies distinct, ``[slot]``.

    A node takes fewer options than it should when it has too few.
    """
    cost = np.where(model.admissible, cost, np.inf)
    chosen = []
    for copy in range(int(model.node_take.max(initial=1))):
        least = np.minimum.reduceat(cost, model.node_start[:-1])
        found = np.flatnonzero((cost == least[model.option_node]) & np.isfinite(cost))
        node, first = np.unique(model.option_node[found], return_index=True)
        taken = found[first[model.node_take[node] > copy]]
        chosen.append(taken)
        cost[_sharing(model, taken)] = np.inf
    return np.sort(np.concatenate(chosen))


def _sharing(model: PlacementModel, taken: Ints) -> npt.NDArray[np.bool_]:
    """Options that may not be a further copy beside those taken, ``[option]``."""
    codes = np.stack(model.distinct_codes)[model.node_distinct[model.option_node], model.option_place]
    held = np.full(model.node_count, NO_OPTION, dtype=np.int64)
    held[model.option_node[taken]] = codes[taken]
    return codes == held[model.option_node]

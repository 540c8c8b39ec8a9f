"""Exact reduction across places: options that another option of the same node beats whatever the rest does.

Goldstein's criterion (1994), with transfer and charges. Option ``b`` makes option ``a`` of node ``v`` needless when ::

    unary[a] - unary[b] + sum over flows e of v: min over places k of the other end (cost_e(a, k) - cost_e(b, k))
        >= sum of the charges that cover b and not a

and ``b`` weighs no more than ``a`` in any row, is near enough to every place of a neighbour that ``a`` is near enough
to, and shares with ``a`` whatever attribute a group looks at. Nodes with copies, or with a neighbour that has them, are
left alone. Options are judged one after the other against those still there, so every removal leaves an optimal plan.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt

from optimizer.model.placement_model import PlacementModel
from optimizer.solve.labels import option_weights

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


def undominated_options(model: PlacementModel, option: Ints) -> Ints:
    """Those of the given options (ascending) that no other of them makes needless."""
    start = np.searchsorted(option, model.node_start)
    weights = option_weights(model)
    opening = _opening_micro_usd(model)
    attributes: dict[int, list[Ints]] = {}
    for group in model.groups:
        for member in group.node.tolist():
            attributes.setdefault(member, []).append(group.code)
    judged = _can_be_judged(model)
    flows = _flows_by_node(model)
    places = [np.unique(model.option_place[option[a:b]]) for a, b in pairwise(start.tolist())]
    kept = np.ones(len(option), dtype=np.bool_)
    for node in np.flatnonzero(judged & (np.diff(start) > 1)).tolist():
        mine = option[start[node] : start[node + 1]]
        worse = _advantage(model, node, mine, flows[node], places) - _extra_opening(opening, mine)
        for code in attributes.get(node, ()):
            value = code[model.option_place[mine]]
            worse[value[:, None] != value[None, :]] = -np.inf
        dense = weights[mine].toarray()
        kept[start[node] : start[node + 1]] = _survivors(worse, dense, model.unary_micro_usd[mine])
        places[node] = np.unique(model.option_place[mine[kept[start[node] : start[node + 1]]]])
    return option[kept]


def _survivors(worse: Floats, weights: Floats, unary: Floats) -> npt.NDArray[np.bool_]:
    """``worse[a, b]`` not negative: a costs at least as much as b, whatever the rest does. The dearest go first."""
    alive = np.ones(len(unary), dtype=np.bool_)
    for one in np.argsort(-unary, kind="stable").tolist():
        rivals = alive & (worse[one] >= 0)
        rivals[one] = False
        candidates = np.flatnonzero(rivals)
        if len(candidates) and (weights[candidates] <= weights[one]).all(axis=1).any():
            alive[one] = False
    return alive


def _advantage(
    model: PlacementModel, node: int, mine: Ints, flows: list[tuple[int, bool]], places: list[Ints]
) -> Floats:
    """The least that choosing b instead of a saves over unary costs and flows, ``[a, b]``."""
    unary = model.unary_micro_usd[mine]
    saved = unary[:, None] - unary[None, :]
    here = model.option_place[mine]
    price = model.transfer_micro_usd_per_gb
    for flow, outgoing in flows:
        other = int(model.pair_to[flow] if outgoing else model.pair_from[flow])
        limit = int(model.pair_limit[flow])
        if other == node:
            own = np.diag(price)[here]
            saved += model.pair_gb[flow] * (own[:, None] - own[None, :])
            if limit >= 0:
                saved[:, ~np.diag(model.pair_admissible[limit])[here]] = -np.inf
            continue
        there = places[other]
        cost = price[np.ix_(here, there)] if outgoing else price[np.ix_(there, here)].T
        saved += model.pair_gb[flow] * (cost[:, None, :] - cost[None, :, :]).min(axis=2)
        if limit >= 0:
            admissible = model.pair_admissible[limit]
            near = admissible[np.ix_(here, there)] if outgoing else admissible[np.ix_(there, here)].T
            saved[(near[:, None, :] & ~near[None, :, :]).any(axis=2)] = -np.inf
    return saved


def _opening_micro_usd(model: PlacementModel) -> list[tuple[npt.NDArray[np.bool_], float]]:
    opening = []
    for charge in model.charges:
        covered = np.zeros(len(model.option_node), dtype=np.bool_)
        covered[charge.option] = True
        opening.append((covered, float(charge.micro_usd)))
    return opening


def _extra_opening(opening: list[tuple[npt.NDArray[np.bool_], float]], mine: Ints) -> Floats:
    """Charges that choosing b instead of a could bring, ``[a, b]``."""
    extra = np.zeros((len(mine), len(mine)))
    for covered, micro_usd in opening:
        inside = covered[mine]
        extra += micro_usd * (~inside[:, None] & inside[None, :])
    return extra


def _can_be_judged(model: PlacementModel) -> npt.NDArray[np.bool_]:
    several = model.node_take > 1
    judged = ~several
    for one, other in ((model.pair_from, model.pair_to), (model.pair_to, model.pair_from)):
        judged[one[several[other]]] = False
    return judged


def _flows_by_node(model: PlacementModel) -> list[list[tuple[int, bool]]]:
    """For each node its flows with GB or a limit, and whether it is the source."""
    flows: list[list[tuple[int, bool]]] = [[] for _ in range(model.node_count)]
    for flow in np.flatnonzero((model.pair_gb > 0) | (model.pair_limit >= 0)).tolist():
        source, target = int(model.pair_from[flow]), int(model.pair_to[flow])
        flows[source].append((flow, True))
        if target != source:
            flows[target].append((flow, False))
    return flows

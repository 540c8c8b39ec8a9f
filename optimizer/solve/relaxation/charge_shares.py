"""Charges in the bound: each is split among the nodes that would make it due.

For shares that are not negative and add up to no more than the charge ::

    charge * (1 if any covered option is chosen) >= sum over nodes of share[node] * (1 if node chooses a covered option)

so a node may pay its share as part of its option's cost. Nodes with copies bear none.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from optimizer.model.placement_model import PlacementModel
from optimizer.solve.relaxation.label_graph import LabelGraph
from optimizer.units import MICRO_USD_PER_USD

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


FIRST_STEP: Final = 1.0
"""First step as a share of the charge."""
DECAY: Final = 0.1


class ChargeShares:
    """Shares in USD, one a pair of a charge and a model node that it concerns."""

    def __init__(self, model: PlacementModel, graph: LabelGraph) -> None:
        self._fee = np.array([charge.micro_usd for charge in model.charges], dtype=np.float64) / MICRO_USD_PER_USD
        covered = [np.sort(graph.position[charge.option]) for charge in model.charges]
        charge = np.repeat(np.arange(len(covered), dtype=np.int32), [len(one) for one in covered])
        at = np.concatenate([*covered, np.zeros(0, dtype=np.int32)])
        node = model.option_node[graph.option[at]] if len(graph.option) else at
        kept = (at >= 0) & (model.node_take[node] == 1)
        self._position, node, charge = at[kept], node[kept], charge[kept]
        # Positions go by node, so a pair's entries stand together.
        first = np.append(True, (np.diff(charge) != 0) | (np.diff(node) != 0))[: len(charge)]
        self._pair = np.cumsum(first, dtype=np.int32) - 1
        self._charge = charge[first]
        self._positions = len(graph.option)
        self._shares = np.zeros(len(self._charge))
        self._rounds = 0

    def __bool__(self) -> bool:
        return bool(len(self._shares))

    def step(self, chosen: Ints) -> Floats:
        """What each position bears after another round in which ``chosen`` positions were best, ``[position]``.

        A subgradient step: whoever chose what a charge covers bears more, then all bear less by the same amount until
        the shares fit into the charge again.
        """
        is_chosen = np.zeros(self._positions, dtype=np.bool_)
        is_chosen[chosen] = True
        due = np.zeros(len(self._shares), dtype=np.bool_)
        due[self._pair[is_chosen[self._position]]] = True
        bearers = np.bincount(self._charge[due], minlength=len(self._fee))
        step = FIRST_STEP / (1.0 + DECAY * self._rounds)
        self._shares[due] += step * (self._fee / np.maximum(bearers, 1))[self._charge[due]]
        held = np.flatnonzero(self._shares > 0)
        self._shares[held] = _fitted(self._shares[held], self._charge[held], self._fee)
        self._rounds += 1
        borne: Floats = np.zeros(self._positions)
        np.add.at(borne, self._position, self._shares[self._pair])
        return borne


def _fitted(shares: Floats, charge: Ints, fee: Floats) -> Floats:
    """The nearest shares, none negative, of which those of each charge add up to no more than it."""
    order = np.lexsort((-shares, charge))
    ordered, owner = shares[order], charge[order]
    begin = np.searchsorted(owner, np.arange(len(fee)))
    place = np.arange(len(order)) - begin[owner] + 1
    total = np.cumsum(ordered)
    total -= (total[begin[owner]] - ordered[begin[owner]]) if len(order) else 0.0
    surplus = (total - fee[owner]) / place
    count = np.bincount(owner[ordered > surplus], minlength=len(fee))
    taken = np.zeros(len(fee))
    some = count > 0
    taken[some] = np.maximum(surplus[(begin + count - 1)[some]], 0.0)
    return np.maximum(shares - taken[charge], 0.0)

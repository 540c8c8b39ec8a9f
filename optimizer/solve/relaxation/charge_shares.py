"""Charges in the bound: each is split among the nodes that would make it due.

For shares that are not negative and add up to no more than the charge ::

    charge * (1 if any covered option is chosen) >= sum over nodes of share[node] * (1 if node chooses a covered option)

so a node may pay its share as part of its option's cost. The shares settle, as an average over rounds, on the nodes
that keep choosing what the charge covers. Nodes with copies bear none.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from optimizer.model.placement_model import PlacementModel
from optimizer.solve.relaxation.label_graph import LabelGraph
from optimizer.units import MICRO_USD_PER_USD

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


class ChargeShares:
    """Shares in USD, one a pair of a charge and a model node that it concerns."""

    def __init__(self, model: PlacementModel, graph: LabelGraph) -> None:
        self._fee = np.array([charge.micro_usd for charge in model.charges], dtype=np.float64) / MICRO_USD_PER_USD
        position = np.full(len(model.option_node), -1, dtype=np.int64)
        position[graph.option] = np.arange(len(graph.option))
        covered = [position[charge.option] for charge in model.charges]
        charge = np.repeat(np.arange(len(covered)), [len(one) for one in covered])
        at = np.concatenate([*covered, np.zeros(0, dtype=np.int64)])
        node = model.option_node[graph.option[at]] if len(graph.option) else at
        kept = (at >= 0) & (model.node_take[node] == 1)
        self._position, node, charge = at[kept], node[kept], charge[kept]
        pairs, self._pair = np.unique(charge * model.node_count + node, return_inverse=True)
        self._charge = pairs // max(model.node_count, 1)
        self._positions = len(graph.option)
        self._shares = np.zeros(len(pairs))
        self._rounds = 0

    def __bool__(self) -> bool:
        return bool(len(self._shares))

    def step(self, chosen: Ints) -> Floats:
        """What each position bears after another round in which ``chosen`` positions were best, ``[position]``."""
        is_chosen = np.zeros(self._positions, dtype=np.bool_)
        is_chosen[chosen] = True
        due = np.zeros(len(self._shares), dtype=np.bool_)
        due[self._pair[is_chosen[self._position]]] = True
        bearers = np.bincount(self._charge[due], minlength=len(self._fee))
        fair = np.where(due, self._fee[self._charge] / np.maximum(bearers, 1)[self._charge], 0.0)
        weight = 2.0 / (self._rounds + 2.0)
        is_due = bearers[self._charge] > 0
        self._shares = np.where(is_due, (1 - weight) * self._shares + weight * fair, self._shares)
        self._rounds += 1
        borne: Floats = np.zeros(self._positions)
        np.add.at(borne, self._position, self._shares[self._pair])
        return borne

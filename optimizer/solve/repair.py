"""A plan that breaks a few rows made to keep them: cheap exchanges, one node at a time.

While a row is broken, the exchange with the least extra cost per unit of weight taken off the broken rows is made; then
exchanges that save money and break nothing are made until none is left. Exchanges keep groups and round-trip limits.
What comes out is only a plan: its distance from the optimum is proved by the bound, not here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from optimizer.model.placement_model import ROW_TOLERANCE_RATIO, PlacementModel
from optimizer.solve.labels import covered_by, row_weights

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
MOST_EXCHANGES_PER_NODE = 3
NEGLIGIBLE_MICRO_USD = 1.0
SLACK_PRICE_RATIO = 0.5
"""A price that turned out too high, because its row ended slack, is halved."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Repair:
    """Chosen options (ascending) that keep every row; ``prices`` (float64 ``[row]``, micro-USD per unit of weight) is
    what the exchanges that relieved each row cost on average, or half the price that came in where none was needed."""

    chosen: Ints
    prices: Floats


def repair(model: PlacementModel, chosen: Ints, prices: Floats) -> Repair | None:
    """Make choices keep every row by exchanges; None when exchanges do not get there.

    Models in which a node takes several options are not repaired.
    """
    if (model.node_take != 1).any() or not len(chosen):
        return None
    exchange = _Exchange(model, chosen)
    spent, relieved = np.zeros(len(prices)), np.zeros(len(prices))
    for _ in range(MOST_EXCHANGES_PER_NODE * model.node_count):
        broken = exchange.load > exchange.upper + exchange.tolerance
        extra, allowed = exchange.extra_micro_usd(), exchange.allowed()
        if not broken.any():
            option = exchange.best_saving(extra, allowed)
            if option is None:
                average = np.divide(spent, relieved, out=prices * SLACK_PRICE_RATIO, where=relieved > 0)
                return Repair(chosen=np.sort(exchange.chosen), prices=average)
        else:
            option = exchange.best_relief(extra, allowed, broken)
            if option is None:
                return None
            price, relief = exchange.price_of(option, extra, broken)
            spent, relieved = spent + price * relief, relieved + relief
        exchange.make(option)
    return None


class _Exchange:
    """The plan at hand, and what each single exchange would change; arrays are ``[option]`` unless said."""

    def __init__(self, model: PlacementModel, chosen: Ints) -> None:
        self.model = model
        self.chosen = chosen[np.argsort(model.option_node[chosen])].copy()
        self.weights = row_weights(model).toarray()
        self.upper = np.array([row.upper for row in model.rows])
        self.tolerance = ROW_TOLERANCE_RATIO * np.array([row.scale for row in model.rows])
        self.covered = covered_by(model, [charge.option for charge in model.charges]).toarray().astype(bool).T
        self.charge = np.array([charge.micro_usd for charge in model.charges], dtype=np.float64)
        self.load = self._load()

    def _load(self) -> Floats:
        return np.asarray(self.weights[self.chosen].sum(axis=0), dtype=np.float64)

    def extra_micro_usd(self) -> Floats:
        """What each option would cost more than the one that its node has, the rest unchanged."""
        model = self.model
        place = model.option_place[self.chosen]
        at = np.zeros((model.node_count, len(model.transfer_micro_usd_per_gb)))
        price, gb = model.transfer_micro_usd_per_gb, model.pair_gb[:, None]
        loops = model.pair_from == model.pair_to
        np.add.at(at, model.pair_from[~loops], (gb * price[:, place[model.pair_to]].T)[~loops])
        np.add.at(at, model.pair_to[~loops], (gb * price[place[model.pair_from], :])[~loops])
        np.add.at(at, model.pair_from[loops], (gb * np.diag(price)[None, :])[loops])
        total = model.unary_micro_usd + at[model.option_node, model.option_place]
        return total - total[self.chosen][model.option_node] + self._opening()

    def _opening(self) -> Floats:
        """Charges that an exchange opens, less those that it closes."""
        extra = np.zeros(len(self.model.option_node))
        for covered, micro_usd in zip(self.covered, self.charge, strict=True):
            inside = covered[self.chosen]
            used = int(inside.sum())
            leaves = inside[self.model.option_node]
            extra += micro_usd * (covered & (used == 0))
            extra -= micro_usd * (~covered & leaves & (used == 1))
        return extra

    def allowed(self) -> npt.NDArray[np.bool_]:
        """Options that round trips and groups would accept."""
        model = self.model
        place = model.option_place[self.chosen]
        fine = np.ones((model.node_count, len(model.transfer_micro_usd_per_gb)), dtype=np.bool_)
        for flow in np.flatnonzero(model.pair_limit >= 0).tolist():
            admissible = model.pair_admissible[model.pair_limit[flow]]
            source, target = int(model.pair_from[flow]), int(model.pair_to[flow])
            fine[source] &= admissible[:, place[target]]
            fine[target] &= admissible[place[source], :]
        for group in model.groups:
            value = group.code[place[group.node]]
            for position, node in enumerate(group.node.tolist()):
                others = np.delete(value, position)
                same = np.isin(group.code, others)
                fine[node] &= (same if group.same else ~same) if len(others) else True
        return model.admissible & fine[model.option_node, model.option_place]

    def best_relief(self, extra: Floats, allowed: npt.NDArray[np.bool_], broken: npt.NDArray[np.bool_]) -> int | None:
        """The allowed option that takes weight off the broken rows at the least cost per unit, overloads no other."""
        change = self._weight_change()
        relief = -(change @ self._scale(broken))
        after = self.load + change
        breaks_more = ((after > self.upper + self.tolerance) & ~broken).any(axis=1)
        candidates = np.flatnonzero(allowed & (relief > 1e-12) & ~breaks_more)
        if not len(candidates):
            return None
        return int(candidates[np.argmin(extra[candidates] / relief[candidates])])

    def price_of(self, option: int, extra: Floats, broken: npt.NDArray[np.bool_]) -> tuple[Floats, Floats]:
        """What an exchange pays for a unit of weight of each broken row, and how much it takes off, ``[row]`` each."""
        scale = self._scale(broken)
        change = self._weight_change()[option]
        price = max(float(extra[option]), 0.0) / -float(change @ scale) * scale
        return price, np.where(broken, np.maximum(-change, 0.0), 0.0)

    def _scale(self, broken: npt.NDArray[np.bool_]) -> Floats:
        """Units of different broken rows made comparable, ``[row]``; 0 for rows that hold."""
        return np.where(broken, 1.0 / np.maximum(np.abs(self.upper), 1.0), 0.0)

    def best_saving(self, extra: Floats, allowed: npt.NDArray[np.bool_]) -> int | None:
        """The allowed option that saves most and breaks no row."""
        candidates = np.flatnonzero(allowed & (extra < -NEGLIGIBLE_MICRO_USD))
        if not len(candidates):
            return None
        fits = (self.load + self._weight_change()[candidates] <= self.upper + self.tolerance).all(axis=1)
        candidates = candidates[fits]
        return int(candidates[np.argmin(extra[candidates])]) if len(candidates) else None

    def _weight_change(self) -> Floats:
        return np.asarray(self.weights - self.weights[self.chosen][self.model.option_node], dtype=np.float64)

    def make(self, option: int) -> None:
        """Exchange the node's option for this one."""
        self.chosen[self.model.option_node[option]] = option
        self.load = self._load()

"""The textbook program: a variable for every pair of places that a flow may join, tied to both choices.

For a flow of ``q`` GB from ``u`` to ``v``, places ``l, k`` and price ``P[l, k] > 0``, with ``x[u, l]`` the sum of the
choices of ``u`` at ``l``::

    z[l, k] >= x[u, l] + x[v, k] - 1,   0 <= z,   cost q * P[l, k] * z[l, k]

A reader of a dataset with copies says which copy serves it: ``sum_l s[l, k] = x[v, k]``, ``s[l, k] <= x[u, l]``.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from optimizer.model.placement_model import PlacementModel
from optimizer.solve.linear_program import LinearProgram, LinearProgramBuilder
from optimizer.units import MICRO_USD_PER_USD
from tests.benchmarks.baselines.choices import Ints

MOST_PRODUCTS: Final = 5_000_000


class TooLarge(Exception):
    """The program would have more products than a solver can be handed."""


def product_program(model: PlacementModel, *, whole: bool) -> LinearProgram:
    """The program; its first columns are the options. ``whole`` makes the products whole numbers too.

    Raises:
        TooLarge: it would have more than ``MOST_PRODUCTS`` products.
    """
    return _Products(model, whole).build()


class _Products:
    def __init__(self, model: PlacementModel, whole: bool) -> None:
        self.model, self.whole = model, whole
        self.program = LinearProgramBuilder()
        self.x = self.program.columns(
            model.unary_micro_usd / MICRO_USD_PER_USD, upper=model.admissible.astype(np.float64), integer=True
        )
        cell = model.option_node * len(model.transfer_micro_usd_per_gb) + model.option_place
        self.cells, self.cell_of_option = np.unique(cell, return_inverse=True)

    def build(self) -> LinearProgram:
        """Assignment, copies, rows, charges and groups as they are; then the flows."""
        places = len(self.model.transfer_micro_usd_per_gb)
        if sum(self._pairs_of(flow) for flow in self._flows().tolist()) > MOST_PRODUCTS:
            raise TooLarge(f"more than {MOST_PRODUCTS:,} products")
        self.presence = self._presence()
        self.start = np.searchsorted(self.cells, np.arange(self.model.node_count + 1) * places)
        self.place = self.cells % places
        take = self.model.node_take.astype(np.float64)
        self.program.rows(self.model.option_node, self.x, 1.0, take, take)
        self._copies()
        for row in self.model.rows:
            if len(row.option):
                at = np.zeros(len(row.option), dtype=np.int64)
                self.program.rows(at, row.option, row.coefficient, -np.inf, row.upper)
        self._charges()
        self._groups()
        for flow in self._flows().tolist():
            self._serve(flow) if self.model.node_take[self.model.pair_from[flow]] > 1 else self._multiply(flow)
        return self.program.build()

    def _flows(self) -> Ints:
        return np.flatnonzero((self.model.pair_gb > 0) | (self.model.pair_limit >= 0))

    def _pairs_of(self, flow: int) -> int:
        places = np.bincount(self.cells // len(self.model.transfer_micro_usd_per_gb), minlength=self.model.node_count)
        return int(places[self.model.pair_from[flow]] * places[self.model.pair_to[flow]])

    def _presence(self) -> Ints:
        """A column for every (node, place), equal to the sum of the choices there, ``[cell]``."""
        column = self.program.columns(np.zeros(len(self.cells)), integer=self.whole)
        cell = np.arange(len(self.cells))
        self.program.rows(
            np.concatenate([self.cell_of_option, cell]),
            np.concatenate([self.x, column]),
            np.concatenate([np.ones(len(self.x)), -np.ones(len(column))]),
            0.0,
            0.0,
        )
        return column

    def _copies(self) -> None:
        code = np.stack(self.model.distinct_codes)[
            self.model.node_distinct[self.model.option_node], self.model.option_place
        ]
        several = np.flatnonzero(self.model.node_take[self.model.option_node] > 1)
        if len(several):
            key = np.unique(self.model.option_node[several] * (code.max() + 1) + code[several], return_inverse=True)[1]
            self.program.rows(key, several, 1.0, -np.inf, 1.0)

    def _charges(self) -> None:
        for charge in self.model.charges:
            count = len(charge.option)
            opened = self.program.columns(np.array([charge.micro_usd / MICRO_USD_PER_USD]), integer=True)
            each = np.arange(count)
            self.program.rows(
                np.concatenate([each, each]),
                np.concatenate([charge.option, np.repeat(opened, count)]),
                np.concatenate([np.ones(count), -np.ones(count)]),
                -np.inf,
                0.0,
            )

    def _groups(self) -> None:
        for group in self.model.groups:
            codes = [group.code[self._places_of(node)] for node in group.node.tolist()]
            columns = [self._columns_of(node) for node in group.node.tolist()]
            if group.same:
                for one in range(1, len(codes)):
                    row = np.concatenate([codes[0], codes[one]])
                    sign = np.concatenate([np.ones(len(codes[0])), -np.ones(len(codes[one]))])
                    self.program.rows(row, np.concatenate([columns[0], columns[one]]), sign, 0.0, 0.0)
            else:
                self.program.rows(np.concatenate(codes), np.concatenate(columns), 1.0, -np.inf, 1.0)

    def _places_of(self, node: int) -> Ints:
        places: Ints = self.place[self.start[node] : self.start[node + 1]]
        return places

    def _columns_of(self, node: int) -> Ints:
        return self.presence[self.start[node] : self.start[node + 1]]

    def _pair(self, flow: int) -> tuple[Ints, Ints, npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
        """Columns of both ends, USD of every pair of their places and which pairs are near enough, ``[from, to]``."""
        source, target = int(self.model.pair_from[flow]), int(self.model.pair_to[flow])
        cells = np.ix_(self._places_of(source), self._places_of(target))
        usd = self.model.pair_gb[flow] * self.model.transfer_micro_usd_per_gb[cells] / MICRO_USD_PER_USD
        limit = self.model.pair_limit[flow]
        near = np.ones(usd.shape, np.bool_) if limit < 0 else self.model.pair_admissible[limit][cells]
        return self._columns_of(source), self._columns_of(target), usd, near

    def _multiply(self, flow: int) -> None:
        source, target, usd, near = self._pair(flow)
        one, other = np.nonzero(near & (usd > 0))
        product = self.program.columns(usd[one, other], integer=self.whole)
        each = np.arange(len(product))
        self.program.rows(
            np.concatenate([each, each, each]),
            np.concatenate([source[one], target[other], product]),
            np.concatenate([np.ones(2 * len(each)), -np.ones(len(each))]),
            -np.inf,
            1.0,
        )
        one, other = np.nonzero(~near)
        each = np.arange(len(one))
        self.program.rows(np.concatenate([each, each]), np.concatenate([source[one], target[other]]), 1.0, -np.inf, 1.0)

    def _serve(self, flow: int) -> None:
        source, target, usd, near = self._pair(flow)
        one, other = np.nonzero(near)
        serves = self.program.columns(usd[one, other], integer=self.whole)
        each = np.arange(len(target))
        self.program.rows(
            np.concatenate([other, each]),
            np.concatenate([serves, target]),
            np.concatenate([np.ones(len(serves)), -np.ones(len(each))]),
            0.0,
            0.0,
        )
        each = np.arange(len(serves))
        self.program.rows(
            np.concatenate([each, each]),
            np.concatenate([serves, source[one]]),
            np.concatenate([np.ones(len(each)), -np.ones(len(each))]),
            -np.inf,
            0.0,
        )

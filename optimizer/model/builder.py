"""Collects what rules and terms say into a ``PlacementModel``."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from optimizer.model.placement_model import Charge, Group, Indices, PlacementModel, Row
from optimizer.problem.problem import DISTINCT_ATTRIBUTES, Problem


class ModelBuilder:
    """Open until ``build``; every method adds, none replaces."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        options = len(problem.option_ids)
        flows = len(problem.flow_from)
        self._admissible = np.ones(options, dtype=np.bool_)
        self._unary = np.zeros(options, dtype=np.float64)
        self._take = np.ones(len(problem.node_ids), dtype=np.int64)
        self._pair_gb = np.zeros(flows, dtype=np.float64)
        self._pair_limit = np.full(flows, -1, dtype=np.int64)
        self._pair_admissible: list[npt.NDArray[np.bool_]] = []
        self._rows: list[Row] = []
        self._charges: list[Charge] = []
        self._groups: list[Group] = []

    def forbid(self, options: Indices) -> None:
        """Options that may not be chosen."""
        self._admissible[options] = False

    def take(self, copies: npt.NDArray[np.int64]) -> None:
        """How many options each node takes, ``[node]``, distinct by the node's ``node_distinct`` attribute."""
        self._take = copies.astype(np.int64)

    def add_unary(self, micro_usd: npt.NDArray[np.integer | np.floating]) -> None:
        """Monthly cost of choosing each option, ``[option]``."""
        self._unary += micro_usd

    def add_pair_cost(self, gb: npt.NDArray[np.float64]) -> None:
        """GB a month over each flow of the problem, priced by the transfer matrix, ``[flow]``."""
        self._pair_gb += gb

    def limit_pairs(self, flows: npt.NDArray[np.int64], admissible: npt.NDArray[np.bool_]) -> None:
        """The flows may only join places for which ``admissible[from, to]``."""
        self._pair_admissible.append(admissible)
        self._pair_limit[flows] = len(self._pair_admissible) - 1

    def add_row(self, name: str, option: Indices, coefficient: npt.NDArray[np.float64], upper: float) -> None:
        """``sum coefficient * x <= upper``."""
        self._rows.append(Row(name=name, option=option, coefficient=coefficient, upper=upper))

    def add_charge(self, name: str, option: Indices, micro_usd: int) -> None:
        """A cost paid once when any of the options is chosen."""
        self._charges.append(Charge(name=name, option=option, micro_usd=micro_usd))

    def add_group(self, name: str, node: npt.NDArray[np.int64], code: npt.NDArray[np.int64], *, same: bool) -> None:
        """Nodes that share, or never share, an attribute of their places."""
        self._groups.append(Group(name=name, node=node, code=code, same=same))

    def build(self) -> PlacementModel:
        """The finished model."""
        problem = self._problem
        self._fold_self_flows()
        return PlacementModel(
            node_start=problem.node_start,
            node_take=self._take,
            node_distinct=problem.node_distinct,
            distinct_codes=tuple(problem.place_codes(attribute) for attribute in DISTINCT_ATTRIBUTES),
            option_node=problem.option_node,
            option_place=problem.option_place,
            admissible=self._admissible,
            unary_micro_usd=self._unary,
            pair_from=problem.flow_from,
            pair_to=problem.flow_to,
            pair_gb=self._pair_gb,
            pair_limit=self._pair_limit,
            pair_admissible=tuple(self._pair_admissible),
            transfer_micro_usd_per_gb=problem.transfer_micro_usd_per_gb.astype(np.float64),
            rows=tuple(self._rows),
            charges=tuple(self._charges),
            groups=tuple(self._groups),
        )

    def _fold_self_flows(self) -> None:
        """What a node with one copy sends to itself is a matter of its own place: unary, forbidden where too slow."""
        problem = self._problem
        own = np.diag(problem.transfer_micro_usd_per_gb).astype(np.float64)
        for flow in np.flatnonzero(
            (problem.flow_from == problem.flow_to) & (self._take[problem.flow_from] == 1)
        ).tolist():
            options = slice(*problem.node_start[problem.flow_from[flow] :][:2].tolist())
            place = problem.option_place[options]
            self._unary[options] += self._pair_gb[flow] * own[place]
            if self._pair_limit[flow] >= 0:
                self._admissible[options] &= np.diag(self._pair_admissible[self._pair_limit[flow]])[place]
            self._pair_gb[flow], self._pair_limit[flow] = 0.0, -1

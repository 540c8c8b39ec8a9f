"""The group-flow formulation: a mixed-integer program whose LP is as tight as the local polytope.

For a flow ``(u, v)`` of ``q`` GB, groups ``g, h`` with price ``Q[g, h]``, place ``l`` in group ``g(l)``::

    x[v, l] in {0, 1}, sum_l x[v, l] = copies of v        y[g, h] >= 0 for admissible pairs
    sum_h y[g, h] = sum_{l in g} x[u, l]                  sum_g y[g, h] = sum_{l in h} x[v, l]
    0 <= a[l] <= x[u, l], x[v, l]                         sum_{l in g} a[l] <= y[g, g]
    cost = q * (sum_{g, h} Q[g, h] y[g, h] - sum_l saving[l] a[l])

Between single-copy nodes only cells that save against the dearest price get a ``y`` (see ``_savings``); both directions
share ``y`` and ``a``; a limit on their round trip is stated by
place, apart from the price, so that it splits no group. A node with copies serves each chosen place of its reader from
any of its own that is near enough: there the groups tell limits apart, and the first equality becomes
``y[g, h] <= m * sum_{l in g} x[u, l]``.
Only ``x``, the charges and the values of same-groups are whole numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from optimizer.model.placement_model import Group, PlacementModel
from optimizer.solve.dominance import undominated_options
from optimizer.solve.flow_columns import GroupSums, Pairs, Runs, dearest, diagonal_columns, merged_pairs
from optimizer.solve.labels import needed_options
from optimizer.solve.linear_program import Floats, Ints, LinearProgram, LinearProgramBuilder
from optimizer.solve.place_groups import discover_groups
from optimizer.units import MICRO_USD_PER_USD


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GroupFlow:
    """A program whose first ``len(option)`` columns say which options are chosen."""

    program: LinearProgram
    option: Ints


def formulate(model: PlacementModel) -> GroupFlow:
    """The program of a model."""
    return _Formulation(model).build()


class _Formulation:
    def __init__(self, model: PlacementModel) -> None:
        self.model = model
        self.program = LinearProgramBuilder()
        self.option = undominated_options(model, needed_options(model))
        self.node = model.option_node[self.option]
        self.place = model.option_place[self.option]
        self.column_of_option = np.full(len(model.option_node), -1, dtype=np.int64)
        self.x = self.program.columns(model.unary_micro_usd[self.option] / MICRO_USD_PER_USD, integer=True)
        self.column_of_option[self.option] = self.x

    def build(self) -> GroupFlow:
        self._assign()
        self._copies_apart()
        opened = self._charges()
        self._rows(opened)
        for group in self.model.groups:
            self._same(group) if group.same else self._apart(group)
        self._savings(self._single_pairs())
        for pairs in self._copied_pairs():
            self._flow(pairs)
        self._near()
        return GroupFlow(program=self.program.build(), option=self.option)

    def _assign(self) -> None:
        take = self.model.node_take.astype(np.float64)
        self.program.rows(
            np.append(self.node, self.model.node_count - 1),
            np.append(self.x, self.x[0] if len(self.x) else 0),
            np.append(np.ones(len(self.x)), 0.0),
            take,
            take,
        )

    def _copies_apart(self) -> None:
        several = np.flatnonzero(self.model.node_take[self.node] > 1)
        for distinct, code in enumerate(self.model.distinct_codes):
            mine = several[self.model.node_distinct[self.node[several]] == distinct]
            cell = self.node[mine] * (int(code.max()) + 1) + code[self.place[mine]]
            _, row = np.unique(cell, return_inverse=True)
            self.program.rows(row, self.x[mine], 1.0, -np.inf, 1.0)

    def _charges(self) -> list[tuple[set[int], int]]:
        """A column a charge; every node pays at most once: ``sum of its covered x <= y`` (each x for copies)."""
        opened = []
        for charge in self.model.charges:
            covered = self.column_of_option[charge.option]
            covered = covered[covered >= 0]
            y = int(self.program.columns(np.array([charge.micro_usd / MICRO_USD_PER_USD]), integer=True)[0])
            single = self.model.node_take[self.node[covered]] == 1
            row_key = np.where(single, self.node[covered], self.model.node_count + covered)
            _, row = np.unique(row_key, return_inverse=True)
            rows = np.arange(int(row.max(initial=-1)) + 1)
            self.program.rows(
                np.concatenate([row, rows]),
                np.concatenate([covered, np.full(len(rows), y)]),
                np.concatenate([np.ones(len(covered)), -np.ones(len(rows))]),
                -np.inf,
                0.0,
            )
            opened.append((set(covered.tolist()), y))
        return opened

    def _rows(self, opened: list[tuple[set[int], int]]) -> None:
        """``sum coefficient x <= upper``; under a charge that covers the whole row: ``<= upper * y``."""
        for row in self.model.rows:
            column = self.column_of_option[row.option]
            present = column >= 0
            column, coefficient = column[present], row.coefficient[present]
            scale = max(float(np.abs(coefficient).max(initial=0.0)), abs(row.upper), 1e-12)
            upper = row.upper / scale
            coefficient = coefficient / scale
            inside = set(column.tolist())
            cover = next((y for columns, y in opened if inside and inside <= columns), None)
            if cover is not None and row.upper > 0:
                column, coefficient = np.append(column, cover), np.append(coefficient, -upper)
                upper = 0.0
            if len(column):
                self.program.rows(np.zeros(len(column), dtype=np.int64), column, coefficient, -np.inf, upper)
            elif upper < 0:
                self._nothing_fits()

    def _nothing_fits(self) -> None:
        """A row without options that even nothing breaks: state it so that the solver says infeasible."""
        column = self.program.columns(np.zeros(1), upper=0.0)
        self.program.rows(np.zeros(1, dtype=np.int64), column, 1.0, 1.0, np.inf)

    def _members(self, group: Group) -> tuple[Ints, Ints, Ints]:
        """Columns of the group's nodes, the position of their node, their attribute value."""
        position = np.full(self.model.node_count, -1, dtype=np.int64)
        position[group.node] = np.arange(len(group.node))
        mine = np.flatnonzero(position[self.node] >= 0)
        return self.x[mine], position[self.node[mine]], group.code[self.place[mine]]

    def _same(self, group: Group) -> None:
        column, position, value = self._members(group)
        values = np.unique(group.code)
        chosen = self.program.columns(np.zeros(len(values)), integer=True)
        nodes = np.arange(len(group.node))
        row = position * len(values) + np.searchsorted(values, value)
        every = np.arange(len(nodes) * len(values))
        take = np.repeat(self.model.node_take[group.node].astype(np.float64), len(values))
        self.program.rows(
            np.concatenate([row, every]),
            np.concatenate([column, np.tile(chosen, len(nodes))]),
            np.concatenate([np.ones(len(column)), -take]),
            0.0,
            0.0,
        )

    def _apart(self, group: Group) -> None:
        column, position, value = self._members(group)
        values = np.unique(group.code)
        cell = position * len(values) + np.searchsorted(values, value)
        cells, inverse = np.unique(cell, return_inverse=True)
        present = self.program.columns(np.zeros(len(cells)))
        single = self.model.node_take[group.node[position]] == 1
        _, row = np.unique(np.where(single, inverse, len(cells) + np.arange(len(column))), return_inverse=True)
        ends = np.zeros(int(row.max(initial=-1)) + 1, dtype=np.int64)
        ends[row] = inverse
        rows = np.arange(len(ends))
        self.program.rows(
            np.concatenate([row, rows]),
            np.concatenate([column, present[ends]]),
            np.concatenate([np.ones(len(column)), -np.ones(len(rows))]),
            -np.inf,
            0.0,
        )
        _, by_value = np.unique(cells % len(values), return_inverse=True)
        self.program.rows(by_value, present, 1.0, -np.inf, 1.0)

    def _single_pairs(self) -> Pairs:
        """Flows between nodes of one copy, opposite ones merged, by price alone."""
        model = self.model
        per_gb = model.transfer_micro_usd_per_gb / MICRO_USD_PER_USD
        single = (model.node_take[model.pair_from] == 1) & (model.node_take[model.pair_to] == 1)
        paid = np.flatnonzero(single & (model.pair_gb > 0))
        return merged_pairs(discover_groups(per_gb, np.ones_like(per_gb, dtype=np.bool_)), model, paid, both_ways=True)

    def _copied_pairs(self) -> list[Pairs]:
        """Flows of nodes with copies, by price and limit."""
        model = self.model
        everywhere = np.ones_like(model.transfer_micro_usd_per_gb, dtype=np.bool_)
        per_gb = model.transfer_micro_usd_per_gb / MICRO_USD_PER_USD
        copied = (model.node_take[model.pair_from] > 1) | (model.node_take[model.pair_to] > 1)
        families = []
        for limit in (-1, *range(len(model.pair_admissible))):
            admissible = everywhere if limit < 0 else model.pair_admissible[limit]
            flow = np.flatnonzero(copied & (model.pair_limit == limit) & ((model.pair_gb > 0) | (limit >= 0)))
            if len(flow):
                families.append(merged_pairs(discover_groups(per_gb, admissible), model, flow, both_ways=False))
        return [pairs for pairs in families if len(pairs.source)]

    def _near(self) -> None:
        """Single-copy flows with a limit: ``x[u, l] <= sum of x[v, k] over the k near l``, and the same from ``v``."""
        model = self.model
        single = (model.node_take[model.pair_from] == 1) & (model.node_take[model.pair_to] == 1)
        at = np.zeros((model.node_count, len(model.transfer_micro_usd_per_gb)), dtype=np.bool_)
        at[self.node, self.place] = True
        runs = Runs(self.node * at.shape[1] + self.place, self.x, at.size)
        for limit, admissible in enumerate(model.pair_admissible):
            flow = np.flatnonzero(single & (model.pair_limit == limit))
            source, target = model.pair_from[flow], model.pair_to[flow]
            self._near_one_way(at, runs, source, target, admissible)
            self._near_one_way(at, runs, target, source, admissible.T)

    def _near_one_way(
        self, at: npt.NDArray[np.bool_], runs: Runs, one: Ints, other: Ints, admissible: npt.NDArray[np.bool_]
    ) -> None:
        flow, place = np.nonzero(at[one])
        near = at[other[flow]] & admissible[place]
        binding = (near != at[other[flow]]).any(axis=1)
        flow, place, near = flow[binding], place[binding], near[binding]
        row, column = runs.of(one[flow] * at.shape[1] + place)
        near_row, near_place = np.nonzero(near)
        position, near_column = runs.of(other[flow[near_row]] * at.shape[1] + near_place)
        self.program.rows(
            np.concatenate([row, near_row[position]]),
            np.concatenate([column, near_column]),
            np.concatenate([np.ones(len(row)), -np.ones(len(near_column))]),
            -np.inf,
            0.0,
        )

    def _savings(self, pairs: Pairs) -> None:
        """Flows as what they cost at most, which falls on one end alone, less what being near saves.

        With ``most[g] = max over h of Q[g, h]`` a flow costs ``q * (sum_g most[g] * sum_{l in g} x[u, l]
        - sum_{g, h} (most[g] - Q[g, h]) * y[g, h])``. Cells that save nothing need no ``y``, and the equalities
        become ``<=``: the bound is the same, because a cell that is left out could only have saved nothing.
        """
        if not len(pairs.source):
            return
        groups = pairs.groups
        sums = GroupSums(self.node, self.place, self.x, groups, self.model.node_count)
        at_source, at_target = sums.present[pairs.source], sums.present[pairs.target]
        forward = pairs.forward_gb[:, None] * dearest(groups.price, at_target)
        backward = pairs.backward_gb[:, None] * dearest(groups.price, at_source)
        for end, present, most in ((pairs.source, at_source, forward), (pairs.target, at_target, backward)):
            pair, group = np.nonzero(present)
            row, column = sums.expand(end[pair], group)
            self.program.add_cost(column, most[pair, group][row])
        pair, g, h = np.nonzero(at_source[:, :, None] & at_target[:, None, :])
        saving = forward[pair, g] - pairs.forward_gb[pair] * groups.price[g, h]
        saving += backward[pair, h] - pairs.backward_gb[pair] * groups.price[h, g]
        worth = (saving > 0) | (g == h)
        pair, g, h = pair[worth], g[worth], h[worth]
        y = self.program.columns(-saving[worth])
        for end, group in ((pairs.source, g), (pairs.target, h)):
            self._at_most(end, sums, pair, group, y)
        self._same_place(pairs, sums, diagonal_columns(pairs, pair, g, h, y))

    def _at_most(self, end: Ints, sums: GroupSums, pair: Ints, group: Ints, y: Ints) -> None:
        """``sum of y <= sum_{l in group} x[end, l]`` for every pair and group that has a ``y``."""
        cell, number = np.unique(pair * sums.groups + group, return_inverse=True)
        row, column = sums.expand(end[cell // sums.groups], cell % sums.groups)
        self.program.rows(
            np.concatenate([number, row]),
            np.concatenate([y, column]),
            np.concatenate([np.ones(len(y)), -np.ones(len(column))]),
            -np.inf,
            0.0,
        )

    def _flow(self, pairs: Pairs) -> None:
        groups = pairs.groups
        sums = GroupSums(self.node, self.place, self.x, groups, self.model.node_count)
        pair, g, h = np.nonzero(
            sums.present[pairs.source][:, :, None] & sums.present[pairs.target][:, None, :] & groups.admissible[None]
        )
        cost = pairs.forward_gb[pair] * groups.price[g, h] + pairs.backward_gb[pair] * groups.price[h, g]
        upper = self.model.node_take[pairs.target[pair]].astype(np.float64)
        # Whole numbers lose nothing (for whole x a whole y is optimal) and keep HiGHS's presolve from cutting off good
        # plans: with continuous y it was seen to prove optima of such equalities that were not.
        y = self.program.columns(cost, upper=upper, integer=True)
        self._balance_target(pairs, sums, pair, h, y)
        self._balance_source(pairs, sums, pair, g, y)
        self._same_place(pairs, sums, diagonal_columns(pairs, pair, g, h, y))

    def _balance_target(self, pairs: Pairs, sums: GroupSums, pair: Ints, h: Ints, y: Ints) -> None:
        """``sum_g y[g, h] = sum_{l in h} x[v, l]`` for every group in which the target may be."""
        self._equal(pairs.target, sums, pair, h, y, np.ones(len(pairs.source)))

    def _balance_source(self, pairs: Pairs, sums: GroupSums, pair: Ints, g: Ints, y: Ints) -> None:
        take = self.model.node_take
        single = take[pairs.source] == 1
        chosen = single[pair]
        self._equal(
            pairs.source, sums, pair[chosen], g[chosen], y[chosen], take[pairs.target].astype(np.float64), only=single
        )
        served = np.flatnonzero(~chosen)
        if not len(served):
            return
        # y[g, h] <= (copies of the target) * sum_{l in g} x[u, l]
        row, column = sums.expand(pairs.source[pair[served]], g[served])
        weight = take[pairs.target[pair[served]]].astype(np.float64)
        self.program.rows(
            np.concatenate([np.arange(len(served)), row]),
            np.concatenate([y[served], column]),
            np.concatenate([np.ones(len(served)), -weight[row]]),
            -np.inf,
            0.0,
        )

    def _equal(
        self,
        end: Ints,
        sums: GroupSums,
        pair: Ints,
        group: Ints,
        y: Ints,
        weight: Floats,
        only: npt.NDArray[np.bool_] | None = None,
    ) -> None:
        """``sum of y = weight * sum_{l in group} x[end, l]`` for every pair and group in which the end may be."""
        pairs, groups = np.nonzero(sums.present[end] if only is None else sums.present[end] & only[:, None])
        if not len(pairs):
            return
        number = np.full(sums.present[end].shape, -1, dtype=np.int64)
        number[pairs, groups] = np.arange(len(pairs))
        row, column = sums.expand(end[pairs], groups)
        self.program.rows(
            np.concatenate([number[pair, group], row]),
            np.concatenate([y, column]),
            np.concatenate([np.ones(len(y)), -weight[pairs[row]]]),
            0.0,
            0.0,
        )

    def _same_place(self, pairs: Pairs, sums: GroupSums, diagonal: Ints) -> None:
        """Savings of both ends in the very same place, where the group's own price is dearer."""
        groups = pairs.groups
        at = np.zeros((self.model.node_count, len(groups.code)), dtype=np.bool_)
        at[self.node, self.place] = True
        worthwhile = (groups.saving > 0)[None, :] & (diagonal[:, groups.code] >= 0)
        pair, place = np.nonzero(at[pairs.source] & at[pairs.target] & worthwhile)
        if not len(pair):
            return
        gb = pairs.forward_gb[pair] + pairs.backward_gb[pair]
        limit = np.minimum(self.model.node_take[pairs.source[pair]], self.model.node_take[pairs.target[pair]])
        a = self.program.columns(-gb * groups.saving[place], upper=np.minimum(limit, 1).astype(np.float64))
        for end in (pairs.source, pairs.target):
            row, column = sums.at_place(end[pair], place)
            self.program.rows(
                np.concatenate([np.arange(len(a)), row]),
                np.concatenate([a, column]),
                np.concatenate([np.ones(len(a)), -np.ones(len(row))]),
                -np.inf,
                0.0,
            )
        cell, row = np.unique(pair * groups.count + groups.code[place], return_inverse=True)
        y = diagonal[cell // groups.count, cell % groups.count]
        self.program.rows(
            np.concatenate([row, np.arange(len(cell))]),
            np.concatenate([a, y]),
            np.concatenate([np.ones(len(a)), -np.ones(len(cell))]),
            -np.inf,
            0.0,
        )

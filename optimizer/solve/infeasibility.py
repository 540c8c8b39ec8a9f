"""Why nothing is possible: a smallest set of rules that cannot hold together.

CP-SAT decides feasibility without an objective (with one, every assumption comes back as part of the core). Its core
narrows the search; a deletion filter then drops each rule that the clash does not need, so what remains is minimal:
without any one of them a plan exists.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal

import numpy as np

from optimizer.model.compile import compile_model
from optimizer.model.placement_model import Group, PlacementModel, Row
from optimizer.problem.problem import Problem
from optimizer.rules import Copies, PairLatency
from optimizer.rules.rule import Rule
from optimizer.solve.limits import Clock

ROW_SCALE = 10**6
CHECK_SECONDS = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """Ids of rules that clash; ``is_minimal`` is False when time ran out before every one was proved necessary."""

    rule_ids: tuple[str, ...]
    is_minimal: bool


def find_conflict(problem: Problem, *, seconds: float, seed: int, clock: Clock) -> Conflict:
    """A smallest set of rules of an infeasible problem that cannot hold together."""
    deadline = clock() + seconds
    kept: list[Rule] = _single_rules(problem)
    # Rows that had to be rounded can hide the clash from CP-SAT; then nothing can be dropped and nothing is claimed.
    minimal = _is_feasible(problem, kept, seconds, seed) is False
    kept = _drop_in_halves(problem, kept, deadline, seed, clock) if minimal else kept
    for rule in tuple(kept):
        rest = [other for other in kept if other is not rule]
        remaining = deadline - clock()
        verdict = _is_feasible(problem, rest, remaining, seed) if remaining > 0 else None
        if verdict is False:
            kept = rest
        minimal = minimal and verdict is not None
    if (problem.node_copies > 1).any() and (not kept or _is_feasible(problem, kept, CHECK_SECONDS, seed, copies=False)):
        kept = [*kept, Copies()]
    return Conflict(rule_ids=tuple(rule.id for rule in kept), is_minimal=minimal)


def _single_rules(problem: Problem) -> list[Rule]:
    """Every rule that can forbid, round trips flow by flow, so that a conflict names the flow; copies always hold."""
    limited = PairLatency().flows(problem).tolist()
    named: list[Rule] = [rule for rule in problem.rules if rule.type != "open_cost"]
    return [*(PairLatency.of_flow(problem, flow) for flow in limited), *named]


def _drop_in_halves(problem: Problem, kept: list[Rule], deadline: float, seed: int, clock: Clock) -> list[Rule]:
    """Drop large parts that the clash does not need before looking rule by rule."""
    size = max(len(kept) // 2, 1)
    while size > 1 and clock() < deadline:
        at = 0
        while at < len(kept) and clock() < deadline:
            rest = kept[:at] + kept[at + size :]
            if _is_feasible(problem, rest, deadline - clock(), seed) is False:
                kept = rest
            else:
                at += size
        size //= 2
    return kept


def _is_feasible(
    problem: Problem, rules: Sequence[Rule], seconds: float, seed: int, *, copies: bool = True
) -> bool | None:
    """Whether a plan keeps the rules; None when time ran out. Without ``copies`` every node takes one option."""
    from ortools.sat.python import cp_model

    model = compile_model(problem, [Copies(), *rules] if copies else rules)
    if (np.bincount(model.option_node[model.admissible], minlength=model.node_count) < model.node_take).any():
        return False
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = max(seconds, 0.1)
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = seed
    status = solver.solve(_CpModel(model).cp)
    if status in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return True
    return False if status == cp_model.INFEASIBLE else None


class _CpModel:
    """Feasibility of a placement model in Booleans."""

    def __init__(self, model: PlacementModel) -> None:
        from ortools.sat.python import cp_model

        self.model = model
        self.cp = cp_model.CpModel()
        self.options = np.flatnonzero(model.admissible).tolist()
        self.x = {option: self.cp.new_bool_var("") for option in self.options}
        self.of_node: dict[int, list[int]] = {}
        for option in self.options:
            self.of_node.setdefault(int(model.option_node[option]), []).append(option)
        self._assign()
        for row in model.rows:
            self._row(row)
        for group in model.groups:
            self._group(group)
        for flow in np.flatnonzero(model.pair_limit >= 0).tolist():
            self._pair(flow)

    def _assign(self) -> None:
        model = self.model
        for node in range(model.node_count):
            options = self.of_node.get(node, [])
            take = int(model.node_take[node])
            self.cp.add(sum(self.x[option] for option in options) == take)
            if take > 1:
                code = model.distinct_codes[model.node_distinct[node]]
                for members in self._by_value(options, code).values():
                    self.cp.add_at_most_one(self.x[option] for option in members)

    def _by_value(self, options: Sequence[int], code: np.ndarray) -> dict[int, list[int]]:
        values: dict[int, list[int]] = {}
        for option in options:
            values.setdefault(int(code[self.model.option_place[option]]), []).append(option)
        return values

    def _row(self, row: Row) -> None:
        """Exact where the amounts have few enough decimals; else coefficients are rounded down and the bound up.

        A rounded row can only become easier, so that a clash is never claimed falsely.
        """
        option, value = row.option.tolist(), row.coefficient.tolist()
        factor = _whole_factor((*value, row.upper))
        if factor is not None:
            whole = [int(Decimal(repr(each)) * factor) for each in value]
            upper = int(Decimal(repr(float(row.upper))) * factor)
        else:
            scale = ROW_SCALE / max(float(np.abs(row.coefficient).max(initial=1e-9)), 1e-9)
            whole = [int(np.floor(each * scale)) for each in value]
            upper = -int(Decimal(-row.upper * scale).to_integral_value(ROUND_FLOOR))
        self.cp.add(sum(self.x[at] * each for at, each in zip(option, whole, strict=True) if at in self.x) <= upper)

    def _group(self, group: Group) -> None:
        present: dict[int, list[list[int]]] = {}
        for node in group.node.tolist():
            for value, members in self._by_value(self.of_node.get(node, []), group.code).items():
                present.setdefault(value, []).append(members)
        if group.same:
            chosen = {value: self.cp.new_bool_var("") for value in present}
            self.cp.add_exactly_one(chosen.values())
            for value, per_node in present.items():
                for members in per_node:
                    for option in members:
                        self.cp.add_implication(self.x[option], chosen[value])
            return
        for per_node in present.values():
            any_of = []
            for members in per_node:
                there = self.cp.new_bool_var("")
                for option in members:
                    self.cp.add_implication(self.x[option], there)
                any_of.append(there)
            self.cp.add_at_most_one(any_of)

    def _pair(self, flow: int) -> None:
        """Every chosen place of the target has a chosen source within reach."""
        model = self.model
        admissible = model.pair_admissible[model.pair_limit[flow]]
        sources = self.of_node.get(int(model.pair_from[flow]), [])
        for option in self.of_node.get(int(model.pair_to[flow]), []):
            near = [s for s in sources if admissible[model.option_place[s], model.option_place[option]]]
            self.cp.add_bool_or([*(self.x[source] for source in near), self.x[option].negated()])


def _whole_factor(amounts: Sequence[float]) -> Decimal | None:
    """The power of ten that makes all amounts whole, when their sum then still fits CP-SAT's integers."""
    written = [Decimal(repr(float(amount))) for amount in amounts]
    decimals = max((-int(amount.normalize().as_tuple().exponent) for amount in written), default=0)
    factor = Decimal(10) ** max(decimals, 0)
    return factor if sum((abs(amount) for amount in written), Decimal(0)) * factor < 2**60 else None

"""Says which change causes which part of the saving, so that the parts add up to the whole and nothing counts twice."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from optimizer.costs import ledger_lines
from optimizer.explain.apportion import apportioned
from optimizer.explain.changes import Change
from optimizer.explain.ledger import is_recurring, whole
from optimizer.explain.presence import PresenceCosts
from optimizer.plan import Plan
from optimizer.problem.problem import Problem


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Attribution:
    """Per change, whole micro-USD a month, int64 ``[change]``: own cost today and in the plan, and its share of what
    data transfer and presence in places change (positive: more).

    ``current - recommended - egress_delta - footprint_delta``, added up, is the ledger's saving exactly.
    """

    current_micro_usd: npt.NDArray[np.int64]
    recommended_micro_usd: npt.NDArray[np.int64]
    egress_delta_micro_usd: npt.NDArray[np.int64]
    footprint_delta_micro_usd: npt.NDArray[np.int64]

    @property
    def contribution_micro_usd(self) -> npt.NDArray[np.int64]:
        """Monthly saving that each change is credited with, int64 ``[change]``."""
        saved = self.current_micro_usd - self.recommended_micro_usd
        credited: npt.NDArray[np.int64] = saved - self.egress_delta_micro_usd - self.footprint_delta_micro_usd
        return credited


def attribute(problem: Problem, plan: Plan, changes: tuple[Change, ...]) -> Attribution:
    """Credit every recurring difference between plan and today to the changes that cause it.

    A node's own cost is its own. A flow is credited to the end that changes its place, by halves when both do. What it
    costs to be in an area is shared equally by the changed nodes that enter it or leave it.
    """
    monthly_micro_usd = problem.option_monthly_micro_usd
    before = _recurring_by_kind(problem, Plan.stay(problem))
    after = _recurring_by_kind(problem, plan)
    flows_exact = _flow_shares(problem, changes, after["flow"].micro_usd - before["flow"].micro_usd)
    areas_exact = (after["rule"].micro_usd - before["rule"].micro_usd) @ _presence_shares(problem, changes)
    return Attribution(
        current_micro_usd=np.array(
            [0 if change.current_option is None else monthly_micro_usd[change.current_option] for change in changes],
            dtype=np.int64,
        ),
        recommended_micro_usd=np.array(
            [monthly_micro_usd[list(change.chosen_options)].sum() for change in changes], dtype=np.int64
        ),
        egress_delta_micro_usd=apportioned(flows_exact, total=after["flow"].whole - before["flow"].whole),
        footprint_delta_micro_usd=apportioned(areas_exact, total=after["rule"].whole - before["rule"].whole),
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _CostByKind:
    """Recurring costs of one kind of subject: float64 ``[flow]`` or ``[rule]``, and their total in whole micro-USD."""

    micro_usd: npt.NDArray[np.float64]
    whole: int


def _recurring_by_kind(problem: Problem, plan: Plan) -> dict[str, _CostByKind]:
    found = {
        "flow": _CostByKind(micro_usd=np.zeros(len(problem.flow_from)), whole=0),
        "rule": _CostByKind(micro_usd=np.zeros(len(problem.rules)), whole=0),
    }
    for lines in ledger_lines(problem, plan):
        if is_recurring(lines) and lines.subject_kind in found:
            so_far = found[lines.subject_kind]
            np.add.at(so_far.micro_usd, lines.subject, lines.micro_usd)
            total = so_far.whole + whole(lines.total_micro_usd)
            found[lines.subject_kind] = _CostByKind(micro_usd=so_far.micro_usd, whole=total)
    return found


def _flow_shares(
    problem: Problem, changes: tuple[Change, ...], difference_micro_usd: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Difference of the flows that each change is credited with, float64 ``[change]``."""
    column = np.full(len(problem.node_ids), -1, dtype=np.int64)
    for position, change in enumerate(changes):
        if _changes_place(problem, change):
            column[change.node] = position
    sender, receiver = column[problem.flow_from], column[problem.flow_to]
    halves = np.where((sender >= 0) & (receiver >= 0), 0.5, 1.0) * difference_micro_usd
    credited = np.zeros(len(changes))
    for end in (sender, receiver):
        np.add.at(credited, end[end >= 0], halves[end >= 0])
    return credited


def _changes_place(problem: Problem, change: Change) -> bool:
    before = [] if change.current_option is None else [int(problem.option_place[change.current_option])]
    return sorted(before) != sorted(problem.option_place[list(change.chosen_options)].tolist())


def _presence_shares(problem: Problem, changes: tuple[Change, ...]) -> npt.NDArray[np.float64]:
    """Part of each area's difference that each change is credited with, float64 ``[rule, change]``.

    Only who enters an area can open it and only who leaves can close it, so those share equally.
    """
    presence = PresenceCosts.of(problem, Plan.stay(problem))
    shares = np.zeros((len(problem.rules), len(changes)))
    for column, change in enumerate(changes):
        is_in = presence.area[:, problem.option_place[list(change.chosen_options)]].any(axis=1)
        current = [] if change.current_option is None else [change.current_option]
        was_in = presence.area[:, problem.option_place[current]].any(axis=1)
        shares[presence.rule, column] = is_in != was_in
    total = shares.sum(axis=1, keepdims=True)
    return shares / np.where(total > 0, total, 1.0)

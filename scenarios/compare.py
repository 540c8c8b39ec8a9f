"""Two plans side by side: a scenario's and the baseline's, per term, per rule, per workload and dataset."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any, Literal

from optimizer.explain.changes import changes_of, options_by_node
from optimizer.explain.placement import placement_of
from scenarios.planning import Planned

MoveChange = Literal["same", "appears", "disappears", "goes_elsewhere", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TotalsComparison:
    """Whole micro-USD, a month unless the name says once; scenario less baseline is what the scenario costs."""

    baseline_today_micro_usd: int
    scenario_today_micro_usd: int
    baseline_plan_micro_usd: int
    scenario_plan_micro_usd: int
    baseline_one_off_micro_usd: int
    scenario_one_off_micro_usd: int
    baseline_gap_ratio: float
    scenario_gap_ratio: float

    @property
    def plan_difference_micro_usd(self) -> int:
        """How much more the scenario's plan costs a month."""
        return self.scenario_plan_micro_usd - self.baseline_plan_micro_usd


@dataclass(frozen=True, slots=True, kw_only=True)
class TermComparison:
    """One cost term of both plans, micro-USD a month, exact."""

    term: str
    baseline_plan_micro_usd: Decimal
    scenario_plan_micro_usd: Decimal

    @property
    def difference_micro_usd(self) -> Decimal:
        """Scenario less baseline."""
        return self.scenario_plan_micro_usd - self.baseline_plan_micro_usd


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSide:
    """One rule on one side. ``verdict`` is that of ``RulePrice``; prices in micro-USD a month.

    ``broken_today`` counts how often today's placement breaks it.
    """

    verdict: str
    low_micro_usd: int
    high_micro_usd: int | None
    forbids_cheaper_for: int
    broken_today: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleComparison:
    """One rule on both sides; None where a side does not have it."""

    id: str
    type: str
    baseline: RuleSide | None
    scenario: RuleSide | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeComparison:
    """One workload or dataset: where it lives in each plan and what it costs there, without data transfer.

    ``move`` compares the two plans' moves of it; placements are None where a plan does not have the node.
    """

    node_id: str
    baseline_placement: str | None
    scenario_placement: str | None
    baseline_monthly_micro_usd: int
    scenario_monthly_micro_usd: int
    move: MoveChange


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Everything in which two plans differ, and what they have in common."""

    totals: TotalsComparison
    terms: tuple[TermComparison, ...]
    rules: tuple[RuleComparison, ...]
    nodes: tuple[NodeComparison, ...]

    def changed_nodes(self) -> tuple[NodeComparison, ...]:
        """Nodes that live elsewhere, the largest difference of cost first."""
        moved = [node for node in self.nodes if node.baseline_placement != node.scenario_placement]
        return tuple(
            sorted(
                moved,
                key=lambda node: (
                    -abs(node.scenario_monthly_micro_usd - node.baseline_monthly_micro_usd),
                    node.node_id,
                ),
            )
        )

    def to_rows(self) -> dict[str, list[dict[str, Any]]]:
        """Flat rows for tables: ``totals``, ``terms``, ``rules``, ``nodes``."""
        terms = [asdict(term) | {"difference_micro_usd": term.difference_micro_usd} for term in self.terms]
        return {
            "totals": [asdict(self.totals) | {"plan_difference_micro_usd": self.totals.plan_difference_micro_usd}],
            "terms": terms,
            "rules": [
                {"id": rule.id, "type": rule.type}
                | _side_row("baseline", rule.baseline)
                | _side_row("scenario", rule.scenario)
                for rule in self.rules
            ],
            "nodes": [asdict(node) for node in self.nodes],
        }


def compare(baseline: Planned, scenario: Planned) -> Comparison:
    """Compare a scenario's plan with the baseline's."""
    return Comparison(
        totals=_totals(baseline, scenario),
        terms=_terms(baseline, scenario),
        rules=_rules(baseline, scenario),
        nodes=_nodes(baseline, scenario),
    )


def _totals(baseline: Planned, scenario: Planned) -> TotalsComparison:
    one_off = [
        int(side.problem.option_one_off_micro_usd[side.solved.plan.chosen].sum()) for side in (baseline, scenario)
    ]
    return TotalsComparison(
        baseline_today_micro_usd=baseline.ledger.baseline_monthly_micro_usd,
        scenario_today_micro_usd=scenario.ledger.baseline_monthly_micro_usd,
        baseline_plan_micro_usd=baseline.ledger.plan_monthly_micro_usd,
        scenario_plan_micro_usd=scenario.ledger.plan_monthly_micro_usd,
        baseline_one_off_micro_usd=one_off[0],
        scenario_one_off_micro_usd=one_off[1],
        baseline_gap_ratio=baseline.solved.gap_ratio,
        scenario_gap_ratio=scenario.solved.gap_ratio,
    )


def _terms(baseline: Planned, scenario: Planned) -> tuple[TermComparison, ...]:
    changed = {line.term: line.plan_micro_usd for line in scenario.ledger.lines}
    return tuple(
        TermComparison(
            term=line.term, baseline_plan_micro_usd=line.plan_micro_usd, scenario_plan_micro_usd=changed[line.term]
        )
        for line in baseline.ledger.lines
    )


def _rules(baseline: Planned, scenario: Planned) -> tuple[RuleComparison, ...]:
    sides = (_rule_sides(baseline), _rule_sides(scenario))
    types = {price.id: price.type for side in (baseline, scenario) for price in side.rule_prices}
    return tuple(
        RuleComparison(id=name, type=kind, baseline=sides[0].get(name), scenario=sides[1].get(name))
        for name, kind in types.items()
    )


def _rule_sides(planned: Planned) -> dict[str, RuleSide]:
    broken: dict[str, int] = {}
    names = [price.id for price in planned.rule_prices]
    for gap in planned.gaps_today:
        name = next((name for name in names if gap.rule_id == name or gap.rule_id.startswith(f"{name}:")), gap.rule_id)
        broken[name] = broken.get(name, 0) + 1
    return {
        price.id: RuleSide(
            verdict=price.verdict,
            low_micro_usd=price.low_micro_usd,
            high_micro_usd=price.high_micro_usd,
            forbids_cheaper_for=price.forbids_cheaper_for,
            broken_today=broken.get(price.id, 0),
        )
        for price in planned.rule_prices
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class _Placed:
    """Where a node is in one plan, whether that is a move, and its own monthly cost."""

    placement: str
    is_move: bool
    monthly_micro_usd: int


def _nodes(baseline: Planned, scenario: Planned) -> tuple[NodeComparison, ...]:
    before, after = _placed(baseline), _placed(scenario)
    return tuple(
        NodeComparison(
            node_id=node_id,
            baseline_placement=before[node_id].placement if node_id in before else None,
            scenario_placement=after[node_id].placement if node_id in after else None,
            baseline_monthly_micro_usd=before[node_id].monthly_micro_usd if node_id in before else 0,
            scenario_monthly_micro_usd=after[node_id].monthly_micro_usd if node_id in after else 0,
            move=_move_change(before.get(node_id), after.get(node_id)),
        )
        for node_id in dict.fromkeys([*before, *after])
    )


def _placed(planned: Planned) -> dict[str, _Placed]:
    problem = planned.problem
    moved = {change.node for change in changes_of(problem, planned.solved.plan)}
    found = {}
    for node, options in enumerate(options_by_node(problem, planned.solved.plan)):
        named = [str(placement_of(problem, planned.candidates, option)) for option in options]
        monthly_micro_usd = int(problem.option_components_micro_usd[list(options)].sum())
        found[problem.node_ids[node]] = _Placed(
            placement=" + ".join(named), is_move=node in moved, monthly_micro_usd=monthly_micro_usd
        )
    return found


def _move_change(before: _Placed | None, after: _Placed | None) -> MoveChange:
    was_move, is_move = before is not None and before.is_move, after is not None and after.is_move
    if was_move and is_move and before is not None and after is not None:
        return "same" if before.placement == after.placement else "goes_elsewhere"
    if is_move:
        return "appears"
    return "disappears" if was_move else "none"


def _side_row(name: str, side: RuleSide | None) -> dict[str, Any]:
    facts = {} if side is None else asdict(side)
    keys = ("verdict", "low_micro_usd", "high_micro_usd", "forbids_cheaper_for", "broken_today")
    return {f"{name}_{key}": facts.get(key) for key in keys}

"""Scenarios run through the real stages and compared with the baseline; every figure can be checked by hand."""

from __future__ import annotations

from decimal import Decimal

import pytest

from optimizer.domain.policy import Area, AreaStatement, PinStatement, Selector
from optimizer.solve import Limits
from scenarios.compare import Comparison, compare
from scenarios.edits import DemandGrowth, Edit, PriceChange, ProviderExcluded, RegionOutage, ResidencyChanged
from scenarios.executor import ProcessExecutor
from scenarios.inputs import PlanningInputs
from scenarios.planning import Effort, NotPlanned, Planned, plan
from scenarios.run import ScenarioResult, run_scenario, run_scenarios
from scenarios.scenario_file import Scenario
from tests.candidates.books import EAST, PARIS, WEST
from tests.scenarios.small_inputs import USD, inputs

EFFORT = Effort(limits=Limits(time_limit_seconds=30), rule_price_seconds=30)
EU = AreaStatement(
    id="eu", effect="allow", select=Selector(business_units=("risk",)), area=Area(jurisdictions=("EU",)), because="GDPR"
)


def scenario(*edits: Edit) -> Scenario:
    return Scenario(name="test", description="", edits=edits)


def planned(given: PlanningInputs, *edits: Edit) -> Planned:
    outcome = run_scenario(given, scenario(*edits), effort=EFFORT).outcome
    assert isinstance(outcome, Planned)
    return outcome


def compared(given: PlanningInputs, *edits: Edit) -> Comparison:
    return compare(planned(given), planned(given, *edits))


def placements(comparison: Comparison) -> dict[str, tuple[str | None, str | None]]:
    return {node.node_id: (node.baseline_placement, node.scenario_placement) for node in comparison.nodes}


def test_a_scenario_without_edits_is_the_baseline() -> None:
    found = compared(inputs())
    assert found.totals.plan_difference_micro_usd == 0
    assert found.changed_nodes() == ()
    assert {node.move for node in found.nodes} <= {"same", "none"}
    assert all(term.difference_micro_usd == 0 for term in found.terms)
    assert all(rule.baseline == rule.scenario for rule in found.rules)


def test_excluding_the_cheapest_provider_brings_a_workload_back_and_costs_the_difference() -> None:
    found = compared(inputs(), ProviderExcluded(provider="azure"))
    before, after = placements(found)["engine"]
    assert before is not None
    assert after is not None
    assert (WEST in before, EAST in after) == (True, True)
    engine = next(node for node in found.nodes if node.node_id == "engine")
    assert (engine.baseline_monthly_micro_usd, engine.scenario_monthly_micro_usd) == (60 * USD, 80 * USD)
    assert engine.move == "goes_elsewhere"
    terms = {term.term: term.difference_micro_usd for term in found.terms}
    assert sum(terms.values()) == (found.totals.plan_difference_micro_usd + terms["migration"]), (
        "terms differ by what the totals differ and by one-off costs"
    )
    assert found.totals.plan_difference_micro_usd > 0


def test_a_rule_that_only_the_scenario_has_is_shown_with_its_price() -> None:
    found = compared(inputs(), ProviderExcluded(provider="azure"))
    (rule,) = [rule for rule in found.rules if rule.id == "excluded:azure"]
    assert rule.baseline is None
    assert rule.scenario is not None
    assert rule.scenario.verdict == "binding"
    # Its price is of the objective; with no one-off differences of note it is the difference of the plans.
    baseline, changed = planned(inputs()), planned(inputs(), ProviderExcluded(provider="azure"))
    true_micro_usd = float(changed.solved.costs.objective_micro_usd - baseline.solved.costs.objective_micro_usd)
    assert rule.scenario.low_micro_usd - 1 <= true_micro_usd <= (rule.scenario.high_micro_usd or 0) + 1


def test_dropping_a_residency_demand_lets_the_workload_leave() -> None:
    given = inputs(areas=(EU,))
    found = compared(given, ResidencyChanged(drops="eu"))
    before, after = placements(found)["reports"]
    assert before is not None
    assert after is not None
    assert (PARIS in before, PARIS in after) == (True, False)
    reports = next(node for node in found.nodes if node.node_id == "reports")
    assert reports.move == "appears"
    (rule,) = [rule for rule in found.rules if rule.id == "eu"]
    assert rule.baseline is not None
    assert rule.baseline.verdict == "binding"
    assert rule.scenario is None


def test_a_lost_region_is_left_by_everything_and_counts_as_broken_today() -> None:
    given = inputs(pins=(PinStatement(id="stays", select=Selector(ids=("reports",))),))
    found = compared(given, RegionOutage(place_id=PARIS))
    _, after = placements(found)["reports"]
    assert after is not None
    assert PARIS not in after
    (rule,) = [rule for rule in found.rules if rule.id == f"outage:{PARIS}"]
    assert rule.scenario is not None
    assert rule.scenario.broken_today == 1


def test_growth_makes_today_dearer_in_proportion() -> None:
    found = compared(inputs(), DemandGrowth(ratio=Decimal(2)))
    assert found.totals.scenario_today_micro_usd == 2 * found.totals.baseline_today_micro_usd
    assert found.totals.scenario_plan_micro_usd > found.totals.baseline_plan_micro_usd


def test_a_scenario_that_no_plan_satisfies_names_the_clash() -> None:
    result = run_scenario(
        inputs(areas=(EU,)), scenario(ProviderExcluded(provider="aws", select=Selector())), effort=EFFORT
    )
    assert isinstance(result.outcome, NotPlanned)
    assert result.outcome.clash is not None
    assert {rule.rule_id for rule in result.outcome.clash.rules} == {"eu", "excluded:aws"}
    assert result.outcome.clash.stuck_node_ids == ("reports",)


def test_rows_of_a_comparison_are_flat() -> None:
    rows = compared(inputs(areas=(EU,)), PriceChange(ratio=Decimal("1.1"), provider="aws")).to_rows()
    assert set(rows) == {"totals", "terms", "rules", "nodes"}
    assert [len(rows["totals"]), len(rows["nodes"])] == [1, 3]
    for table in rows.values():
        assert len({tuple(row) for row in table}) <= 1, "rows of a table have the same columns"
        assert all(
            value is None or isinstance(value, str | int | float | Decimal) for row in table for value in row.values()
        )


def test_planning_is_deterministic() -> None:
    one, other = plan(inputs(), effort=EFFORT), plan(inputs(), effort=EFFORT)
    assert isinstance(one, Planned)
    assert isinstance(other, Planned)
    assert one.problem.fingerprint() == other.problem.fingerprint()
    assert one.solved.plan.chosen.tolist() == other.solved.plan.chosen.tolist()


@pytest.mark.slow
def test_processes_give_the_same_results_in_the_same_order_as_one_after_the_other() -> None:
    scenarios = [scenario(DemandGrowth(ratio=Decimal(2))), scenario(ProviderExcluded(provider="azure"))]
    effort = Effort(limits=Limits(time_limit_seconds=30))
    serial = run_scenarios(inputs(), scenarios, effort=effort)
    parallel = run_scenarios(inputs(), scenarios, effort=effort, executor=ProcessExecutor(workers=2))
    assert [_facts(result) for result in serial] == [_facts(result) for result in parallel]


def _facts(result: ScenarioResult) -> tuple[Scenario, Decimal, list[int]]:
    assert isinstance(result.outcome, Planned)
    solved = result.outcome.solved
    return result.scenario, solved.costs.objective_micro_usd, solved.plan.chosen.tolist()

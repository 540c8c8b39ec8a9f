"""Runs scenarios: the edits on the planning inputs, then the same stages as any run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from scenarios.executor import Executor, SerialExecutor
from scenarios.inputs import PlanningInputs
from scenarios.planning import Effort, PlanningOutcome, plan
from scenarios.scenario_file import Scenario


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ScenarioResult:
    """What came of a scenario."""

    scenario: Scenario
    outcome: PlanningOutcome


def run_scenario(inputs: PlanningInputs, scenario: Scenario, *, effort: Effort) -> ScenarioResult:
    """Apply the edits and plan what comes out.

    Raises:
        InvalidEdit: an edit is about something that the inputs do not hold.
        RefutedPlan, OptimizerError: as ``plan``.
    """
    return ScenarioResult(scenario=scenario, outcome=plan(scenario.apply(inputs), effort=effort))


def run_scenarios(
    inputs: PlanningInputs, scenarios: Sequence[Scenario], *, effort: Effort, executor: Executor | None = None
) -> tuple[ScenarioResult, ...]:
    """Run several scenarios of the same inputs, in the order given; every executor gives the same results."""
    run = partial(_run_one, inputs, effort)
    return (executor or SerialExecutor()).map(run, scenarios)


def _run_one(inputs: PlanningInputs, effort: Effort, scenario: Scenario) -> ScenarioResult:
    return run_scenario(inputs, scenario, effort=effort)

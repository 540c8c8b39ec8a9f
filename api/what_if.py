"""A scenario against the plan as things are, on the facts that a run would read."""

from __future__ import annotations

from pathlib import Path

from api.pipeline import read_facts
from api.runs.result import RunRequest, StageReport
from api.stages import Line
from optimizer.solve import Limits
from scenarios.compare import Comparison, compare
from scenarios.edits.names import KnownNames
from scenarios.inputs import PlanningInputs
from scenarios.library import library_text
from scenarios.planning import Effort, NotPlanned, Planned, plan
from scenarios.scenario_file import Scenario, parse_scenario


def compare_scenario(request: RunRequest, scenario: str) -> Comparison | str:
    """Plan twice and compare; a sentence instead when there is no plan on one side.

    Raises:
        InvalidScenarioFile: with file and line of every mistake.
        InvalidEdit: an edit is about something that the estate does not hold.
    """
    inputs = planning_inputs(request)
    effort = Effort(
        limits=Limits(time_limit_seconds=request.time_limit_seconds, gap_ratio=request.gap_ratio), seed=request.seed
    )
    edited = read_scenario(scenario, inputs).apply(inputs)
    sides = {"as things are": plan(inputs, effort=effort), scenario: plan(edited, effort=effort)}
    for name, side in sides.items():
        if isinstance(side, NotPlanned):
            return f"{name}: no plan. {side.clash.summary if side.clash else 'Nothing found in time; allow more.'}"
    before, after = (side for side in sides.values() if isinstance(side, Planned))
    return compare(before, after)


def planning_inputs(request: RunRequest) -> PlanningInputs:
    """Estate, prices and policy of a data directory, ready for edits."""
    facts = read_facts(request, Line(_silent))
    return PlanningInputs(
        estate=facts.build.estate,
        prices=facts.prices,
        policy=facts.policy,
        contracted_ratio=facts.contracted_ratio,
    )


def read_scenario(scenario: str, inputs: PlanningInputs) -> Scenario:
    """The scenario of a file, or of the library when there is no such file."""
    file = Path(scenario)
    text = file.read_text(encoding="utf-8") if file.is_file() else library_text(scenario)
    return parse_scenario(text, file=scenario, known=KnownNames.of(inputs))


def _silent(report: StageReport) -> None:
    """What-ifs report totals, not stages."""

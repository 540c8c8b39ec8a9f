"""What-ifs and forecasts: edits of the planning inputs, run and compared with the baseline; the months ahead."""

from scenarios.inputs import PlanningInputs
from scenarios.scenario_file import Scenario, parse_scenario

__all__ = ["PlanningInputs", "Scenario", "parse_scenario"]

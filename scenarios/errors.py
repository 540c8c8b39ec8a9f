"""Errors of the scenarios.

ScenarioError
├── InvalidScenarioFile    a scenario file with mistakes, all of them, each with its line
├── InvalidEdit            an edit that cannot be applied to these inputs
├── InvalidHistory         a history of bills that no forecast can start from
├── UnknownScenario        a name that the library does not hold
└── RefutedPlan            a plan that does not stand up to the verifier
"""

from __future__ import annotations

from optimizer.domain.located_toml import InvalidTomlFile


class ScenarioError(Exception):
    """Root of every error raised by this package."""


class InvalidScenarioFile(ScenarioError, InvalidTomlFile):
    """A scenario file with mistakes; ``problems`` holds all of them in the order of the lines."""


class InvalidEdit(ScenarioError):
    """An edit that cannot be applied: it names something that the inputs do not hold, or would change nothing."""


class InvalidHistory(ScenarioError):
    """A history of bills that no forecast can start from."""


class UnknownScenario(ScenarioError):
    """A name that the library does not hold; the message lists those that it does."""


class RefutedPlan(ScenarioError):
    """A plan that does not stand up to the verifier: a defect of the product, never of the inputs."""

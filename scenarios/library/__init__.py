"""Scenarios that ship with the product, one TOML file each; copy one to start your own."""

from __future__ import annotations

from importlib.resources import files
from typing import Final

from scenarios.edits.names import KnownNames
from scenarios.errors import UnknownScenario
from scenarios.scenario_file import Scenario, parse_scenario

_SUFFIX: Final = ".toml"


def scenario_names() -> tuple[str, ...]:
    """Names of the scenarios in the library, sorted."""
    return tuple(
        sorted(entry.name.removesuffix(_SUFFIX) for entry in files(__name__).iterdir() if entry.name.endswith(_SUFFIX))
    )


def library_text(name: str) -> str:
    """The text of a scenario of the library.

    Raises:
        UnknownScenario: the library does not hold it.
    """
    if name not in scenario_names():
        raise UnknownScenario(f"there is no scenario {name!r} in the library; it holds {', '.join(scenario_names())}")
    return files(__name__).joinpath(f"{name}{_SUFFIX}").read_text(encoding="utf-8")


def load_scenario(name: str, *, known: KnownNames) -> Scenario:
    """A scenario of the library.

    Raises:
        UnknownScenario: the library does not hold it.
        InvalidScenarioFile: it names what these inputs do not hold, for instance a place or a statement.
    """
    return parse_scenario(library_text(name), file=f"{name}{_SUFFIX}", known=known)

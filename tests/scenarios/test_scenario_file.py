"""Scenario files: what is read, and what is said about every mistake."""

from __future__ import annotations

from decimal import Decimal

import pytest

from optimizer.domain.policy import Selector
from scenarios.edits import EDITS, DemandGrowth, PriceChange, ResidencyChanged
from scenarios.edits.names import KnownNames
from scenarios.errors import InvalidScenarioFile, ScenarioError, UnknownScenario
from scenarios.library import library_text, load_scenario, scenario_names
from scenarios.scenario_file import Scenario, parse_scenario
from tests.candidates.books import EAST
from tests.scenarios.reference_inputs import reference_inputs
from tests.scenarios.small_inputs import inputs

KNOWN = KnownNames.of(inputs())


def read(text: str) -> Scenario:
    return parse_scenario(text, file="mine.toml", known=KNOWN)


def complaints(text: str) -> list[str]:
    with pytest.raises(InvalidScenarioFile) as caught:
        read(text)
    return [str(problem) for problem in caught.value.problems]


def test_edits_are_read_in_order_with_their_keys() -> None:
    scenario = read(
        """
[scenario]
name = "two"
description = "Both."

[[edit]]
type = "price_change"
ratio = 1.25
service = "aws_ec2"
place = "aws:us-east-1"

[[edit]]
type = "demand_growth"
ratio = 2
business_units = ["markets"]
"""
    )
    assert (scenario.name, scenario.description) == ("two", "Both.")
    assert scenario.edits == (
        PriceChange(ratio=Decimal("1.25"), service="aws_ec2", place_id=EAST),
        DemandGrowth(ratio=Decimal(2), select=Selector(business_units=("markets",))),
    )


def test_edits_are_applied_one_after_the_other() -> None:
    growth = '[[edit]]\ntype = "demand_growth"\nratio = '
    scenario = read(f'[scenario]\nname = "x"\n{growth}2\n{growth}1.5\n')
    assert scenario.apply(inputs()).estate.flows[0].gb_per_month == pytest.approx(150.0)


def test_every_mistake_of_a_file_is_named_with_its_line() -> None:
    found = complaints(
        """[scenario]
nmae = "typo"

[[edit]]
type = "price_change"
service = "aws_ec3"

[[edit]]
type = "region_outage"
place = "aws:us-east-9"
ratio = 2

[[edit]]
type = "earthquake"
"""
    )
    text = "\n".join(found)
    assert "mine.toml, line 2: scenario.nmae" in text
    assert "line 1: scenario.name" in text
    assert "line 4: edit.ratio" in text
    assert "line 6: edit.service: expected one of" in text
    assert "aws_ec2" in text
    assert "line 10: edit.place" in text
    assert "aws:us-east-1" in text
    assert "line 11: edit.ratio" in text
    assert "line 14: edit.type" in text
    assert "'earthquake' is unknown" in text


@pytest.mark.parametrize(
    ("edit", "line", "expected"),
    [
        ('type = "demand_growth"\nratio = -1', 4, "at least 0"),
        ('type = "demand_growth"\nratio = 0', 4, "more than 0"),
        ('type = "demand_growth"\nratio = 1000', 4, "at most 100"),
        ('type = "demand_growth"\nratio = "much"', 4, "a number"),
        ('type = "demand_growth"\nratio = 2\nkinds = ["lake"]', 5, "workload"),
        ('type = "demand_growth"\nratio = 2\nbusiness_units = ["market"]', 5, "did you mean 'markets'"),
        ('type = "residency_changed"', 2, "drops, allow_jurisdictions or both"),
        ('type = "residency_changed"\nallow_jurisdictions = ["XX"]', 4, "'XX' is unknown"),
        ('type = "residency_changed"\ndrops = "none"', 4, "one of"),
        ('type = "region_outage"', 2, "add place"),
        ("type = 7", 3, "text in quotes"),
    ],
)
def test_a_mistake_in_an_edit_says_what_was_expected(edit: str, line: int, expected: str) -> None:
    found = complaints(f'scenario.name = "x"\n[[edit]]\n{edit}\n')
    assert any(f"line {line}:" in problem and expected in problem for problem in found), found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('[scenario]\nname = "x"\n', "at least one [[edit]] table"),
        ('[scenario]\nname = "x"\n[[edits]]\ntype = "region_outage"', "edits"),
        ("[scenario\n", "valid TOML"),
        ("", "scenario.name"),
    ],
)
def test_a_file_that_is_no_scenario_is_refused(text: str, expected: str) -> None:
    assert any(expected in problem for problem in complaints(text))


def test_the_error_belongs_to_this_package() -> None:
    with pytest.raises(ScenarioError):
        read("")


def test_the_library_has_one_scenario_for_every_edit_and_a_combined_one() -> None:
    known = KnownNames.of(reference_inputs())
    scenarios = [load_scenario(name, known=known) for name in scenario_names()]
    assert {type(edit) for scenario in scenarios for edit in scenario.edits} == set(EDITS)
    assert any(len(scenario.edits) > 1 for scenario in scenarios)
    assert all(scenario.description for scenario in scenarios)
    assert [scenario.name for scenario in scenarios] == [name.replace("_", "-") for name in scenario_names()]


def test_every_scenario_of_the_library_applies_to_the_reference_inputs() -> None:
    given = reference_inputs()
    known = KnownNames.of(given)
    for name in scenario_names():
        changed = load_scenario(name, known=known).apply(given)
        assert (changed.estate, changed.policy, changed.prices.snapshot_id) != (
            given.estate,
            given.policy,
            given.prices.snapshot_id,
        )


def test_the_stricter_gdpr_scenario_replaces_the_statement_of_the_reference_policy() -> None:
    scenario = load_scenario("gdpr_within_the_eu", known=KnownNames.of(reference_inputs()))
    assert scenario.edits == (ResidencyChanged(drops="eu-gdpr", allow_jurisdictions=("EU",)),)


def test_an_unknown_scenario_is_answered_with_those_that_there_are() -> None:
    with pytest.raises(UnknownScenario, match=r"it holds .*us_east_lost"):
        library_text("atlantis")

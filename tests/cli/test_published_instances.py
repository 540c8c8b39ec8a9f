"""Published instances solve to their proven optimum through what ``placement solve`` and ``placement verify`` call."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from api.cli.commands.solve import solve
from api.cli.commands.verify import verify
from api.problem_files import write_json
from tests.cli.conftest import Placement
from tests.facility_location import (
    HOLMBERG_TO_50_CUSTOMERS,
    INSTANCES,
    ORLIB,
    instance_document,
    published_optimum,
)
from tests.reference import needs_reference_data

HALF_A_CENT = Decimal("0.005")
PROVED_GAP_RATIO = 1e-8


def assert_is_the_published_optimum(name: str, plan: Path) -> None:
    found = json.loads(plan.read_text())
    optimum = published_optimum(name)
    # OR-Library's file is rounded to cents, halves either way; Holmberg's optima are whole.
    assert abs(Decimal(found["objective"]) - optimum) <= (HALF_A_CENT if name in ORLIB else 0)
    assert Decimal(found["lower_bound"]) <= optimum + HALF_A_CENT
    assert found["gap_ratio"] <= PROVED_GAP_RATIO
    assert found["solver"]["stopped_by"] == "proved"


@needs_reference_data
@pytest.mark.parametrize("name", [*ORLIB, *HOLMBERG_TO_50_CUSTOMERS])
def test_an_instance_solves_to_its_published_optimum(name: str, tmp_path: Path) -> None:
    problem, plan = tmp_path / "problem.json", tmp_path / "plan.json"
    write_json(instance_document(INSTANCES / name), problem)
    solve(problem, plan, quiet=True)
    assert_is_the_published_optimum(name, plan)
    verify(problem, plan)


@needs_reference_data
def test_the_console_script_itself_solves_an_instance_of_each_family(placement: Placement, tmp_path: Path) -> None:
    for name in ("cflp/orlib_p1", "sscflp/holmberg_p1"):
        write_json(instance_document(INSTANCES / name), tmp_path / "problem.json")
        assert placement("solve", "problem.json", "-o", "plan.json").returncode == 0
        assert placement("verify", "problem.json", "plan.json").returncode == 0
        assert_is_the_published_optimum(name, tmp_path / "plan.json")

"""The registry holds what it should, and published instances mean what their literature means."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.problem_files import read_problem
from optimizer.plan import Solved
from optimizer.solve import Limits, solve
from tests.benchmarks.baselines import BASELINES
from tests.benchmarks.registry import Instance, all_instances
from tests.reference import needs_reference_data

PUBLISHED = tuple(instance for instance in all_instances() if instance.published)


def test_every_instance_has_a_name_of_its_own_and_baselines_that_exist() -> None:
    instances = all_instances()
    assert len(PUBLISHED) == 24 + 36 + 39
    assert len({instance.name for instance in instances}) == len(instances) == len(PUBLISHED) + 9
    assert {name for instance in instances for name in instance.baselines} <= set(BASELINES)


@needs_reference_data
@pytest.mark.parametrize("instance", PUBLISHED, ids=[instance.name for instance in PUBLISHED])
def test_a_published_instance_can_be_read_and_its_values_are_in_order(instance: Instance, tmp_path: Path) -> None:
    instance.write(tmp_path / "problem.json")
    assert instance.published is not None
    assert len(read_problem(tmp_path / "problem.json").node_ids) >= 40
    assert 0 < instance.published().bound <= instance.published().best


@needs_reference_data
@pytest.mark.parametrize("name", ["gap/a05100", "gap/gap7-0", "gap/c05100", "cflp/orlib_p1", "sscflp/holmberg_p1"])
def test_one_instance_of_each_family_solves_to_its_published_optimum(name: str, tmp_path: Path) -> None:
    (instance,) = (each for each in PUBLISHED if each.name == name)
    instance.write(tmp_path / "problem.json")
    outcome = solve(read_problem(tmp_path / "problem.json"), limits=Limits(time_limit_seconds=60))
    assert instance.published is not None
    published = instance.published()
    assert isinstance(outcome, Solved)
    found = outcome.costs.objective_micro_usd / 10**6
    assert abs(found - published.best) <= published.tolerance
    assert outcome.lower_bound_micro_usd / 10**6 <= published.best + published.tolerance

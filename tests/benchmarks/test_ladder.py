"""The ladder's generator: repeatable, feasible, readable, and shaped as its words say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from api.problem_files import read_problem
from optimizer.exchange.tables import problem_from_tables
from optimizer.plan import Plan
from optimizer.problem.problem import Problem
from optimizer.rules import KeepApart, MoveBudget
from optimizer.verify import Refuted, VerifiedPlan, verify
from tests.benchmarks.ladder import LadderSpec, Rung, ladder, ladder_problem, write_rung
from tests.benchmarks.ladder.market import open_market
from tests.benchmarks.ladder.spec import Quotas


@pytest.fixture(scope="module")
def rung() -> Rung:
    return ladder(LadderSpec(workloads=500, quotas="tight"))


@pytest.fixture(scope="module")
def problem(rung: Rung) -> Problem:
    return problem_from_tables(rung.tables)


def test_equal_specs_make_equal_problems_and_another_seed_another(problem: Problem) -> None:
    spec = LadderSpec(workloads=500, quotas="tight")
    assert ladder_problem(spec).fingerprint() == problem.fingerprint()
    assert ladder_problem(LadderSpec(workloads=500, quotas="tight", seed=1)).fingerprint() != problem.fingerprint()


@pytest.mark.parametrize("quotas", ["tight", "mild"])
@pytest.mark.parametrize("seed", range(4))
def test_the_witness_keeps_every_rule(quotas: Quotas, seed: int) -> None:
    rung = ladder(LadderSpec(workloads=300, places=20, quotas=quotas, seed=seed))
    problem = problem_from_tables(rung.tables)
    checked = verify(problem, Plan.of(problem, rung.witness))
    assert isinstance(checked, VerifiedPlan), checked


def test_todays_placement_breaks_quotas(problem: Problem) -> None:
    checked = verify(problem, Plan.stay(problem))
    assert isinstance(checked, Refuted)
    assert any(fault.startswith("quota:") for fault in checked.faults)


def test_tight_quotas_leave_less_room_than_mild_ones(rung: Rung) -> None:
    mild = ladder(LadderSpec(workloads=500, quotas="mild"))
    room = [sum(rule["max"] for rule in each.tables.rules if rule["type"] == "capacity") for each in (rung, mild)]
    assert room[0] < room[1]


def test_the_estate_has_every_structure_in_its_share(problem: Problem) -> None:
    datasets = int(problem.node_is_dataset.sum())
    assert len(problem.node_ids) - datasets == 500
    assert (problem.node_copies == 2).sum() == 25
    assert sum(isinstance(rule, KeepApart) for rule in problem.rules) == 25
    assert any(isinstance(rule, MoveBudget) for rule in problem.rules)
    assert {rule.type for rule in problem.rules} == {
        "capacity", "open_cost", "keep_apart", "keep_together", "move_budget", "provider_share", "allow", "pin",
    }  # fmt: skip
    assert 0.03 < np.isfinite(problem.flow_max_rtt_ms).mean() < 0.06
    assert (problem.node_current >= 0).sum() == 1000
    places = np.array([len(set(problem.option_place[list(problem.options_of(node))].tolist())) for node in range(500)])
    options = np.diff(problem.node_start)[:500]
    assert (options > places).mean() > 0.4
    hub_readers = np.bincount(problem.flow_from, minlength=len(problem.node_ids))[500:502]
    assert hub_readers.min() > 10 * 500 * 3 / 1000


def test_a_folder_reads_back_as_the_same_problem(problem: Problem, tmp_path: Path) -> None:
    write_rung(LadderSpec(workloads=500, quotas="tight"), tmp_path / "rung")
    assert read_problem(tmp_path / "rung").fingerprint() == problem.fingerprint()
    with pytest.raises(FileExistsError):
        write_rung(LadderSpec(workloads=500, quotas="tight"), tmp_path / "rung")


def test_forty_places_mix_providers_and_continents() -> None:
    market = open_market(40)
    assert {place.provider for place in market.places} == {"aws", "azure", "gcp"}
    assert {place.continent for place in market.places} >= {"NA", "EU", "AS", "SA", "OC"}
    assert len(set(market.places)) == 40


def test_beyond_the_priced_places_regions_open_a_second_zone() -> None:
    market = open_market(150)
    ids = [place.id for place in market.places]
    assert len(set(ids)) == 150
    twin = next(place_id for place_id in ids if place_id.endswith("-2") and place_id[:-2] in ids)
    pair = ids.index(twin), ids.index(twin[:-2])
    assert market.transfer_micro_usd_per_gb[pair] == 10_000
    assert market.places[pair[0]].region == market.places[pair[1]].region
    assert (market.vcpu_usd_per_hour[pair[0]] == market.vcpu_usd_per_hour[pair[1]])[:, 0].all()


@pytest.mark.parametrize(
    "wrong", [{"workloads": 49}, {"workloads": 500, "places": 11}, {"workloads": 500, "quotas": "odd"}]
)
def test_a_spec_that_cannot_hold_every_structure_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="expected"):
        LadderSpec(**wrong)  # type: ignore[arg-type]

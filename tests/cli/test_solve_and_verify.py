"""``placement solve`` and ``placement verify``: exit codes, both shapes of a problem, nothing half-written."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from decimal import Decimal
from pathlib import Path

import pytest

from api.problem_files import read_problem, write_json, write_problem
from optimizer.exchange.documents import problem_from_document
from tests.builders import tiny_document
from tests.cli.conftest import PLACEMENT, Placement, Written
from tests.facility_location import INSTANCES, instance_document
from tests.oracle import Oracle
from tests.reference import needs_reference_data


def test_a_solved_plan_is_verified_and_costs_what_trying_every_plan_finds(
    placement: Placement, written: Written
) -> None:
    document = tiny_document()
    problem = written(document)
    solved = placement("solve", problem, "-o", "out/plan.json")
    assert solved.returncode == 0, solved.stderr
    assert solved.stdout.startswith("solved: 81.250000 USD a month")
    assert "compiled" in solved.stderr
    plan = json.loads((problem.parent / "out" / "plan.json").read_text())
    best = Oracle(document).optimum()
    assert best is not None
    assert Decimal(plan["objective"]) == Decimal(best[0].numerator) / Decimal(best[0].denominator)
    assert plan["choices"] == best[1]
    assert plan["solver"]["stopped_by"] == "proved"
    checked = placement("verify", problem, "out/plan.json")
    assert (checked.returncode, checked.stdout.strip()) == (0, "verified: every rule holds and the costs are right")


def test_an_infeasible_problem_exits_1_and_names_the_rules_that_clash(placement: Placement, written: Written) -> None:
    rules = [
        {"id": "eu-only", "type": "allow", "nodes": ["w"], "jurisdictions": ["EU"]},
        {"id": "no-aws", "type": "forbid", "nodes": ["w"], "providers": ["aws"]},
        {"id": "harmless", "type": "capacity", "resource": "vcpu", "max": 1000},
    ]
    problem = written(tiny_document(rules=rules))
    answer = placement("solve", problem, "-o", "plan.json", "--quiet")
    assert answer.returncode == 1
    assert "cannot hold together: eu-only, no-aws" in answer.stdout
    assert answer.stderr == ""
    plan = json.loads((problem.parent / "plan.json").read_text())
    assert (plan["status"], sorted(plan["conflict"])) == ("infeasible", ["eu-only", "no-aws"])
    assert "choices" not in plan
    checked = placement("verify", problem, "plan.json")
    assert checked.returncode == 1
    assert "nothing to verify" in checked.stdout


def test_a_misstated_plan_exits_1_with_the_list_of_what_is_wrong(placement: Placement, written: Written) -> None:
    problem = written(tiny_document())
    assert placement("solve", problem, "-o", "plan.json").returncode == 0
    plan = json.loads((problem.parent / "plan.json").read_text())
    plan["choices"]["w"] = ["wa"]
    forged = written(plan, "forged.json")
    answer = placement("verify", problem, forged)
    assert answer.returncode == 1
    assert "objective is stated as 81.250000 USD but comes to" in answer.stdout
    assert "refuted: " in answer.stdout


def test_a_folder_of_tables_gives_the_same_answer_as_the_json_file(placement: Placement, written: Written) -> None:
    path = written(tiny_document())
    folder = path.parent / "problem"
    write_problem(read_problem(path), folder)
    assert read_problem(folder).fingerprint() == read_problem(path).fingerprint()
    for problem, plan in ((path, "from_json.json"), (folder, "from_tables.json")):
        assert placement("solve", problem, "-o", plan).returncode == 0
    answers = [json.loads((path.parent / name).read_text()) for name in ("from_json.json", "from_tables.json")]
    assert answers[0]["choices"] == answers[1]["choices"]
    assert answers[0]["objective"] == answers[1]["objective"]
    assert placement("verify", folder, "from_json.json").returncode == 0


@pytest.mark.parametrize("output", ["folder", "file/plan.json"])
def test_an_output_that_cannot_be_written_is_found_out_before_solving(
    placement: Placement, written: Written, output: str
) -> None:
    problem = written(tiny_document())
    (problem.parent / "folder").mkdir()
    written("kept", "file")
    answer = placement("solve", problem, "-o", output)
    assert answer.returncode == 2
    assert "compiled" not in answer.stderr
    assert (problem.parent / "file").read_text() == "kept"
    assert list((problem.parent / "folder").iterdir()) == []


def test_a_refused_problem_leaves_the_last_good_plan_alone(placement: Placement, written: Written) -> None:
    plan = written("last good plan", "plan.json")
    problem = written(tiny_document(horizon_months=0))
    assert placement("solve", problem, "-o", plan).returncode == 2
    assert plan.read_text() == "last good plan"
    assert sorted(path.name for path in problem.parent.iterdir()) == ["plan.json", "problem.json"]


@needs_reference_data
def test_a_solve_that_is_killed_leaves_nothing_behind(tmp_path: Path) -> None:
    """Killed after it began; Holmberg's p30 takes seconds, so it cannot have finished."""
    write_problem(
        problem_from_document(instance_document(INSTANCES / "sscflp" / "holmberg_p30")), tmp_path / "p30.json"
    )
    plan = tmp_path / "plan.json"
    plan.write_text("last good plan")
    command = [str(PLACEMENT), "solve", str(tmp_path / "p30.json"), "-o", str(plan)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=tmp_path) as solving:
        assert solving.stderr is not None
        assert "compiled" in solving.stderr.readline()
        os.kill(solving.pid, signal.SIGKILL)
        assert solving.wait(timeout=30) == -signal.SIGKILL
    assert plan.read_text() == "last good plan"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["p30.json", "plan.json"]


def test_a_document_that_json_cannot_hold_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    write_json({"good": 1}, path)
    with pytest.raises(ValueError, match="JSON"):
        write_json({"bad": float("nan")}, path)
    assert json.loads(path.read_text()) == {"good": 1}
    assert [left.name for left in tmp_path.iterdir()] == ["plan.json"]


def test_help_answers_at_once_and_lists_the_commands(placement: Placement) -> None:
    began = time.perf_counter()
    answer = placement("--help")
    assert answer.returncode == 0
    assert {"demo", "ingest", "collect", "optimize", "explain", "solve", "verify", "what-if", "serve", "doctor"} <= set(
        answer.stdout.split()
    )
    assert time.perf_counter() - began < 5


def test_an_unknown_command_exits_2(placement: Placement) -> None:
    assert placement("solv").returncode == 2
    assert placement("solve", "nowhere.json").returncode == 2

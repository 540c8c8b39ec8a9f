"""The commands around the line, through the real console script, on a tenth of the reference estate."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

PLACEMENT = Path(sys.executable).with_name("placement")


def run(*arguments: str | Path, home: Path) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), "COLUMNS": "200"}
    return subprocess.run(
        [PLACEMENT, *map(str, arguments)], capture_output=True, text=True, env=environment, cwd=home, timeout=240
    )


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, object]]:
    """A data directory with one finished run, and what the demo said of it."""
    home = tmp_path_factory.mktemp("home")
    answer = run("demo", "--scale", "0.1", "--time-limit", "20", "--json", "--data-dir", home / "data", home=home)
    assert answer.returncode == 0, answer.stderr
    return home, json.loads(answer.stdout)


def test_demo_says_every_headline_figure(demo: tuple[Path, dict[str, object]]) -> None:
    _, said = demo
    assert said["verified"] is True
    assert 0 <= said["gap_ratio"] <= 0.01
    assert 0 < said["annual_plan_usd"] < said["annual_baseline_usd"]
    for name in (
        "one_off_usd",
        "payback_months",
        "recommendations",
        "unpriced_usd",
        "unmatched_usd",
        "seconds",
        "peak_mb",
    ):
        assert isinstance(said[name], int | float), name


def test_the_demo_refuses_a_folder_that_holds_something_else(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    answer = run("demo", "--data-dir", tmp_path / "mine", home=tmp_path)
    assert answer.returncode == 2
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "years of work"


def test_explain_names_the_rules_and_the_moves(demo: tuple[Path, dict[str, object]]) -> None:
    home, said = demo
    told = json.loads(run("explain", "latest", "--json", "--data-dir", home / "data", home=home).stdout)
    assert told["run"]["id"] == said["run_id"]
    assert len(told["recommendations"]) == said["recommendations"]
    one = told["recommendations"][0]["targets"][0]["node_id"]
    answer = run("explain", "latest", one, "--data-dir", home / "data", home=home)
    assert answer.returncode == 0
    assert told["recommendations"][0]["title"] in answer.stdout
    assert run("explain", "no-such-run", "--data-dir", home / "data", home=home).returncode == 2


def test_exports_hold_every_recommendation(demo: tuple[Path, dict[str, object]]) -> None:
    home, said = demo
    for name in ("moves.csv", "moves.xlsx", "moves.parquet"):
        assert run("export", home / name, "--data-dir", home / "data", home=home).returncode == 0
    with (home / "moves.csv").open() as file:
        assert len(list(csv.DictReader(file))) == said["recommendations"]
    assert (
        run("export", home / "focus.csv", "--format", "focus", "--data-dir", home / "data", home=home).returncode == 0
    )
    with (home / "focus.csv").open() as file:
        assert {row["RecommendationStatus"] for row in csv.DictReader(file)} == {"Open"}
    assert run("export", home / "moves.docx", "--data-dir", home / "data", home=home).returncode == 2


def test_a_what_if_compares_two_plans(demo: tuple[Path, dict[str, object]]) -> None:
    home, _ = demo
    asked = ("what-if", "without_gcp", "--as-of", "2026-11-01", "--data-dir", home / "data", "--json")
    totals = json.loads(run(*asked, home=home).stdout)["totals"][0]
    assert totals["scenario_plan_micro_usd"] >= totals["baseline_plan_micro_usd"] * 0.99
    wrong = home / "wrong.toml"
    wrong.write_text('[scenario]\nname = "x"\n\n[[edit]]\ntype = "region_outage"\nplace = "aws:us-east-9"\n')
    answer = run("what-if", wrong, "--as-of", "2026-11-01", "--data-dir", home / "data", home=home)
    assert answer.returncode == 2
    assert "6" in answer.stderr
    assert "aws:us-east-9" in answer.stderr


def test_a_policy_with_an_unknown_region_names_its_line_and_leaves_the_last_run(
    demo: tuple[Path, dict[str, object]], tmp_path: Path
) -> None:
    home, said = demo
    policy = tmp_path / "policy.toml"
    policy.write_text('[policy]\nname = "mine"\ncandidate_places = ["aws:us-east-1", "aws:atlantis-1"]\n')
    answer = run("optimize", "--policy", policy, "--as-of", "2026-11-01", "--data-dir", home / "data", home=home)
    assert answer.returncode == 2
    assert "aws:atlantis-1" in answer.stderr
    assert "3" in answer.stderr
    told = json.loads(run("explain", str(said["run_id"]), "--json", "--data-dir", home / "data", home=home).stdout)
    assert told["run"]["status"] == "succeeded"


def test_contradictory_rules_are_named(demo: tuple[Path, dict[str, object]], tmp_path: Path) -> None:
    home, _ = demo
    policy = tmp_path / "policy.toml"
    policy.write_text(
        '[policy]\nname = "mine"\n\n'
        '[[provider_policy]]\nid = "no-aws"\nbecause = "x"\nkinds = ["dataset"]\nforbid_providers = ["aws"]\n\n'
        '[[pin]]\nid = "stay-put"\nbecause = "y"\nkinds = ["dataset"]\n'
    )
    answer = run(
        "optimize", "--policy", policy, "--as-of", "2026-11-01", "--data-dir", home / "data", "--json", home=home
    )
    assert answer.returncode == 1
    assert set(json.loads(answer.stdout)["conflict"]) == {"no-aws", "stay-put"}


def test_bad_bills_and_inventories_are_refused_whole(demo: tuple[Path, dict[str, object]], tmp_path: Path) -> None:
    home, _ = demo
    before = run("doctor", "--json", "--data-dir", home / "data", home=home).stdout
    bad_bill = tmp_path / "bill.csv"
    bad_bill.write_text("EffectiveCost,Whatever\n1,2\n")
    answer = run("ingest", bad_bill, "--data-dir", home / "data", home=home)
    assert answer.returncode == 2
    assert str(bad_bill) in answer.stderr
    inventory = tmp_path / "inventory"
    inventory.mkdir()
    for file in (home / "data" / "inventory").iterdir():
        (inventory / file.name).write_bytes(file.read_bytes())
    text = (inventory / "lineage.csv").read_text().replace(",read,", ",reads,", 1)
    (inventory / "lineage.csv").write_text(text)
    answer = run("ingest", "--inventory", inventory, "--data-dir", home / "data", home=home)
    assert answer.returncode == 2
    assert "lineage.csv" in answer.stderr
    assert run("ingest", tmp_path / "absent.csv", "--data-dir", home / "data", home=home).returncode in (2, 3)
    assert run("doctor", "--json", "--data-dir", home / "data", home=home).stdout == before


def test_ingesting_the_same_bills_again_changes_nothing(demo: tuple[Path, dict[str, object]]) -> None:
    home, _ = demo
    bills = sorted(file for file in (home / "data" / "estate" / "bills").rglob("*") if file.is_file())
    answer = run("ingest", *bills, "--json", "--data-dir", home / "data", home=home)
    assert answer.returncode == 0, answer.stderr
    assert all(version["unchanged"] for version in json.loads(answer.stdout)["ingest"]["versions"])


def test_prices_show_coverage_and_what_is_missing(tmp_path: Path) -> None:
    coverage = json.loads(run("prices", "--json", home=tmp_path).stdout)["coverage"]
    assert any(row["rows"] == 0 for row in coverage)
    assert any(row["service"] == "aws_s3" and row["rows"] > 0 for row in coverage)
    assert run("prices", "--service", "nonsense", home=tmp_path).returncode == 2


def test_doctor_finds_nothing_broken_on_a_fresh_machine(tmp_path: Path) -> None:
    answer = run("doctor", "--data-dir", tmp_path / "data", home=tmp_path)
    assert answer.returncode == 0, answer.stdout
    assert not (tmp_path / "data").exists()


def test_collect_without_connections_says_what_to_write(tmp_path: Path) -> None:
    answer = run("collect", "--data-dir", tmp_path / "data", home=tmp_path)
    assert answer.returncode == 2
    assert "connections.toml" in answer.stderr


def test_a_run_killed_in_the_middle_leaves_the_last_good_one(demo: tuple[Path, dict[str, object]]) -> None:
    home, _ = demo
    before = json.loads(run("explain", "latest", "--json", "--data-dir", home / "data", home=home).stdout)
    environment = {"PATH": os.environ["PATH"], "HOME": str(home)}
    asked = [PLACEMENT, "optimize", "--as-of", "2026-11-01", "--data-dir", str(home / "data")]
    with subprocess.Popen(
        asked, env=environment, cwd=home, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL
    ) as victim:
        assert victim.stderr is not None
        for line in victim.stderr:
            if b"generate" in line:
                break
        victim.kill()
    assert victim.returncode == -9
    after = json.loads(run("explain", "latest", "--json", "--data-dir", home / "data", home=home).stdout)
    assert after == before
    again = run("optimize", "--as-of", "2026-11-01", "--data-dir", home / "data", "--json", home=home)
    assert json.loads(again.stdout)["verified"] is True

"""``placement signals`` through the real console script."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.signals.samples import s3_line

PLACEMENT = Path(sys.executable).with_name("placement")


def placement(*arguments: object, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [str(PLACEMENT), "signals", *map(str, arguments), "--data-dir", str(folder / "data")]
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, timeout=120, check=False)


def test_logs_are_taken_in_once_and_shown_with_their_coverage(tmp_path: Path) -> None:
    (tmp_path / "access.log").write_text(f"{s3_line()}\nnot a line\n")
    said = placement("ingest", "access.log", "--kind", "s3_server_log", "--json", folder=tmp_path)
    answer = json.loads(said.stdout)
    assert sum(answer.pop("reject_reasons").values()) == 1
    assert answer == {"files": 1, "unchanged": 0, "records": 1, "rejected": 1, "skipped": 0}
    again = placement("ingest", "access.log", "--kind", "s3_server_log", "--json", folder=tmp_path)
    assert json.loads(again.stdout)["unchanged"] == 1
    shown = json.loads(
        placement(
            "show", "--dataset", "s3://lake/raw", "--dataset", "s3://lake/cold", "--dataset", "gs://x", "--json",
            folder=tmp_path,
        ).stdout
    )  # fmt: skip
    assert shown["sources"] == [{"source": "s3_server_log", "deliveries": 1, "records": 1, "rejected": 1, "skipped": 0}]
    assert [row["rows"] for row in shown["rejected"]] == [1]
    assert shown["coverage"][0]["from"] == "2026-09-06T00:00:00+00:00"
    assert shown["last_access"] == {
        "s3://lake/raw": "last used on 2026-09-06",
        "s3://lake/cold": "not used since 2026-09-06 (watched until 2026-09-06)",
        "gs://x": "unknown: nobody watched all of it",
    }


def test_without_signals_it_says_how_to_get_some(tmp_path: Path) -> None:
    answer = placement("show", folder=tmp_path)
    assert answer.returncode == 0
    assert "placement signals ingest" in answer.stdout


def test_a_kind_that_is_not_read_is_bad_input(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("")
    answer = placement("ingest", "x", "--kind", "gossip", folder=tmp_path)
    assert answer.returncode == 2
    assert "expected one of s3_server_log" in answer.stderr


def test_a_first_day_needs_a_last(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("")
    answer = placement("ingest", "x", "--kind", "cloudtrail", "--from", "2026-09-01", folder=tmp_path)
    assert answer.returncode == 2


def test_files_of_which_nothing_can_be_used_are_bad_input_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "x.log").write_text("junk\nmore junk\n")
    answer = placement("ingest", "x.log", "--kind", "s3_server_log", folder=tmp_path)
    assert answer.returncode == 2
    assert "nothing of these files can be used as s3_server_log" in answer.stderr
    assert "--kind" in answer.stderr
    assert "kept aside, in no figure: 2 with" in answer.stdout


def test_files_without_events_are_no_failure(tmp_path: Path) -> None:
    (tmp_path / "quiet.json").write_text('{"Records": []}')
    assert placement("ingest", "quiet.json", "--kind", "cloudtrail", folder=tmp_path).returncode == 0


def test_an_inventory_without_its_day_says_which_option_names_it(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text('"lake","a/x","10"\n')
    answer = placement("ingest", "x.csv", "--kind", "s3_inventory", "--schema", "Bucket, Key, Size", folder=tmp_path)
    assert answer.returncode == 2
    assert "--day YYYY-MM-DD" in answer.stderr

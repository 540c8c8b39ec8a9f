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
    assert json.loads(said.stdout) == {"files": 1, "unchanged": 0, "records": 1, "rejected": 1, "skipped": 0}
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

"""The OpenAPI document is true: a fuzzer holds every operation against it over real HTTP."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from api.jobs.worker import Worker
from tests.api.answers import recommendation, solved
from tests.api.http_client import TestClient
from tests.api.live import live
from tests.api.pipelines import advise_one
from tests.api.service import Service

CONFIGURATION = Path(__file__).parent / "schemathesis.toml"


@pytest.fixture
def populated(service: Service, client: TestClient) -> str:
    """The id of a published run; a worker has been seen."""
    run_id = service.publish(client, solved(*(recommendation(f"n{number}") for number in range(5))))
    Worker(
        service.database, service.settings, pipeline=advise_one, collect=None, clock=service.clock
    ).step(threading.Event())  # fmt: skip
    return run_id


def fuzz(url: str, configuration: Path, folder: Path, *, examples: int) -> None:
    """Run schemathesis in a process of its own; its report is the failure message."""
    command = [
        sys.executable, "-m", "schemathesis.cli", "--config-file", str(configuration), "run", f"{url}/openapi.json",
        "--phases", "examples,coverage,fuzzing", "--max-examples", str(examples), "--seed", "1", "--no-color",
    ]  # fmt: skip
    report = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=240, check=False)
    assert report.returncode == 0, report.stdout[-20_000:] + report.stderr[-2000:]
    assert "22 selected / 22 total" in report.stdout, "an operation was left out"


@pytest.mark.slow
@pytest.mark.usefixtures("populated")
def test_every_operation_answers_as_documented_about_ids_that_may_not_exist(service: Service, tmp_path: Path) -> None:
    with live(service.app) as url:
        fuzz(url, CONFIGURATION, tmp_path, examples=10)


@pytest.mark.slow
def test_every_operation_answers_as_documented_about_ids_that_exist(
    service: Service, populated: str, tmp_path: Path
) -> None:
    known = tmp_path / "known.toml"
    ids = f'[parameters]\n"path.run_id" = "{populated}"\n"path.recommendation_id" = "{recommendation("n0").id}"\n'
    known.write_text(ids + CONFIGURATION.read_text())
    with live(service.app) as url:
        fuzz(url, known, tmp_path, examples=5)

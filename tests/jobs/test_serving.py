"""The whole service over real HTTP: server and worker processes, the real line, a decision, an orderly end."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil
import pytest

from api.demo_estate import prepare_demo
from api.settings import Settings
from tests.jobs.workers import eventually
from tests.reference import REPOSITORY

FINISHED = ("succeeded", "infeasible", "not_solved", "failed", "cancelled")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def serving(folder: Path) -> Iterator[tuple[httpx.Client, psutil.Process]]:
    port = free_port()
    command = [sys.executable, "-m", "tests.jobs.serving", str(folder), str(port)]
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=REPOSITORY, stdout=log, stderr=log)
    family = psutil.Process(process.pid)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
            eventually(lambda: _answers(client), what="the server answers", within_seconds=60)
            yield client, family
    finally:
        members = family.children(recursive=True) if family.is_running() else []
        process.terminate()
        try:
            process.wait(30)
        finally:
            process.kill()
            for member in members:
                if member.is_running():
                    member.kill()


def _answers(client: httpx.Client) -> bool:
    try:
        return client.get("/readyz").status_code == 200
    except httpx.TransportError:
        return False


@pytest.mark.slow
def test_a_run_ordered_over_http_is_solved_by_a_worker_and_decided_about(tmp_path: Path) -> None:
    prepare_demo(Settings(data_directory=tmp_path), seed=7, scale=0.02)
    with serving(tmp_path) as (client, family):
        (first,) = _workers(family)
        first.kill()
        ordered = client.post(
            "/v1/runs",
            json={"estate": "default", "time_limit_seconds": 20, "gap_ratio": 0.01},
            headers={"Idempotency-Key": "first"},
        )
        assert ordered.status_code == 202, ordered.text
        path = ordered.headers["Location"]
        eventually(lambda: client.get(path).json()["status"] in FINISHED, what="the run ends", within_seconds=120)
        run = client.get(path).json()
        assert run["status"] == "succeeded", run["failure"]
        assert run["answer"]["verified"] is True
        assert [each.pid for each in _workers(family)] not in ([], [first.pid]), "the killed worker was replaced"
        stages = [stage["name"] for stage in client.get(f"{path}/stages").json()["items"]]
        assert stages[:3] == ["price", "estate", "generate"]
        ledger = client.get(f"{path}/ledger").json()["items"]
        assert ledger
        assert client.get(f"/v1/forecasts/{run['id']}").json()["months"]
        (best, *_) = client.get("/v1/recommendations", params={"state": "open"}).json()["items"]
        detail = client.get(f"/v1/recommendations/{best['id']}")
        assert detail.json()["run_id"] == run["id"]
        decided = client.post(
            f"/v1/recommendations/{best['id']}/decisions",
            json={"action": "accept", "decided_by": "ana"},
            headers={"If-Match": detail.headers["ETag"]},
        )
        assert decided.json()["review"]["state"] == "approved"
        workers = family.children(recursive=True)
        os.kill(family.pid, signal.SIGTERM)
        assert family.wait(30) == 0
        _, alive = psutil.wait_procs(workers, timeout=10)
        assert alive == [], "nobody is left behind"
    assert b"Traceback" not in (tmp_path / "server.log").read_bytes()


def _workers(family: psutil.Process) -> list[psutil.Process]:
    running = [each for each in family.children() if each.status() != psutil.STATUS_ZOMBIE]
    return [each for each in running if "spawn_main" in " ".join(each.cmdline())]

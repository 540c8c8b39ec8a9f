"""Peers start together, end with their starter, and say why they are missing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.peers.arm import ArmServer
from tests.peers.aws_json import AwsJsonServer
from tests.peers.build import build, build_environ, exit_code, main
from tests.peers.emulators import running_azurite, running_bigquery, running_gcs, running_moto
from tests.peers.environments import ENVIRONMENTS, ROOT, Environment
from tests.peers.fixtures import require
from tests.peers.gcp_catalog import GcpCatalogServer
from tests.peers.program import PeerProgram, free_port
from tests.peers.warehouses import running_databricks, running_snowflake

READY_SECONDS = 30
STARTERS: list[Callable[[], AbstractContextManager[Any]]] = [
    running_moto,
    running_azurite,
    running_gcs,
    running_bigquery,
    running_snowflake,
    running_databricks,
]
STARTS_ONE_AND_WAITS = """
import sys, time
from pathlib import Path
from tests.peers.program import PeerProgram, free_port
port = free_port()
command = [sys.executable, "-m", "http.server", "--bind", "127.0.0.1", str(port)]
peer = PeerProgram("http", command, ready_url=f"http://127.0.0.1:{port}/", environ={}, folder=Path.cwd())
print(peer.pid, flush=True)
time.sleep(600)
"""


def _wait_until_gone(processes: list[psutil.Process]) -> list[psutil.Process]:
    _, left = psutil.wait_procs(processes, timeout=10)
    return list(left)


@pytest.mark.slow
def test_all_peers_are_ready_together_and_leave_nothing_behind(tmp_path: Path) -> None:
    for environment in ENVIRONMENTS:
        require(environment)
    before = set(psutil.Process().children(recursive=True))
    began = time.monotonic()
    with ExitStack() as stack:
        for server in (AwsJsonServer(), ArmServer(tmp_path), GcpCatalogServer()):
            stack.enter_context(server)
        with ThreadPoolExecutor(len(STARTERS)) as pool:
            managers = [starter() for starter in STARTERS]
            for manager, _ in zip(managers, pool.map(lambda made: made.__enter__(), managers), strict=True):
                stack.push(manager)
        seconds = time.monotonic() - began
        started = set(psutil.Process().children(recursive=True)) - before
    assert seconds < READY_SECONDS
    assert len(started) >= 2 * len(STARTERS)
    assert _wait_until_gone(list(started)) == []


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_peer_ends_when_its_starter_is_killed(number: signal.Signals) -> None:
    starter = subprocess.Popen(
        [sys.executable, "-c", STARTS_ONE_AND_WAITS], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    with starter:
        assert starter.stdout is not None
        guard = psutil.Process(int(starter.stdout.readline()))
        family = [guard, *guard.children()]
        assert len(family) == 2
        starter.send_signal(number)
    assert _wait_until_gone(family) == []


def test_a_peer_ends_when_its_guard_is_killed(tmp_path: Path) -> None:
    port = free_port()
    command = [sys.executable, "-m", "http.server", "--bind", "127.0.0.1", str(port)]
    with PeerProgram("http", command, ready_url=f"http://127.0.0.1:{port}/", environ={}, folder=tmp_path) as peer:
        (program,) = psutil.Process(peer.pid).children()
        os.kill(peer.pid, signal.SIGKILL)
        assert _wait_until_gone([program]) == []


def test_a_peer_that_ends_at_once_says_its_last_words(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "raise SystemExit('no licence')"]
    with pytest.raises(RuntimeError, match="ended at once: no licence"):
        PeerProgram("broken", command, ready_url=f"http://127.0.0.1:{free_port()}/", environ={}, folder=tmp_path)


def test_a_peer_that_cannot_be_built_is_skipped_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pins = tmp_path / "pins.txt"
    pins.write_text("not a requirement!\n", encoding="utf-8")
    broken = Environment(name="broken", pins=(pins,), root=tmp_path)
    reason = build(broken, build_environ(os.environ))
    assert reason is not None
    assert "uv exited with" in reason
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="could not be built: uv exited with"):
        require(broken)
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="could not be built: uv exited with"):
        require(broken)


def test_changed_pins_make_an_environment_stale_and_it_is_built_again(tmp_path: Path) -> None:
    pins = tmp_path / "pins.txt"
    pins.write_text("# nothing\n", encoding="utf-8")
    environment = Environment(name="empty", pins=(pins,), root=tmp_path)
    environ = build_environ(os.environ)
    assert environment.why_missing() == "the empty peer is not built, or from older pins: run `make peers`"
    assert build(environment, environ) is None
    assert environment.is_built
    built_at = environment.program.lstat().st_mtime_ns
    assert build(environment, environ) is None
    assert environment.program.lstat().st_mtime_ns == built_at
    pins.write_text("# still nothing\n", encoding="utf-8")
    assert not environment.is_built
    assert build(environment, environ) is None
    assert environment.is_built


def test_builders_work_without_a_home_directory() -> None:
    for home in ("", "/nonexistent"):
        environ = build_environ({"HOME": home, "VIRTUAL_ENV": "/elsewhere"})
        assert {"UV_CACHE_DIR", "npm_config_cache", "HOME"} <= set(environ)
        assert "VIRTUAL_ENV" not in environ
        assert Path(environ["HOME"]).is_dir()


@pytest.mark.parametrize(
    ("reasons", "arguments", "environ", "code"),
    [
        ([None, None], [], {}, 0),
        ([None, "no network"], [], {}, 1),
        ([None, "no network"], ["--allow-missing"], {}, 0),
        ([None, "no network"], ["--allow-missing"], {"CI": "true"}, 1),
    ],
)
def test_what_could_not_be_built_matters_in_ci_and_unless_allowed(
    reasons: list[str | None], arguments: list[str], environ: dict[str, str], code: int
) -> None:
    assert exit_code(reasons, arguments, environ) == code


def test_an_unknown_peer_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bigqueri"], os.environ) == 2
    assert "no such peer: bigqueri; those with an environment are bigquery, gcs" in capsys.readouterr().err

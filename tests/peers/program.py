"""A peer in a process of its own: started on a free port, awaited until it answers, gone when its starter is."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

READY_SECONDS: Final = 60.0
STOP_SECONDS: Final = 10.0
GUARD: Final = Path(__file__).with_name("guard.py")
PASSED_ON: Final = ("PATH", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH", "OPENBLAS_CORETYPE")
NO_PROXY: Final = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def free_port() -> int:
    """A port of loopback that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


class PeerProgram:
    """A running program, known by its guard's process id. ``ready_url`` is asked until any HTTP answer comes."""

    def __init__(
        self, name: str, command: Sequence[str | Path], *, ready_url: str, environ: Mapping[str, str], folder: Path
    ) -> None:
        self.name: Final = name
        self._scratch = tempfile.TemporaryDirectory(prefix=f"peer-{name}-")
        self.log: Final = Path(self._scratch.name) / "log"
        inherited = {key: os.environ[key] for key in PASSED_ON if key in os.environ}
        self._guard = subprocess.Popen(
            [sys.executable, "-I", str(GUARD), str(self.log), *map(str, command)],
            stdin=subprocess.PIPE,
            cwd=folder,
            env={**inherited, "HOME": self._scratch.name, **environ},
        )
        try:
            self._wait_until_ready(ready_url)
        except BaseException:
            self.close()
            raise

    @property
    def pid(self) -> int:
        """Process id of the guard; the program is its child."""
        return self._guard.pid

    def close(self) -> None:
        """End the program and wait for it."""
        if self._guard.stdin is not None:
            self._guard.stdin.close()
        try:
            self._guard.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._guard.kill()
            self._guard.wait(STOP_SECONDS)
        self._scratch.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _wait_until_ready(self, url: str) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            if self._guard.poll() is not None:
                raise RuntimeError(f"the {self.name} peer ended at once: {self._last_words()}")
            if _answers(url):
                return
            time.sleep(0.1)
        raise RuntimeError(f"the {self.name} peer did not answer within {READY_SECONDS} s: {self._last_words()}")

    def _last_words(self) -> str:
        said = self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""
        return " ".join(said.split())[-800:] or "it said nothing"


def _answers(url: str) -> bool:
    try:
        NO_PROXY.open(url, timeout=2).close()
    except urllib.error.HTTPError as refusal:
        refusal.close()
        return True
    except OSError:
        return False
    return True


def post_json(url: str, body: Mapping[str, Any]) -> Any:
    """Ask a peer for something that its vendor does not offer, as forgetting everything; the JSON that it answers."""
    request = urllib.request.Request(url, data=json.dumps(body).encode(), method="POST")
    with NO_PROXY.open(request, timeout=30) as reply:
        return json.load(reply)

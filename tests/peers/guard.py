"""Run a program for as long as the process that asked for it lives: ``python guard.py LOG PROGRAM [ARGUMENT ...]``.

The asker holds the other end of standard input. When that closes, for whatever reason, the program's whole process
group is ended; when the program ends by itself, so does the guard, with its exit code. Standard library only.
"""

from __future__ import annotations

import ctypes
import os
import select
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

PR_SET_PDEATHSIG: Final = 1
POLL_SECONDS: Final = 0.2
GRACE_SECONDS: Final = 3.0


def main(log: str, command: Sequence[str]) -> int:
    """Run the command and watch."""
    libc = ctypes.CDLL(None)
    asker = os.getppid()

    def die_with_guard() -> None:  # a guard that is killed cannot end its program, so the kernel does
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)

    with open(log, "ab") as out:
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=die_with_guard,
        )
    while child.poll() is None:
        readable, _, _ = select.select([sys.stdin.buffer], [], [], POLL_SECONDS)
        if (readable and not os.read(0, 1)) or os.getppid() != asker:
            _end(child)
    return child.returncode


def _end(child: subprocess.Popen[bytes]) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(child.pid, number)
        try:
            child.wait(GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            continue
        return


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the asker decides, by closing standard input
    sys.exit(main(sys.argv[1], sys.argv[2:]))

"""One writer at a time, by a lock that the kernel frees when its holder dies."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from collectors.errors import StoreBusy

_PAUSE_SECONDS = 0.05


@contextmanager
def exclusive_lock(path: Path, *, wait_seconds: float, doing: str = "writing to this store") -> Iterator[None]:
    """Hold the lock file ``path`` while the block runs; ``doing`` says in words what its holder does.

    Raises:
        StoreBusy: another process still holds it after ``wait_seconds``.
        OSError: the file cannot be opened.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        _acquire(descriptor, path, wait_seconds, doing)
        yield
    finally:
        os.close(descriptor)


def _acquire(descriptor: int, path: Path, wait_seconds: float, doing: str) -> None:
    deadline = time.monotonic() + wait_seconds
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise StoreBusy(
                    f"another process has been {doing} for more than {wait_seconds:g} s; "
                    "wait until it ends and run this again",
                    folder=path.parent,
                ) from None
            time.sleep(_PAUSE_SECONDS)
        else:
            return

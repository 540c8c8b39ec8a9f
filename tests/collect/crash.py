"""A process that dies at a given moment, without a process: from some file operation on, every one fails.

Python announces file operations (open, rename, mkdir, ...) and connections to SQLite to audit hooks. While armed, the
hook counts them and, from the n-th on, raises ``Crash`` at every one, so that nothing tidies up after the moment of
death, as nothing does when a process is killed. Real kills are in ``tests/focus/test_kill.py``.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

WATCHED = frozenset(
    {"open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link", "shutil.copyfile", "sqlite3.connect"}
)


class Crash(BaseException):
    """The process is dead."""


class _State:
    armed = False
    left = 0
    thread = 0
    seen = 0
    died = False


def _hook(event: str, arguments: tuple[object, ...]) -> None:
    if not _State.armed or event not in WATCHED or threading.get_ident() != _State.thread:
        return
    _State.seen += 1
    _State.left -= 1
    if _State.left < 0:
        _State.died = True
        raise Crash(event)


sys.addaudithook(_hook)


@contextmanager
def dying_after(operations: int) -> Iterator[type[_State]]:
    """Let so many file operations of this thread happen, then none. ``seen`` counts them, ``died`` tells."""
    _State.armed, _State.left, _State.thread, _State.seen, _State.died = (
        True, operations, threading.get_ident(), 0, False,
    )  # fmt: skip
    try:
        yield _State
    except Crash:
        pass
    finally:
        _State.armed = False

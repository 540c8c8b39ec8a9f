"""Watching the process that started this one."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Callable


def when_parent_ends(act: Callable[[], None]) -> None:
    """Call ``act`` in a thread once the process that spawned this one is gone, also when it is gone already.

    Does nothing in a process that was not spawned by multiprocessing.
    """
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        parent.join()
        act()

    threading.Thread(target=watch, daemon=True, name="parent-watch").start()

"""A parent that spawns a child which ends with it: ``python -m tests.jobs.orphans`` prints the child's process id."""

from __future__ import annotations

import multiprocessing
import os
import time

from api.jobs.parent import when_parent_ends


def outlive() -> None:
    """Would go on for a minute."""
    when_parent_ends(lambda: os._exit(1))
    print(os.getpid(), flush=True)
    time.sleep(60)


if __name__ == "__main__":
    child = multiprocessing.get_context("spawn").Process(target=outlive)
    child.start()
    child.join()

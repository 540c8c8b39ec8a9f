"""Processes end with the one that started them."""

from __future__ import annotations

import subprocess
import sys

import psutil

from api.jobs.parent import when_parent_ends
from tests.reference import REPOSITORY


def test_a_child_ends_when_its_parent_is_killed() -> None:
    command = [sys.executable, "-m", "tests.jobs.orphans"]
    parent = subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    with parent, parent.stdout as output:
        child = psutil.Process(int(output.readline()))
        parent.kill()
        gone, alive = psutil.wait_procs([child], timeout=10)
        for each in alive:
            each.kill()
    assert gone == [child]
    assert alive == []


def test_nothing_is_watched_in_a_process_that_nobody_spawned() -> None:
    when_parent_ends(lambda: (_ for _ in ()).throw(AssertionError("there is no parent to end")))

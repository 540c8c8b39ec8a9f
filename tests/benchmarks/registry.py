"""What a benchmark of the optimizer is, and all of them.

A module of ``tests.benchmarks.instances`` holds a tuple ``INSTANCES``: a new file there is a new benchmark.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from importlib import import_module
from pathlib import Path

from tests.benchmarks import instances


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What is proved and what was found, in the problem's currency a month; equal where the optimum is known.

    ``tolerance`` is half a unit of the last digit that was printed.
    """

    bound: Decimal
    best: Decimal
    tolerance: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """A problem to solve and what is known and wanted of the answer.

    ``write`` puts the problem at a path (a JSON file or a folder, as ``read_problem`` reads both). ``section`` is the
    heading under which its figures stand. ``published`` reads what the literature proved and found from the reference
    data, which ``write`` needs then too.
    ``stop_gap_ratio`` ends a solve early; the goal is ``goal_gap_ratio`` within ``time_limit_seconds``. ``baselines``
    are names of ``tests.benchmarks.baselines.BASELINES`` that run on it too.
    """

    name: str
    section: str
    write: Callable[[Path], None]
    time_limit_seconds: float = 60.0
    goal_gap_ratio: float = 1e-3
    stop_gap_ratio: float = 0.0
    published: Callable[[], Published] | None = None
    baselines: tuple[str, ...] = ()


def all_instances() -> tuple[Instance, ...]:
    """Every instance of every module, in the order of module names.

    Raises:
        ValueError: two instances have one name.
    """
    found: list[Instance] = []
    for module in sorted(pkgutil.iter_modules(instances.__path__), key=lambda module: module.name):
        found += import_module(f"{instances.__name__}.{module.name}").INSTANCES
    names = [instance.name for instance in found]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"two instances are called {twice[0]!r}; names must be unique")
    return tuple(found)

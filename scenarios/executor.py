"""Where independent pieces of work are done: one after the other, or in processes. Same answers in the same order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Protocol, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class Executor(Protocol):
    """Something that applies a function to every item."""

    def map(self, function: Callable[[Item], Result], items: Sequence[Item]) -> tuple[Result, ...]:
        """Results in the order of the items; the first error is raised."""


@dataclass(frozen=True, slots=True)
class SerialExecutor:
    """One after the other in this process."""

    def map(self, function: Callable[[Item], Result], items: Sequence[Item]) -> tuple[Result, ...]:
        """Results in the order of the items; the first error is raised."""
        return tuple(function(item) for item in items)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessExecutor:
    """In ``workers`` fresh processes; function, items and results travel by pickle."""

    workers: int

    def map(self, function: Callable[[Item], Result], items: Sequence[Item]) -> tuple[Result, ...]:
        """Results in the order of the items; the first error is raised."""
        with ProcessPoolExecutor(max_workers=self.workers, mp_context=get_context("spawn")) as pool:
            return tuple(pool.map(function, items))

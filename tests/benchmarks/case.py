"""One method on one problem, alone in this process, so that its seconds and its memory are its own.

``python -m tests.benchmarks.case PROBLEM METHOD SECONDS GAP`` prints an ``Answer`` as JSON; METHOD is ``ours`` or one
of ``BASELINES``. ``measure`` runs that and stops it when it does not stop by itself.
"""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from api.memory import peak_mb
from api.problem_files import read_problem
from optimizer.plan import Infeasible, NotSolved, Solved
from optimizer.problem.problem import Problem
from optimizer.solve import Limits, solve
from optimizer.units import MICRO_USD_PER_USD
from optimizer.verify import Refuted, verify
from tests.benchmarks.baselines import BASELINES, Found
from tests.benchmarks.bills import REPOSITORY

OURS: Final = "ours"
GRACE_SECONDS: Final = 600.0
"""For reading, building and checking, which no time limit of a method covers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """``state`` is ``feasible``, or why there is no plan that keeps every rule.

    Seconds are of the method alone, without reading and checking; ``peak_mb`` is of the process until the method ended,
    the problem included.
    """

    state: str
    objective_usd: float | None = None
    lower_bound_usd: float | None = None
    wall_seconds: float | None = None
    cpu_seconds: float | None = None
    peak_mb: float | None = None

    @property
    def is_feasible(self) -> bool:
        """Whether the plan keeps every rule."""
        return self.state == "feasible"

    @property
    def gap_ratio(self) -> float | None:
        """``(objective - bound) / |objective|`` where both are known."""
        if self.objective_usd is None or self.lower_bound_usd is None or not self.is_feasible:
            return None
        difference = self.objective_usd - self.lower_bound_usd
        return difference / abs(self.objective_usd) if difference else 0.0


def measure(problem: Path, method: str, *, seconds: float, gap_ratio: float = 0.0) -> Answer:
    """The answer of a method in a process of its own; one that does not end is cut off and says so."""
    command = [sys.executable, "-m", __name__, str(problem), method, str(seconds), str(gap_ratio)]
    with subprocess.Popen(
        command, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        try:
            output, errors = process.communicate(timeout=seconds + GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            return Answer(state=f"cut off after {seconds + GRACE_SECONDS:.0f} s")
    if process.returncode:
        last = errors.strip().rsplit("\n", 1)[-1]
        return Answer(state=f"failed with exit code {process.returncode}: {last}")
    return Answer(**json.loads(output.splitlines()[-1]))


def answer(problem: Problem, method: str, *, seconds: float, gap_ratio: float) -> Answer:
    """Run a method here and check what it found."""
    wall, cpu = time.perf_counter(), _cpu_seconds()
    found = _ours(problem, seconds, gap_ratio) if method == OURS else BASELINES[method](problem, seconds=seconds)
    spent = {
        "wall_seconds": time.perf_counter() - wall,
        "cpu_seconds": _cpu_seconds() - cpu,
        "peak_mb": peak_mb(),
        "lower_bound_usd": found.lower_bound_usd
        if found.lower_bound_usd not in (float("inf"), float("-inf"))
        else None,
    }
    if found.plan is None:
        return Answer(state=found.reason, **spent)
    checked = verify(problem, found.plan)
    if isinstance(checked, Refuted):
        return Answer(state=f"breaks {len(checked.faults)} rules", **spent)
    return Answer(state="feasible", objective_usd=float(checked.costs.objective_micro_usd) / MICRO_USD_PER_USD, **spent)


def _ours(problem: Problem, seconds: float, gap_ratio: float) -> Found:
    outcome = solve(problem, limits=Limits(time_limit_seconds=seconds, gap_ratio=gap_ratio))
    match outcome:
        case Solved():
            return Found(plan=outcome.plan, lower_bound_usd=float(outcome.lower_bound_micro_usd) / MICRO_USD_PER_USD)
        case Infeasible():
            return Found(plan=None, reason=f"said to be infeasible: {', '.join(outcome.conflict)}")
        case NotSolved():
            bound = outcome.lower_bound_micro_usd
            return Found(plan=None, lower_bound_usd=None if bound is None else float(bound) / MICRO_USD_PER_USD)


def _cpu_seconds() -> float:
    """Of this process and of its finished children."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def main() -> None:
    """Read the arguments, print the answer."""
    problem, method, seconds, gap_ratio = sys.argv[1:]
    found = answer(read_problem(Path(problem)), method, seconds=float(seconds), gap_ratio=float(gap_ratio))
    print(json.dumps(dataclasses.asdict(found)))


if __name__ == "__main__":
    main()

"""The ladder's rungs and what each is to reach: 500 to 100,000 workloads over 40 places, and 100,000 over 150."""

from __future__ import annotations

from functools import partial
from typing import Final

from tests.benchmarks.ladder import LadderSpec, write_rung
from tests.benchmarks.registry import Instance

HEURISTICS: Final = ("stay", "cheapest", "best_response", "per_task", "per_project")
MONOLITHS: Final = ("naive_highs", "group_flow_highs", "naive_cp_sat")


def _rung(spec: LadderSpec, *, seconds: float, goal: float, stop: float, baselines: tuple[str, ...]) -> Instance:
    return Instance(
        name=spec.name,
        section=spec.name,
        write=partial(write_rung, spec),
        time_limit_seconds=seconds,
        goal_gap_ratio=goal,
        stop_gap_ratio=stop,
        baselines=baselines,
    )


_ALL: Final = (*HEURISTICS, *MONOLITHS)

INSTANCES: Final = (
    _rung(LadderSpec(workloads=500, quotas="mild"), seconds=60, goal=1e-4, stop=0.0, baselines=_ALL),
    _rung(LadderSpec(workloads=500, quotas="tight"), seconds=30, goal=5e-3, stop=0.0, baselines=_ALL),
    _rung(LadderSpec(workloads=2_000, quotas="mild"), seconds=60, goal=2.5e-3, stop=1e-3, baselines=_ALL),
    _rung(LadderSpec(workloads=2_000, quotas="tight"), seconds=60, goal=5e-3, stop=1e-3, baselines=_ALL),
    _rung(LadderSpec(workloads=10_000, quotas="mild"), seconds=15, goal=2.5e-3, stop=1e-3, baselines=_ALL),
    _rung(LadderSpec(workloads=10_000, quotas="tight"), seconds=60, goal=5e-3, stop=1e-3, baselines=_ALL),
    _rung(LadderSpec(workloads=100_000, quotas="mild"), seconds=90, goal=2.5e-3, stop=2.5e-3, baselines=HEURISTICS),
    _rung(LadderSpec(workloads=100_000, quotas="tight"), seconds=90, goal=2.5e-3, stop=2.5e-3, baselines=HEURISTICS),
    _rung(
        LadderSpec(workloads=100_000, places=150, quotas="mild"),
        seconds=120,
        goal=1e-2,
        stop=1e-2,
        baselines=HEURISTICS,
    ),
)

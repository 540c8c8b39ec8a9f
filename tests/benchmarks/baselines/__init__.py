"""Other ways to place an estate, to be compared with the optimizer's."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from tests.benchmarks.baselines.found import Baseline, Found
from tests.benchmarks.baselines.heuristics import best_response, cheapest, per_project, per_task, stay
from tests.benchmarks.baselines.monoliths import group_flow_highs, naive_cp_sat, naive_highs

__all__ = ["BASELINES", "Baseline", "Found"]

BASELINES: Final[Mapping[str, Baseline]] = MappingProxyType(
    {
        "stay": stay,
        "cheapest": cheapest,
        "best_response": best_response,
        "per_task": per_task,
        "per_project": per_project,
        "naive_highs": naive_highs,
        "group_flow_highs": group_flow_highs,
        "naive_cp_sat": naive_cp_sat,
    }
)

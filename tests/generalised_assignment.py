"""Published generalised assignment instances as documents of the problem format.

Jobs are workloads, agents are places with a capacity; a job at an agent costs and weighs what the instance says, and
the sum is minimised (the Cattrysse instances are stated as costs here, as in their reference values). Instances: types
A to D of Chu and Beasley (1997) and gap7, gap8, gap12 of Cattrysse, Salomon and Van Wassenhove (1994).
"""

from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from tests.reference import REFERENCE_DATA

GAP_FOLDER: Final = REFERENCE_DATA / "instances" / "gap"


CHU: Final = tuple(f"{kind}{agents:02}{jobs}" for kind in "abcd" for jobs in (100, 200) for agents in (5, 10, 20))
CATTRYSSE: Final = tuple(f"gap{size}-{number}" for size in (7, 8, 12) for number in range(5))


def published_values(name: str) -> tuple[Decimal, Decimal]:
    """Best known bound and solution of an instance, for instance ``d20200``; equal where the optimum is known."""
    with (GAP_FOLDER / "reference_values.csv").open(newline="") as file:
        row = next(row for row in csv.DictReader(file) if row["Path"].endswith(f"/{name}"))
    return Decimal(row["Best known bound"]), Decimal(row["Best known solution value"])


def gap_document(path: Path) -> dict[str, Any]:
    """An instance file (``m n``, m rows of costs, m rows of weights, m capacities) as a problem document."""
    numbers = iter(path.read_text().split())
    agents, jobs = int(next(numbers)), int(next(numbers))
    cost = [[next(numbers) for _ in range(jobs)] for _ in range(agents)]
    weight = [[int(next(numbers)) for _ in range(jobs)] for _ in range(agents)]
    names = [f"agent{number}" for number in range(agents)]
    nodes = [
        {
            "id": f"job{job}",
            "kind": "workload",
            "options": [
                {"id": name, "place": name, "monthly": cost[agent][job], "uses": {"work": weight[agent][job]}}
                for agent, name in enumerate(names)
            ],
        }
        for job in range(jobs)
    ]
    return {
        "format": "placement-problem/1",
        "places": [{"id": name, "provider": "p", "region": name, "continent": "EU"} for name in names],
        "nodes": nodes,
        "transfer_per_gb": [["0"] * agents] * agents,
        "rules": [
            {"id": f"capacity {name}", "type": "capacity", "resource": "work", "place": name, "max": int(next(numbers))}
            for name in names
        ],
    }

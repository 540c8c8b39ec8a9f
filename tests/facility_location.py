"""Published single-source capacitated facility location instances as documents of the problem format.

Customers are workloads that take one facility each at the cost of their whole demand; facilities are places with an
open cost and a capacity. Instances: OR-Library cap61-134 and Holmberg, Rönnqvist and Yuan (1999) p1-p36. OR-Library
prints optima of the problem whose customers may be served by several facilities; those here are of one facility each.
"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from tests.reference import REFERENCE_DATA

INSTANCES: Final = REFERENCE_DATA / "instances"
ORLIB: Final = tuple(f"cflp/orlib_p{number}" for number in range(1, 25))
HOLMBERG: Final = tuple(f"sscflp/holmberg_p{number}" for number in range(1, 37))
HOLMBERG_TO_50_CUSTOMERS: Final = HOLMBERG[:24]


def published_optimum(name: str) -> Decimal:
    """The proven optimum of an instance, as printed (OR-Library's to the cent)."""
    family, instance = name.split("/")
    file = "single_source_optima_p1_to_p24.txt" if family == "cflp" else "optima_holmberg_p1_to_p36.txt"
    lines = (INSTANCES / family / file).read_text().split()
    return Decimal(lines[int(instance.rsplit("p", 1)[1]) - 1])


def instance_document(path: Path) -> dict[str, Any]:
    """An instance file as a problem document."""
    numbers = iter(path.read_text().split())
    facilities, customers = int(next(numbers)), int(next(numbers))
    capacity = [float(next(numbers)) for _ in range(facilities)]
    opening = [next(numbers) for _ in range(facilities)]
    demand = [float(next(numbers)) for _ in range(customers)]
    serving = [[next(numbers) for _ in range(facilities)] for _ in range(customers)]
    names = [f"f{at}" for at in range(facilities)]
    nodes = [
        {
            "id": f"c{customer}",
            "kind": "workload",
            "options": [
                {"id": name, "place": name, "monthly": serving[customer][at], "uses": {"demand": demand[customer]}}
                for at, name in enumerate(names)
            ],
        }
        for customer in range(customers)
    ]
    rules: list[dict[str, Any]] = []
    for at, name in enumerate(names):
        rules.append(
            {"id": f"capacity {name}", "type": "capacity", "resource": "demand", "place": name, "max": capacity[at]}
        )
        rules.append({"id": f"open {name}", "type": "open_cost", "place": name, "monthly": opening[at]})
    return {
        "format": "placement-problem/1",
        "places": [{"id": name, "provider": "p", "region": name, "continent": "EU"} for name in names],
        "nodes": nodes,
        "transfer_per_gb": [["0"] * facilities] * facilities,
        "rules": rules,
    }

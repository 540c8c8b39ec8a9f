"""Compile the optimizer's kernels anew, so that the first solve on a machine does not wait for it.

numba keeps machine code by function and notices when a function's own file changes, not when one that it calls does:
what is kept is therefore thrown away first.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import optimizer
from optimizer.exchange.documents import problem_from_document
from optimizer.model.compile import compile_model
from optimizer.solve import Limits

PLACES = [
    {"id": f"p{number}", "provider": f"v{number % 2}", "region": f"r{number}", "continent": "EU", "jurisdictions": []}
    for number in range(4)
]
COPIES = {"d2": 2, "d3": 3}


def document() -> dict[str, Any]:
    """A problem that needs every kernel: copies, flows, limits, rows, charges and forbidden pairs."""
    nodes = [
        {
            "id": name,
            "kind": "dataset" if name in COPIES else "workload",
            "current": None,
            "copies": COPIES.get(name, 1),
            "options": [
                {"id": at["id"], "place": at["id"], "monthly": str(1 + number), "one_off": "0", "uses": {"vcpu": 1}}
                for number, at in enumerate(PLACES)
            ],
        }
        for name in ("w1", "w2", "w3", *COPIES)
    ]
    ends = [("d2", "w1"), ("d2", "w2"), ("w1", "d2"), ("d3", "w1"), ("w2", "d3"), ("w1", "w2"), ("w2", "w3")]
    size = range(len(PLACES))
    return {
        "format": "placement-problem/1",
        "currency": "USD",
        "horizon_months": 36,
        "places": PLACES,
        "nodes": nodes,
        "flows": [{"from": one, "to": other, "gb_per_month": 100} for one, other in ends]
        + [{"from": "w1", "to": "w3", "gb_per_month": 1, "max_rtt_ms": 50}],
        "transfer_per_gb": [["0" if one == other else "0.01" for other in size] for one in size],
        "rtt_ms": [[1 if one == other else 60 - 20 * (one + other == 3) for other in size] for one in size],
        "rules": [
            {"id": "q", "type": "capacity", "resource": "vcpu", "place": "p0", "max": 3},
            {"id": "a", "type": "keep_apart", "nodes": ["w1", "w3"], "by": "place"},
            {"id": "o", "type": "open_cost", "place": "p1", "monthly": "5"},
        ],
    }


def main() -> None:
    """Throw away what is kept and solve a small problem."""
    for kept in Path(optimizer.__file__).parent.rglob("*.nb[ic]"):
        kept.unlink()
    from optimizer.solve.scalable import solve_at_scale

    began = time.perf_counter()
    model = compile_model(problem_from_document(document()))
    limits = Limits(time_limit_seconds=600)
    answer = solve_at_scale(model, limits=limits, seed=0, clock=time.perf_counter, until_stalled=True)
    print(f"kernels compiled in {time.perf_counter() - began:.0f} s; {answer.verdict}")


if __name__ == "__main__":
    main()

"""How long published instances take to their proven optimum, one thread."""

from __future__ import annotations

import pytest

from optimizer.exchange.documents import problem_from_document
from optimizer.plan import Solved
from optimizer.solve import Limits, solve
from tests.benchmarks.conftest import Record
from tests.facility_location import HOLMBERG_TO_50_CUSTOMERS, INSTANCES, ORLIB, instance_document, published_optimum
from tests.reference import needs_reference_data


@pytest.mark.benchmark
@needs_reference_data
def test_published_instances_are_solved_to_optimality_within_a_minute_each(record: Record) -> None:
    rows = []
    for name in (*ORLIB, *HOLMBERG_TO_50_CUSTOMERS):
        problem = problem_from_document(instance_document(INSTANCES / name))
        outcome = solve(problem, limits=Limits(time_limit_seconds=60))
        assert isinstance(outcome, Solved)
        found = outcome.costs.objective_micro_usd / 10**6
        assert abs(found - published_optimum(name)) <= 1
        rows.append(
            {
                "instance": name,
                "customers": len(problem.node_ids),
                "facilities": len(problem.places),
                "optimum published": published_optimum(name),
                "found": f"{found:.4f}",
                "proved gap": f"{outcome.gap_ratio:.1e}",
                "seconds": f"{outcome.facts.seconds:.2f}",
                "CPU seconds": f"{outcome.facts.cpu_seconds:.2f}",
            }
        )
        assert outcome.gap_ratio <= 1e-8
    record("Published facility location instances", rows)

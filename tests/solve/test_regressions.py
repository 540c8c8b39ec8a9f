"""Problems that once got a wrong answer, kept as they were found, each judged by brute force."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from optimizer.exchange.documents import problem_from_document
from optimizer.plan import Infeasible, Solved
from optimizer.solve import Limits, solve
from tests.oracle import Oracle

PROBLEMS = sorted((Path(__file__).parent / "regressions").glob("*.json"))


@pytest.mark.parametrize("gap_ratio", [0.0, 0.01])
@pytest.mark.parametrize("file", PROBLEMS, ids=lambda file: file.stem)
def test_the_answer_is_right_now(file: Path, gap_ratio: float) -> None:
    document = json.loads(file.read_text())
    best = Oracle(document).optimum()
    outcome = solve(problem_from_document(document), limits=Limits(gap_ratio=gap_ratio))
    if best is None:
        assert isinstance(outcome, Infeasible)
        return
    assert isinstance(outcome, Solved)
    optimum = Decimal(best[0].numerator) / Decimal(best[0].denominator) * 10**6
    assert outcome.lower_bound_micro_usd <= optimum
    assert outcome.costs.objective_micro_usd <= optimum / (1 - Decimal(repr(gap_ratio))) + 1

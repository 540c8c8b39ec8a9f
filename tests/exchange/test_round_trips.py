"""Problems through documents and tables and back."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
from hypothesis import HealthCheck, given, settings

from optimizer.exchange.documents import (
    plan_schema,
    plan_to_document,
    problem_from_document,
    problem_schema,
    problem_to_document,
)
from optimizer.exchange.tables import problem_from_tables, problem_to_tables
from optimizer.solve import Limits, solve
from tests.problem_documents import problem_documents

MANY = settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])


@MANY
@given(problem_documents())
def test_a_problem_survives_the_json_format(document: dict[str, Any]) -> None:
    problem = problem_from_document(document)
    again = problem_from_document(json.loads(json.dumps(problem_to_document(problem))))
    assert again.fingerprint() == problem.fingerprint()


@MANY
@given(problem_documents())
def test_a_problem_survives_the_table_format(document: dict[str, Any]) -> None:
    problem = problem_from_document(document)
    assert problem_from_tables(problem_to_tables(problem)).fingerprint() == problem.fingerprint()


@MANY
@given(problem_documents())
def test_documents_keep_the_published_schemas(document: dict[str, Any]) -> None:
    jsonschema.validate(document, problem_schema())
    problem = problem_from_document(document)
    jsonschema.validate(problem_to_document(problem), problem_schema())
    jsonschema.validate(plan_to_document(problem, solve(problem, limits=Limits()), peak_mb=1.0), plan_schema())

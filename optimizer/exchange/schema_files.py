"""The JSON Schemas of the published format as the text of the files that are shipped beside this module."""

from __future__ import annotations

import json
from typing import Any

from optimizer.exchange.documents import plan_schema, problem_schema

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema_texts() -> dict[str, str]:
    """File name to file content, generated from the documents' types.

    >>> sorted(schema_texts())
    ['plan.schema.json', 'problem.schema.json']
    """
    return {"problem.schema.json": _text(problem_schema()), "plan.schema.json": _text(plan_schema())}


def _text(schema: dict[str, Any]) -> str:
    return json.dumps({"$schema": DIALECT, **schema}, indent=2) + "\n"

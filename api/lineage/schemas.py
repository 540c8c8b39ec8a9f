"""Bodies of the lineage endpoint: what is used of an OpenLineage event; everything else is let through.

Source: https://openlineage.io/spec/2-0-2/OpenLineage.json.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

Name = Annotated[str, Field(min_length=1, max_length=2000)]
Count = Annotated[int, Field(ge=0, le=10**17)]
MOST_EVENTS: Final = 1000


class _Part(BaseModel):
    model_config = ConfigDict(extra="allow", strict=True)


class StatisticsFacet(_Part):
    """How much a run read or wrote of a dataset."""

    size: Count | None = None
    fileCount: Count | None = None  # noqa: N815 - OpenLineage's own name


class InputFacets(_Part):
    """Facets of an input."""

    inputStatistics: StatisticsFacet | None = None  # noqa: N815 - OpenLineage's own name


class OutputFacets(_Part):
    """Facets of an output."""

    outputStatistics: StatisticsFacet | None = None  # noqa: N815 - OpenLineage's own name


class DatasetName(_Part):
    """A dataset by OpenLineage's naming, for instance ``s3://bucket`` and ``raw/orders``."""

    namespace: Name
    name: Name


class LineageInput(DatasetName):
    """A dataset that a run read."""

    inputFacets: InputFacets | None = None  # noqa: N815 - OpenLineage's own name


class LineageOutput(DatasetName):
    """A dataset that a run wrote."""

    outputFacets: OutputFacets | None = None  # noqa: N815 - OpenLineage's own name


class LineageJob(_Part):
    """A job."""

    namespace: Name
    name: Name


class LineageRun(_Part):
    """A run of a job."""

    runId: Name  # noqa: N815 - OpenLineage's own name


class LineageEvent(_Part):
    """One event: of a run (with its job), or of a dataset or job alone."""

    eventTime: datetime  # noqa: N815 - OpenLineage's own name
    eventType: Literal["START", "RUNNING", "COMPLETE", "ABORT", "FAIL", "OTHER"] | None = None  # noqa: N815
    run: LineageRun | None = None
    job: LineageJob | None = None
    dataset: DatasetName | None = None
    inputs: list[LineageInput] | None = None
    outputs: list[LineageOutput] | None = None


class LineageReceipt(BaseModel):
    """What became of a body: events in it, accesses that they state, and whether it had been received before."""

    events: int
    accesses: int
    unchanged: bool


Events = Annotated[list[LineageEvent], Field(min_length=1, max_length=MOST_EVENTS)]
LINEAGE_EVENT: Final[TypeAdapter[LineageEvent]] = TypeAdapter(LineageEvent)
LINEAGE_EVENTS: Final[TypeAdapter[list[LineageEvent]]] = TypeAdapter(Events)
_BODY: Final[TypeAdapter[LineageEvent | list[LineageEvent]]] = TypeAdapter(LineageEvent | Events)


def request_body() -> dict[str, Any]:
    """The request body for the OpenAPI document, with its parts in place of references."""
    schema = _BODY.json_schema()
    return {
        "required": True,
        "description": f"One event or an array of up to {MOST_EVENTS}; Content-Encoding gzip is understood.",
        "content": {"application/json": {"schema": _inlined(schema, schema.get("$defs", {}))}},
    }


def _inlined(part: Any, definitions: dict[str, Any]) -> Any:
    if isinstance(part, list):
        return [_inlined(each, definitions) for each in part]
    if not isinstance(part, dict):
        return part
    if "$ref" in part:
        return _inlined(definitions[part["$ref"].rpartition("/")[2]], definitions)
    return {name: _inlined(each, definitions) for name, each in part.items() if name != "$defs"}

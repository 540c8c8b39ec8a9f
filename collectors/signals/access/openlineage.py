"""OpenLineage events: what every job says it read and wrote, in any order and any number of times.

Source: https://openlineage.io/spec/2-0-2/OpenLineage.json.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from collectors.signals.cells import (
    NotCounted,
    Row,
    count_of,
    decoded,
    json_rows,
    lines_of,
    list_of,
    mapping_of,
    member,
    moment_of,
    needed_text,
    read_access,
    text_of,
)
from collectors.signals.errors import InvalidRecord
from collectors.signals.records import AccessEvent, AccessReading
from collectors.signals.uris import uri_of_lineage

EVENT_TYPES: Final = ("START", "RUNNING", "COMPLETE", "ABORT", "FAIL", "OTHER")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Side:
    """One side of an event: what it is called, and where its statistics stand."""

    op: str
    name: str
    facets: str
    statistics: str


_SIDES: Final = (
    _Side(op="read", name="inputs", facets="inputFacets", statistics="inputStatistics"),
    _Side(op="write", name="outputs", facets="outputFacets", statistics="outputStatistics"),
)


def lineage_events(content: str) -> list[object]:
    """The events of a text: one event, an array of them, or one a line.

    Raises:
        InvalidRecord: it is none of these.
    """
    try:
        found = decoded(content, "the text")
    except InvalidRecord:
        rows = list(json_rows(lines_of(content)))
        if not rows or all(isinstance(row, str) for row in rows):
            raise InvalidRecord("neither an OpenLineage event, nor an array of them, nor one a line") from None
        return rows
    return found if isinstance(found, list) else [found]


def read_openlineage(events: Iterable[object]) -> AccessReading:
    """One access for every run, side and dataset, whose amounts are the largest that any event of the run told.

    The job is ``namespace/name``; the principal is the job of the parent run, when there is one. Events without a run
    (of a dataset or a job alone) are no accesses; the symlinks that they name are kept.
    """
    kept = list(events)
    reading = read_access(kept, lambda event: _events(mapping_of(event)))
    symlinks = {pair for event in kept if isinstance(event, dict) for pair in _symlinks(event)}
    return AccessReading(
        events=reading.events, rejects=reading.rejects, skipped=reading.skipped, symlinks=tuple(sorted(symlinks))
    )


def _events(event: Row) -> Iterator[AccessEvent]:
    at = moment_of(event.get("eventTime"), "eventTime")
    if "run" not in event:
        if "dataset" not in event and "job" not in event:
            raise InvalidRecord("neither run, dataset nor job; expected an OpenLineage event")
        raise NotCounted("event of a dataset or a job without a run")
    run_id = needed_text(member(event, "run", "runId"), "run.runId")
    job = _job(event.get("job"), "job")
    kind = event.get("eventType")
    if kind is not None and kind not in EVENT_TYPES:
        raise InvalidRecord(f"eventType is none of {', '.join(EVENT_TYPES)}")
    parent = member(event, "run", "facets", "parent", "job")
    principal = "" if parent is None else _job(parent, "run.facets.parent.job")
    for side in _SIDES:
        for dataset in list_of(event.get(side.name), side.name):
            uri = _uri(dataset)
            statistics = member(dataset, side.facets, side.statistics)
            yield AccessEvent(
                event_key=f"{run_id}|{side.name}|{uri}",
                at=at,
                dataset_uri=uri,
                op=side.op,
                principal=principal,
                job=job,
                moved_bytes=count_of(member(statistics, "size"), f"{side.statistics}.size"),
                objects=count_of(member(statistics, "fileCount"), f"{side.statistics}.fileCount") or 0,
            )


def _job(job: object, where: str) -> str:
    namespace = needed_text(member(job, "namespace"), f"{where}.namespace")
    return f"{namespace}/{needed_text(member(job, 'name'), f'{where}.name')}"


def _uri(dataset: object) -> str:
    return str(uri_of_lineage(text_of(member(dataset, "namespace")), text_of(member(dataset, "name"))))


def _symlinks(event: Row) -> Iterator[tuple[str, str]]:
    datasets = [event.get("dataset")]
    for side in _SIDES:
        found = event.get(side.name)
        datasets.extend(found if isinstance(found, list) else ())
    for dataset in datasets:
        names = member(dataset, "facets", "symlinks", "identifiers")
        for name in names if isinstance(names, list) else ():
            try:
                own, other = _uri(dataset), _uri(name)
            except InvalidRecord:
                continue  # a name that leads nowhere joins nothing; the event itself is judged elsewhere
            if own != other:
                yield own, other

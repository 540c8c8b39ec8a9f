"""What every access signal is turned into: events of access and states of datasets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any, Final

import pyarrow as pa

from collectors.signals.errors import InvalidRecord, InvalidUri
from collectors.signals.uris import parse_uri

OPS: Final = ("read", "write", "delete", "list", "restore", "other")
"""What was done. ``restore`` is the retrieval of an archived object: its bytes are the object's size."""
LARGEST_COUNT: Final = 10**17
FIRST_YEAR: Final = 2000
LAST_YEAR: Final = 2199

_TIME: Final = pa.timestamp("us", tz="UTC")


def _schema(*fields: pa.Field[Any]) -> pa.Schema:
    return pa.schema(fields)


ACCESS_EVENT_SCHEMA: Final = _schema(
    pa.field("event_key", pa.string(), nullable=False),
    pa.field("accessed_at", _TIME, nullable=False),
    pa.field("dataset_uri", pa.string(), nullable=False),
    pa.field("scope", pa.string(), nullable=False),
    pa.field("op", pa.string(), nullable=False),
    pa.field("principal", pa.string(), nullable=False),
    pa.field("job", pa.string(), nullable=False),
    pa.field("reader_region", pa.string()),
    pa.field("requests", pa.int64(), nullable=False),
    pa.field("bytes", pa.int64()),
    pa.field("objects", pa.int64(), nullable=False),
)
"""Events as they are stored; the source is in the path of the file."""

DATASET_ACCESS_SCHEMA: Final = _schema(
    pa.field("day", pa.date32(), nullable=False),
    pa.field("dataset_uri", pa.string(), nullable=False),
    pa.field("reader_region", pa.string()),
    pa.field("principal", pa.string(), nullable=False),
    pa.field("job", pa.string(), nullable=False),
    pa.field("op", pa.string(), nullable=False),
    pa.field("requests", pa.int64(), nullable=False),
    pa.field("bytes", pa.int64()),
    pa.field("objects", pa.int64(), nullable=False),
    pa.field("source", pa.string(), nullable=False),
    pa.field("coverage_from", _TIME),
    pa.field("coverage_to", _TIME),
)
"""Published table: accesses by UTC day. ``bytes`` is null when no event of the group says how much moved; ``objects``
counts an object once for every event that touched it. The coverage window is the one that holds the day, half-open;
null when nothing covers the day."""

DATASET_STATE_SCHEMA: Final = _schema(
    pa.field("day", pa.date32(), nullable=False),
    pa.field("dataset_uri", pa.string(), nullable=False),
    pa.field("provider", pa.string(), nullable=False),
    pa.field("region", pa.string()),
    pa.field("storage_class", pa.string(), nullable=False),
    pa.field("bytes", pa.int64(), nullable=False),
    pa.field("objects", pa.int64()),
    pa.field("last_modified", _TIME),
    pa.field("last_access", _TIME),
    pa.field("source", pa.string(), nullable=False),
)
"""Published table: what was stored on a day. ``objects`` is null where the source counts none; ``last_access`` is null
where the vendor does not track it (null is not "never")."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessEvent:
    """One access to one dataset.

    Attributes:
        event_key: the event's identity within its source; two deliveries of one event carry the same key. Of two
            records with one key the larger amounts count (a later lineage event of a run knows more than an earlier).
        at: when, aware UTC.
        dataset_uri: what was touched, canonical (``collectors.signals.uris``), down to a prefix of keys or a table.
        op: one of ``OPS``.
        principal: who (role ARN, service account, user); empty when the signal does not say.
        job: what ran (``namespace/name`` of a job, a warehouse, a project); empty when the signal does not say.
        reader_region: region that the access came from, when the signal says.
        requests: requests, queries or runs that this event stands for.
        moved_bytes: bytes that moved: sent for reads (a range read counts its range), received for writes, the object's
            size for restores; None when the signal does not say.
        objects: objects touched.
    """

    event_key: str
    at: datetime
    dataset_uri: str
    op: str
    principal: str = ""
    job: str = ""
    reader_region: str | None = None
    requests: int = 1
    moved_bytes: int | None = None
    objects: int = 1

    def __post_init__(self) -> None:
        if not self.event_key:
            raise InvalidRecord("an event without a key")
        check_canonical(self.dataset_uri)
        if self.op not in OPS:
            raise InvalidRecord(f"an operation that is none of {', '.join(OPS)}")
        check_time(self.at)
        for count in (self.requests, self.objects, self.moved_bytes or 0):
            check_count(count)


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetState:
    """What a dataset held in one storage class on one UTC day.

    Attributes:
        day_on: the day that the source describes.
        dataset_uri: canonical; a bucket, a prefix of keys, a table.
        provider: ``aws``, ``azure``, ``gcp``, ``snowflake`` or ``databricks``.
        region: the vendor's region name; None when the source does not say.
        storage_class: the vendor's own name, for instance ``STANDARD_IA`` or ``Cool``.
        stored_bytes: bytes billed or held, as the source counts them.
        object_count: None when the source counts none.
        last_modified_at: newest change of anything in it; None when the source does not say.
        last_access_at: newest access, where the vendor tracks it; None is unknown, not never.
    """

    day_on: date
    dataset_uri: str
    provider: str
    region: str | None
    storage_class: str
    stored_bytes: int
    object_count: int | None = None
    last_modified_at: datetime | None = None
    last_access_at: datetime | None = None

    def __post_init__(self) -> None:
        if not self.provider:
            raise InvalidRecord("a state without a provider")
        check_canonical(self.dataset_uri)
        if not FIRST_YEAR <= self.day_on.year <= LAST_YEAR:
            raise InvalidRecord(f"a day outside the years {FIRST_YEAR} to {LAST_YEAR}")
        for count in (self.stored_bytes, self.object_count or 0):
            check_count(count)
        for at in (self.last_modified_at, self.last_access_at):
            if at is not None:
                check_time(at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reject:
    """A line or row that was kept aside: its number from 1 within the delivery, why, and the text.

    The text is as delivered, cut when it is very long, without the signatures of signed addresses.
    """

    row_number: int
    reason: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessReading:
    """What a reader found. ``skipped`` counts, by reason, rows that are sound and no access (refused requests,
    management events). ``symlinks`` are pairs of canonical URIs that name the same dataset."""

    events: tuple[AccessEvent, ...] = ()
    rejects: tuple[Reject, ...] = ()
    skipped: Mapping[str, int] = field(default_factory=dict)
    symlinks: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StateReading:
    """What a reader of states found; ``skipped`` as in ``AccessReading``."""

    states: tuple[DatasetState, ...] = ()
    rejects: tuple[Reject, ...] = ()
    skipped: Mapping[str, int] = field(default_factory=dict)


def check_time(at: datetime) -> None:
    """Refuse a moment that is not aware or lies outside the years that signals can come from.

    Raises:
        InvalidRecord: it is.
    """
    if at.tzinfo is None or at.utcoffset() != timedelta(0):
        raise InvalidRecord("a time that is not in UTC")
    if not FIRST_YEAR <= at.year <= LAST_YEAR:
        raise InvalidRecord(f"a time outside the years {FIRST_YEAR} to {LAST_YEAR}")


@lru_cache(maxsize=65536)
def check_canonical(dataset_uri: str) -> None:
    """Refuse a dataset's name that is not in its one form.

    Raises:
        InvalidRecord: it is not.
    """
    if str(parse_uri(dataset_uri)) != dataset_uri:
        raise InvalidUri("a dataset name that is not canonical")


def check_count(count: int) -> None:
    """Refuse a count that is negative or too large to be one.

    Raises:
        InvalidRecord: it is.
    """
    if not 0 <= count <= LARGEST_COUNT:
        raise InvalidRecord(f"a count outside 0 to {LARGEST_COUNT}")


def events_table(events: Iterable[AccessEvent], *, scope_of: Mapping[str, str]) -> pa.Table:
    """Events in ``ACCESS_EVENT_SCHEMA``; ``scope_of`` gives the coverage scope of every dataset URI."""
    found = list(events)
    columns: dict[str, list[object]] = {
        "event_key": [event.event_key for event in found],
        "accessed_at": [event.at for event in found],
        "dataset_uri": [event.dataset_uri for event in found],
        "scope": [scope_of[event.dataset_uri] for event in found],
        "op": [event.op for event in found],
        "principal": [event.principal for event in found],
        "job": [event.job for event in found],
        "reader_region": [event.reader_region for event in found],
        "requests": [event.requests for event in found],
        "bytes": [event.moved_bytes for event in found],
        "objects": [event.objects for event in found],
    }
    return pa.table(columns, schema=ACCESS_EVENT_SCHEMA)


def states_table(states: Iterable[DatasetState], *, source: str) -> pa.Table:
    """States in ``DATASET_STATE_SCHEMA``."""
    found = list(states)
    columns: dict[str, list[object]] = {
        "day": [state.day_on for state in found],
        "dataset_uri": [state.dataset_uri for state in found],
        "provider": [state.provider for state in found],
        "region": [state.region for state in found],
        "storage_class": [state.storage_class for state in found],
        "bytes": [state.stored_bytes for state in found],
        "objects": [state.object_count for state in found],
        "last_modified": [state.last_modified_at for state in found],
        "last_access": [state.last_access_at for state in found],
        "source": [source] * len(found),
    }
    return pa.table(columns, schema=DATASET_STATE_SCHEMA)


def utc(at: datetime) -> datetime:
    """The moment in UTC; one without a zone is taken as UTC already, as the vendors' views give it."""
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)

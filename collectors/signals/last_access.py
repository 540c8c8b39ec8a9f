"""When a dataset was last used: a day, "not since", or unknown. Unknown is not never."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, time, timedelta
from typing import Final

from collectors.signals.coverage import Coverage
from collectors.signals.kinds import kind_of
from collectors.signals.store import SignalStore
from collectors.signals.uris import DatasetUri, parse_uri

_USES_SQL: Final = """
SELECT dataset_uri, max(CAST(accessed_at AS DATE)) FROM access_events
WHERE op IN ('read', 'write', 'restore') GROUP BY ALL
UNION ALL
SELECT dataset_uri, max(CAST(last_access AS DATE)) FROM dataset_state WHERE last_access IS NOT NULL GROUP BY ALL
"""
_MIDNIGHT: Final = time(tzinfo=UTC)
_NO_DAY: Final = timedelta(0)
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Accessed:
    """It was read, written or restored on this day, and not later that any source saw."""

    on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class NotSince:
    """Every part of it was watched on all of the days from this one to that one, and nobody used it."""

    from_on: date
    until_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """Nobody watched it."""


LastAccess = Accessed | NotSince | Unknown


def last_access(store: SignalStore, dataset_uris: Sequence[str]) -> LastAccess:
    """The last use of a dataset that is all of ``dataset_uris`` and what lies below them.

    Sources that see only some of the accesses (lineage) can say when it was used, never that it was not.

    Raises:
        InvalidUri: one of the texts names no dataset.
        StoreError: the signals cannot be read.
    """
    wanted = [parse_uri(text) for text in dataset_uris]
    with store.connect() as connection:
        uses: list[tuple[str, date]] = connection.execute(_USES_SQL).fetchall()
    days = [day for text, day in uses if any(_holds(uri, parse_uri(text)) for uri in wanted)]
    if days:
        return Accessed(on=max(days))
    coverage = store.coverage()
    watched = [_watched(coverage, uri) for uri in wanted]
    known = [each for each in watched if each is not None]
    if not known or len(known) < len(watched):
        return Unknown()
    from_on, until_on = max(each.from_on for each in known), min(each.until_on for each in known)
    return NotSince(from_on=from_on, until_on=until_on) if from_on <= until_on else Unknown()


def _watched(coverage: Iterable[Coverage], uri: DatasetUri) -> NotSince | None:
    """The newest window of any source that sees everything there, the longest of the newest."""
    windows = [
        each.window
        for each in coverage
        if kind_of(each.source).proves_absence and parse_uri(each.scope).segments == parse_uri(uri.scope).segments
    ]
    if not windows:
        return None
    newest = max(windows, key=lambda window: (window.to_at, -window.from_at.timestamp()))
    begins_at_midnight = newest.from_at.timetz() == _MIDNIGHT
    first_whole_on = newest.from_at.date() + (_NO_DAY if begins_at_midnight else _DAY)
    return NotSince(from_on=first_whole_on, until_on=newest.to_at.date() - _DAY)


def _holds(outer: DatasetUri, inner: DatasetUri) -> bool:
    return inner.segments[: len(outer.segments)] == outer.segments

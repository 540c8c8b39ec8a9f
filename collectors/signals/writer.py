"""Writing signals: stage, make durable, rename into place, then switch the ledger in one transaction.

Events are added: parts of a day accumulate and are merged into one when they are many; what came twice is told by its
key when it is read or merged. States are replaced: a delivery is the whole truth about every day and scope in it.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from collectors.signals.coverage import Coverage, whole_days
from collectors.signals.kinds import kind_of
from collectors.signals.layout import SignalLayout, part_folder
from collectors.signals.ledger import Part, Publication, SignalLedger
from collectors.signals.records import (
    AccessEvent,
    AccessReading,
    DatasetState,
    Reject,
    StateReading,
    events_table,
    states_table,
)
from collectors.signals.uris import parse_uri
from collectors.signals.views import ONCE
from collectors.store.durable import move_durably, sync_folder
from collectors.store.sql import EngineLimits, literal, open_engine, path_list

MOST_PARTS_OF_A_DAY: Final = 16
BUFFERED_EVENTS: Final = 100_000
KEPT_AFTER: Final = timedelta(days=1)
"""Files that are current no more stay so long, for readers that opened them."""


class SignalWriter:
    """What the holder of the lock may do: add deliveries, then publish them together. Made by ``SignalStore``."""

    def __init__(self, layout: SignalLayout, ledger: SignalLedger, limits: EngineLimits) -> None:
        self._layout = layout
        self._ledger = ledger
        self._limits = limits
        self._staging = layout.staging / f"signals-{os.getpid()}"
        self._number = ledger.next_publication()
        self._events: defaultdict[str, list[AccessEvent]] = defaultdict(list)
        self._states: defaultdict[str, list[DatasetState]] = defaultdict(list)
        self._staged: list[tuple[Path, Part]] = []
        self._counts: dict[tuple[str, str], Mapping[str, int]] = {}
        self._coverage: list[Coverage] = []
        self._symlinks: set[tuple[str, str]] = set()

    def clean_leftovers(self) -> None:
        """Remove what killed writers left. Only when their staging folders are there can files without a row be."""
        leftovers = list(self._layout.staging.glob("signals-*"))
        if leftovers:
            known = self._ledger.known_paths()
            for file in self._layout.parts.rglob("*.parquet"):
                if str(file.relative_to(self._layout.root)) not in known:
                    file.unlink()
        for leftover in leftovers:
            shutil.rmtree(leftover)
        self._staging.mkdir(parents=True)

    def is_delivered(self, source: str, fingerprint: str) -> bool:
        """Whether a delivery was published before or is part of this publication already."""
        return (source, fingerprint) in self._counts or self._ledger.delivered(source, fingerprint) is not None

    def add_access(
        self, source: str, reading: AccessReading, *, fingerprint: str, coverage: Sequence[Coverage] | None
    ) -> None:
        """Take up events of a delivery that is not delivered yet.

        Without ``coverage`` the caller tells later, by ``cover``.
        """
        self._events[source].extend(reading.events)
        self._symlinks.update(reading.symlinks)
        self._coverage.extend(coverage or ())
        self._note(source, fingerprint, len(reading.events), reading.rejects, reading.skipped)
        if sum(map(len, self._events.values())) >= BUFFERED_EVENTS:
            self._flush_events()

    def add_state(self, source: str, reading: StateReading, *, fingerprint: str) -> None:
        """Take up states of a delivery that is not delivered yet; several deliveries of one publication add up."""
        self._states[source].extend(reading.states)
        self._note(source, fingerprint, len(reading.states), reading.rejects, reading.skipped)

    def cover(self, coverage: Iterable[Coverage]) -> None:
        """Add covered windows."""
        self._coverage.extend(coverage)

    def publish(self, *, published_at: datetime) -> None:
        """Make everything visible at once; nothing to do when nothing was taken up."""
        if not self._counts and not self._coverage:
            return
        self._flush_events()
        superseded = self._flush_states()
        placed = [self._place(file, part) for file, part in self._staged]
        merged, replaced = self._merge_days(placed)
        self._ledger.publish(
            Publication(
                published_at=published_at,
                parts=[part for part in (*placed, *merged) if part.path not in replaced],
                superseded=[*superseded, *replaced],
                deliveries=self._counts,
                coverage=self._coverage,
                symlinks=self._symlinks,
            )
        )
        for path in replaced & {part.path for part in placed}:
            (self._layout.root / path).unlink()
        for path in self._ledger.forget_superseded(published_at - KEPT_AFTER):
            (self._layout.root / path).unlink(missing_ok=True)

    def discard_staging(self) -> None:
        """Remove this writer's unfinished work, after a publication or when there was none to make."""
        shutil.rmtree(self._staging, ignore_errors=True)

    def _note(
        self, source: str, fingerprint: str, found: int, rejects: Sequence[Reject], skipped: Mapping[str, int]
    ) -> None:
        self._counts[source, fingerprint] = {
            "records": found, "rejected": len(rejects), "skipped": sum(skipped.values()),
        }  # fmt: skip
        if rejects:
            table = pa.table(
                {
                    "delivery": [fingerprint] * len(rejects),
                    "row_number": [reject.row_number for reject in rejects],
                    "reason": [reject.reason for reject in rejects],
                    "text": [reject.text for reject in rejects],
                }
            )
            self._stage(table, kind="rejects", source=source, day="", unit="")

    def _flush_events(self) -> None:
        for source, events in self._events.items():
            by_day: defaultdict[date, list[AccessEvent]] = defaultdict(list)
            for event in events:
                by_day[event.at.date()].append(event)
            for day, found in sorted(by_day.items()):
                table = events_table(found, scope_of=scopes(source, found))
                self._stage(table, kind="access", source=source, day=day.isoformat(), unit=day.isoformat())
        self._events.clear()

    def _flush_states(self) -> list[str]:
        """Stage the states; the paths of what they replace."""
        superseded: list[str] = []
        for source, states in self._states.items():
            by_unit: defaultdict[tuple[str, str], list[DatasetState]] = defaultdict(list)
            for state in states:
                by_unit[state.day_on.isoformat(), parse_uri(state.dataset_uri).scope].append(state)
            for (day, scope), found in sorted(by_unit.items()):
                unit = f"{day}|{scope}"
                superseded.extend(self._ledger.current_paths("state", source, unit))
                self._stage(states_table(found, source=source), kind="state", source=source, day=day, unit=unit)
        self._states.clear()
        return superseded

    def _stage(self, table: pa.Table, *, kind: str, source: str, day: str, unit: str) -> None:
        position = len(self._staged)
        file = self._staging / f"{position}.parquet"
        pq.write_table(table, file, compression="zstd")
        path = part_folder(kind, source, day) / f"p{self._number}-{position:05d}.parquet"
        self._staged.append((file, Part(path=str(path), kind=kind, source=source, unit=unit)))

    def _place(self, file: Path, part: Part) -> Part:
        target = self._layout.root / part.path
        move_durably(file, target)
        for parent in target.parents[1:4]:
            sync_folder(parent)
        return part

    def _merge_days(self, placed: Sequence[Part]) -> tuple[list[Part], set[str]]:
        """One new file for every day that has too many; and the paths that it replaces."""
        merged: list[Part] = []
        replaced: set[str] = set()
        for source, day in sorted({(part.source, part.unit) for part in placed if part.kind == "access"}):
            new = [part.path for part in placed if (part.kind, part.source, part.unit) == ("access", source, day)]
            paths = [*self._ledger.current_paths("access", source, day), *new]
            if len(paths) > MOST_PARTS_OF_A_DAY:
                digest = hashlib.sha256(source.encode()).hexdigest()[:8]
                path = part_folder("access", source, day) / f"p{self._number}-merged.parquet"
                file = self._staging / f"merged-{day}-{digest}.parquet"
                self._merge([self._layout.root / each for each in paths], file)
                merged.append(self._place(file, Part(path=str(path), kind="access", source=source, unit=day)))
                replaced.update(paths)
        return merged, replaced

    def _merge(self, origins: list[Path], target: Path) -> None:
        connection = open_engine(self._limits, spill_folder=self._staging / "spill")
        try:
            connection.execute(
                f"COPY (SELECT event_key, {ONCE} FROM read_parquet({path_list(origins)}, hive_partitioning = false) "
                f"GROUP BY event_key ORDER BY event_key) TO {literal(str(target))} (FORMAT parquet, COMPRESSION zstd)"
            )
        finally:
            connection.close()


def scopes(source: str, events: Iterable[AccessEvent]) -> dict[str, str]:
    """The coverage scope of every dataset that the events name: its authority, or '' for a source without scopes."""
    has_scopes = kind_of(source).has_scopes
    return {uri: parse_uri(uri).scope if has_scopes else "" for uri in {event.dataset_uri for event in events}}


def spanned(source: str, events: Iterable[AccessEvent]) -> tuple[Coverage, ...]:
    """What a delivery of events covers when nobody says: in each scope the whole days from its first to its last."""
    found = list(events)
    scope_of = scopes(source, found)
    days: dict[str, tuple[date, date]] = {}
    for event in found:
        scope, day = scope_of[event.dataset_uri], event.at.astimezone(UTC).date()
        first, last = days.get(scope, (day, day))
        days[scope] = (min(first, day), max(last, day))
    return tuple(
        Coverage(source=source, scope=scope, window=whole_days(first, last))
        for scope, (first, last) in sorted(days.items())
    )

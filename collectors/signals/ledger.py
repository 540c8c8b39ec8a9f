"""The ledger of signals: which files are current, what was delivered, which times are covered. SQLite, one file.

As in the store of bills, everything that readers see is decided by one transaction.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from collectors.signals.coverage import Coverage, Window, merged

SCHEMA_VERSION: Final = 1
_SCHEMA: Final = """
CREATE TABLE publication (id INTEGER PRIMARY KEY, published_at TEXT NOT NULL);
CREATE TABLE delivery (
    source TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    publication_id INTEGER NOT NULL REFERENCES publication (id),
    counts TEXT NOT NULL,
    PRIMARY KEY (source, fingerprint)
);
CREATE TABLE part (
    path TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('access', 'state', 'rejects')),
    source TEXT NOT NULL,
    unit TEXT NOT NULL,
    superseded_at TEXT
);
CREATE INDEX current_part ON part (kind, source, unit) WHERE superseded_at IS NULL;
CREATE TABLE coverage (
    source TEXT NOT NULL,
    scope TEXT NOT NULL,
    from_at TEXT NOT NULL,
    to_at TEXT NOT NULL,
    PRIMARY KEY (source, scope, from_at)
);
CREATE TABLE symlink (uri TEXT NOT NULL, other_uri TEXT NOT NULL, PRIMARY KEY (uri, other_uri));
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A finished file: its path relative to the data directory, its table, source, and unit.

    The unit is the day for access and rejects, and day and scope for state (``2026-01-31|s3://lake``).
    """

    path: str
    kind: str
    source: str
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """Everything that becomes visible together. ``deliveries`` has the counts of each (source, fingerprint);
    ``superseded`` are paths that are current no more."""

    published_at: datetime
    parts: Sequence[Part]
    superseded: Sequence[str]
    deliveries: Mapping[tuple[str, str], Mapping[str, int]]
    coverage: Sequence[Coverage]
    symlinks: Iterable[tuple[str, str]]


class SignalLedger:
    """Reads and writes the ledger file. Every method opens and closes its own connection."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def is_ready(self) -> bool:
        """Whether the file is there with its tables."""
        if not self._path.exists():
            return False
        with self._connection() as connection:
            (found,) = connection.execute("PRAGMA user_version").fetchone()
        return bool(found == SCHEMA_VERSION)

    def create(self) -> None:
        """Make the tables when the file is new. The caller holds the lock.

        Raises:
            sqlite3.Error: the file cannot be written, is no ledger, or was made by a later release.
        """
        with self._connection() as connection:
            (found,) = connection.execute("PRAGMA user_version").fetchone()
            if found == SCHEMA_VERSION:
                return
            if found != 0:
                raise sqlite3.DatabaseError(f"format {found} is not {SCHEMA_VERSION}, which this release reads")
            connection.execute("PRAGMA journal_mode = WAL")
            connection.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;")

    def next_publication(self) -> int:
        """The number that the next publication will have."""
        with self._connection() as connection:
            (newest,) = connection.execute("SELECT coalesce(max(id), 0) FROM publication").fetchone()
        return int(newest) + 1

    def parts(self, kind: str) -> tuple[Part, ...]:
        """Current files of a kind in the order (source, unit, path)."""
        with self._connection() as connection:
            rows = connection.execute(
                "SELECT path, kind, source, unit FROM part WHERE kind = ? AND superseded_at IS NULL "
                "ORDER BY source, unit, path",
                (kind,),
            ).fetchall()
        return tuple(Part(path=path, kind=kind, source=source, unit=unit) for path, kind, source, unit in rows)

    def current_paths(self, kind: str, source: str, unit: str) -> tuple[str, ...]:
        """Current files of one unit."""
        with self._connection() as connection:
            rows = connection.execute(
                "SELECT path FROM part WHERE kind = ? AND source = ? AND unit = ? AND superseded_at IS NULL "
                "ORDER BY path",
                (kind, source, unit),
            ).fetchall()
        return tuple(path for (path,) in rows)

    def known_paths(self) -> frozenset[str]:
        """Every file that a row names, current or not."""
        with self._connection() as connection:
            return frozenset(path for (path,) in connection.execute("SELECT path FROM part"))

    def forget_superseded(self, before_at: datetime) -> tuple[str, ...]:
        """Drop the rows of files superseded before a moment; their paths, for the caller to remove."""
        with self._connection() as connection:
            rows = connection.execute(
                "DELETE FROM part WHERE superseded_at < ? RETURNING path", (_stored(before_at),)
            ).fetchall()
        return tuple(path for (path,) in rows)

    def delivered(self, source: str, fingerprint: str) -> dict[str, int] | None:
        """The counts of a delivery that was published before; else None."""
        with self._connection() as connection:
            row = connection.execute(
                "SELECT counts FROM delivery WHERE source = ? AND fingerprint = ?", (source, fingerprint)
            ).fetchone()
        return None if row is None else dict(json.loads(row[0]))

    def delivery_counts(self) -> dict[str, dict[str, int]]:
        """Sums of the counts of all deliveries, by source; ``deliveries`` is how many there were."""
        sums: dict[str, dict[str, int]] = {}
        with self._connection() as connection:
            for source, text in connection.execute("SELECT source, counts FROM delivery ORDER BY source"):
                total = sums.setdefault(source, {})
                for name, count in {"deliveries": 1, **json.loads(text)}.items():
                    total[name] = total.get(name, 0) + count
        return sums

    def coverage(self) -> tuple[Coverage, ...]:
        """Every covered window, merged within its source and scope, in order."""
        with self._connection() as connection:
            rows = connection.execute(
                "SELECT source, scope, from_at, to_at FROM coverage ORDER BY source, scope, from_at"
            ).fetchall()
        return tuple(
            Coverage(source=source, scope=scope, window=_window(from_at, to_at))
            for source, scope, from_at, to_at in rows
        )

    def symlinks(self) -> tuple[tuple[str, str], ...]:
        """Pairs of URIs that name the same dataset, each once, sorted."""
        with self._connection() as connection:
            return tuple(connection.execute("SELECT uri, other_uri FROM symlink ORDER BY uri, other_uri").fetchall())

    def publish(self, publication: Publication) -> None:
        """Make everything of a publication visible in one transaction."""
        with self._connection() as connection:
            connection.execute("BEGIN IMMEDIATE")
            stamp = _stored(publication.published_at)
            number = connection.execute("INSERT INTO publication (published_at) VALUES (?)", (stamp,)).lastrowid
            connection.executemany(
                "UPDATE part SET superseded_at = ? WHERE path = ?", [(stamp, path) for path in publication.superseded]
            )
            connection.executemany(
                "INSERT INTO part VALUES (?, ?, ?, ?, NULL)",
                [(part.path, part.kind, part.source, part.unit) for part in publication.parts],
            )
            connection.executemany(
                "INSERT INTO delivery VALUES (?, ?, ?, ?)",
                [
                    (source, fingerprint, number, json.dumps(dict(counts), sort_keys=True))
                    for (source, fingerprint), counts in publication.deliveries.items()
                ],
            )
            for each in publication.coverage:
                _add_coverage(connection, each)
            connection.executemany("INSERT OR IGNORE INTO symlink VALUES (?, ?)", sorted(set(publication.symlinks)))
            connection.execute("COMMIT")

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        connection = sqlite3.connect(self._path, timeout=30, isolation_level=None)
        try:
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
            yield connection
        finally:
            connection.close()


def _add_coverage(connection: sqlite3.Connection, added: Coverage) -> None:
    key = (added.source, added.scope)
    rows = connection.execute("SELECT from_at, to_at FROM coverage WHERE source = ? AND scope = ?", key).fetchall()
    windows = merged([added.window, *(_window(from_at, to_at) for from_at, to_at in rows)])
    connection.execute("DELETE FROM coverage WHERE source = ? AND scope = ?", key)
    connection.executemany(
        "INSERT INTO coverage VALUES (?, ?, ?, ?)",
        [(*key, _stored(window.from_at), _stored(window.to_at)) for window in windows],
    )


def _stored(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def _window(from_at: str, to_at: str) -> Window:
    return Window(from_at=datetime.fromisoformat(from_at), to_at=datetime.fromisoformat(to_at))

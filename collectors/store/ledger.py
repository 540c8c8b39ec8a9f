"""The ledger: which versions exist, which are current, and which files each is made of. SQLite, one file.

Everything that readers see is decided here by one transaction, so a process killed at any moment leaves either the
state before or the state after it.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Final

from collectors.store.versions import PeriodContents, PeriodVersion

SCHEMA_VERSION: Final = 1
_SCHEMA: Final = """
CREATE TABLE period_version (
    id INTEGER PRIMARY KEY,
    source TEXT NOT NULL,
    period TEXT NOT NULL,
    version TEXT NOT NULL,
    current INTEGER NOT NULL CHECK (current IN (0, 1)),
    fingerprint TEXT NOT NULL,
    contents TEXT NOT NULL,
    ingested_at TEXT NOT NULL,
    UNIQUE (source, period, version)
);
CREATE UNIQUE INDEX one_current_version ON period_version (source, period) WHERE current = 1;
CREATE TABLE part (
    version_id INTEGER NOT NULL REFERENCES period_version (id),
    kind TEXT NOT NULL CHECK (kind IN ('rows', 'rejects')),
    path TEXT NOT NULL PRIMARY KEY
);
CREATE TABLE delivery (
    fingerprint TEXT NOT NULL,
    source TEXT NOT NULL,
    period TEXT NOT NULL,
    version_fingerprint TEXT NOT NULL,
    report TEXT NOT NULL,
    PRIMARY KEY (fingerprint, source, period)
);
CREATE TABLE collected (
    origin TEXT NOT NULL,
    period TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    delivery TEXT NOT NULL,
    PRIMARY KEY (origin, period)
);
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEntry:
    """One row for the ledger: the version and the paths of its files, relative to the data directory."""

    version: PeriodVersion
    row_parts: tuple[str, ...]
    reject_parts: tuple[str, ...]


class Ledger:
    """Reads and writes the ledger file. Every method opens and closes its own connection."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def is_ready(self) -> bool:
        """Whether the file is there with its tables; another process may be making them at this moment."""
        if not self._path.exists():
            return False
        with self._connection() as connection:
            (found,) = connection.execute("PRAGMA user_version").fetchone()
        return bool(found == SCHEMA_VERSION)

    def create(self) -> None:
        """Make the tables when the file is new. The caller holds the store's lock.

        Raises:
            sqlite3.Error: the file cannot be written, is no ledger, or was made by a later release.
        """
        with self._connection() as connection:
            (found,) = connection.execute("PRAGMA user_version").fetchone()
            if found == SCHEMA_VERSION:
                return
            if found != 0:
                raise sqlite3.DatabaseError(f"ledger format {found} is not {SCHEMA_VERSION}, which this release reads")
            connection.execute("PRAGMA journal_mode = WAL")
            connection.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;")

    def versions(self, *, current_only: bool) -> tuple[PeriodVersion, ...]:
        """Versions in the order (source, period, age)."""
        where = "WHERE current = 1" if current_only else ""
        with self._connection() as connection:
            rows = connection.execute(
                "SELECT version, current, contents, ingested_at FROM period_version "
                f"{where} ORDER BY source, period, id"
            ).fetchall()
        return tuple(
            PeriodVersion(
                contents=contents_from_json(contents),
                version=version,
                current=bool(current),
                ingested_at=datetime.fromisoformat(ingested_at),
            )
            for version, current, contents, ingested_at in rows
        )

    def parts(self, kind: str, *, current_only: bool) -> tuple[str, ...]:
        """Relative paths of the Parquet files of a kind (``rows`` or ``rejects``)."""
        where = "AND current = 1" if current_only else ""
        with self._connection() as connection:
            rows = connection.execute(
                "SELECT path FROM part JOIN period_version ON version_id = period_version.id "
                f"WHERE kind = ? {where} ORDER BY source, period, period_version.id, path",
                (kind,),
            ).fetchall()
        return tuple(path for (path,) in rows)

    def standing_delivery(self, fingerprint: str) -> tuple[tuple[PeriodVersion, ...], str] | None:
        """The versions of a delivery with the report made then, when all of them are still current; else None."""
        with self._connection() as connection:
            rows = connection.execute(
                "SELECT source, period, version_fingerprint, report FROM delivery WHERE fingerprint = ? "
                "ORDER BY source, period",
                (fingerprint,),
            ).fetchall()
        current = {(each.source, each.period): each for each in self.versions(current_only=True)} if rows else {}
        versions = []
        for source, period, version_fingerprint, _ in rows:
            version = current.get((source, period))
            if version is None or version.fingerprint != version_fingerprint:
                return None
            versions.append(replace(version, unchanged=True))
        return (tuple(versions), rows[0][3]) if rows else None

    def collected(self, origin: str, period: str) -> tuple[str, str] | None:
        """Fingerprint of what was last collected of a period at ``origin``, and of the delivery it became."""
        with self._connection() as connection:
            found: tuple[str, str] | None = connection.execute(
                "SELECT fingerprint, delivery FROM collected WHERE origin = ? AND period = ?", (origin, period)
            ).fetchone()
        return found

    def remember_collected(self, origin: str, period: str, *, fingerprint: str, delivery: str) -> None:
        """Write down what was collected of a period at ``origin``, in place of what was before."""
        with self._connection() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO collected VALUES (?, ?, ?, ?)", (origin, period, fingerprint, delivery)
            )

    def publish(self, entries: Sequence[LedgerEntry], *, delivery: str, members: Mapping[tuple[str, str], str],
                report: str) -> None:  # fmt: skip
        """Make ``entries`` current and remember what ``delivery`` became, in one transaction."""
        with self._connection() as connection:
            connection.execute("BEGIN IMMEDIATE")
            for entry in entries:
                _insert(connection, entry)
            connection.execute("DELETE FROM delivery WHERE fingerprint = ?", (delivery,))
            connection.executemany(
                "INSERT INTO delivery VALUES (?, ?, ?, ?, ?)",
                [(delivery, source, period, version, report) for (source, period), version in members.items()],
            )
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


def _insert(connection: sqlite3.Connection, entry: LedgerEntry) -> None:
    version = entry.version
    connection.execute(
        "UPDATE period_version SET current = 0 WHERE source = ? AND period = ?", (version.source, version.period)
    )
    cursor = connection.execute(
        "INSERT INTO period_version (source, period, version, current, fingerprint, contents, ingested_at) "
        "VALUES (?, ?, ?, 1, ?, ?, ?)",
        (
            version.source,
            version.period,
            version.version,
            version.fingerprint,
            contents_to_json(version.contents),
            version.ingested_at.astimezone(UTC).isoformat(),
        ),
    )
    connection.executemany(
        "INSERT INTO part VALUES (?, ?, ?)",
        [(cursor.lastrowid, "rows", path) for path in entry.row_parts]
        + [(cursor.lastrowid, "rejects", path) for path in entry.reject_parts],
    )


def contents_to_json(contents: PeriodContents) -> str:
    """JSON text of the contents; money as strings, exactly."""
    return json.dumps(
        {
            "source": contents.source,
            "period": contents.period,
            "fingerprint": contents.fingerprint,
            "files": contents.files,
            "focus_versions": contents.focus_versions,
            "rows": contents.rows,
            "rejected_rows": contents.rejected_rows,
            "billed_cost": {currency: str(cost) for currency, cost in contents.billed_cost.items()},
            "effective_cost": {currency: str(cost) for currency, cost in contents.effective_cost.items()},
            "rejected_cost": {currency: str(cost) for currency, cost in contents.rejected_cost.items()},
        },
        sort_keys=True,
    )


def contents_from_json(text: str) -> PeriodContents:
    """The inverse of ``contents_to_json``."""
    found = json.loads(text)
    costs = {
        name: {currency: Decimal(cost) for currency, cost in found[name].items()}
        for name in ("billed_cost", "effective_cost", "rejected_cost")
    }
    return PeriodContents(
        source=found["source"],
        period=found["period"],
        fingerprint=found["fingerprint"],
        files=tuple(found["files"]),
        focus_versions=tuple(found["focus_versions"]),
        rows=found["rows"],
        rejected_rows=found["rejected_rows"],
        **costs,
    )

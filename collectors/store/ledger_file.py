"""The ledger's file: its tables, how it is opened, and how a ledger of an earlier release is brought up to them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from collectors.store.versions import CostByCurrency

_FIRST: Final = """
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

# A delivery can be normalised again from what is written down here; a period's checks belong to one version of it.
_SECOND: Final = """
ALTER TABLE collected ADD COLUMN mark TEXT NOT NULL DEFAULT '';
CREATE TABLE delivery_call (
    fingerprint TEXT NOT NULL PRIMARY KEY,
    dialect TEXT NOT NULL,
    source TEXT,
    period TEXT,
    files TEXT NOT NULL
);
CREATE TABLE period_check (
    source TEXT NOT NULL,
    period TEXT NOT NULL,
    version_fingerprint TEXT NOT NULL,
    level TEXT NOT NULL CHECK (level IN ('rows', 'native_total', 'independent_total')),
    status TEXT NOT NULL CHECK (status IN ('matched', 'mismatch', 'not_available')),
    expected TEXT NOT NULL,
    found TEXT NOT NULL,
    detail TEXT NOT NULL,
    checked_at TEXT NOT NULL,
    PRIMARY KEY (source, period, level)
);
CREATE TABLE closing (
    source TEXT NOT NULL,
    period TEXT NOT NULL,
    costs TEXT NOT NULL,
    effective_costs TEXT NOT NULL,
    row_count INTEGER NOT NULL,
    rejected_row_count INTEGER NOT NULL,
    evidence TEXT NOT NULL,
    closed_at TEXT NOT NULL,
    PRIMARY KEY (source, period)
);
CREATE TABLE source_setting (
    source TEXT NOT NULL PRIMARY KEY,
    provider TEXT NOT NULL,
    counts INTEGER NOT NULL CHECK (counts IN (0, 1)),
    billed_through TEXT NOT NULL
);
CREATE TABLE reading (
    id INTEGER PRIMARY KEY,
    table_name TEXT NOT NULL,
    source TEXT NOT NULL,
    unit TEXT NOT NULL,
    current INTEGER NOT NULL CHECK (current IN (0, 1)),
    path TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    row_count INTEGER NOT NULL,
    dropped TEXT NOT NULL,
    covers_from TEXT,
    covers_to TEXT,
    read_at TEXT NOT NULL
);
CREATE UNIQUE INDEX one_current_reading ON reading (table_name, source, unit) WHERE current = 1;
"""

STEPS: Final = (_FIRST, _SECOND)
SCHEMA_VERSION: Final = len(STEPS)


def upgrade(connection: sqlite3.Connection) -> None:
    """Bring a new or earlier ledger to ``SCHEMA_VERSION``, each step in a transaction of its own.

    Raises:
        sqlite3.Error: the file cannot be written, is no ledger, or was made by a later release.
    """
    (found,) = connection.execute("PRAGMA user_version").fetchone()
    if found > SCHEMA_VERSION:
        raise sqlite3.DatabaseError(f"ledger format {found} is newer than {SCHEMA_VERSION}, which this release reads")
    if found == 0:
        connection.execute("PRAGMA journal_mode = WAL")
    for number, step in enumerate(STEPS[found:], start=found + 1):
        connection.executescript(f"BEGIN IMMEDIATE; {step} PRAGMA user_version = {number}; COMMIT;")


@contextmanager
def open_ledger(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection for one block; what is committed is on the disk."""
    connection = sqlite3.connect(path, timeout=30, isolation_level=None)
    try:
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        yield connection
    finally:
        connection.close()


def cost_texts(costs: CostByCurrency) -> dict[str, str]:
    """Costs as JSON can hold them without loss."""
    return {currency: str(cost) for currency, cost in costs.items()}

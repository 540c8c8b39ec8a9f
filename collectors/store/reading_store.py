"""Readings in the store: the newest of every (table, source, unit), and all that were current before it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime

import duckdb
import pyarrow.parquet as pq

from collectors.readings import READING_SCHEMAS, Reading
from collectors.store.durable import move_durably
from collectors.store.layout import Layout, source_folder
from collectors.store.ledger_file import open_ledger
from collectors.store.sql import identifier, literal, open_engine, path_list
from collectors.store.store import IngestStore


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptReading:
    """One reading in the store. ``row_count`` rows; ``dropped`` counts by reason what could not be used."""

    table: str
    source: str
    unit: str
    row_count: int
    dropped: dict[str, int]
    read_at: datetime
    path: str


class ReadingStore:
    """Keeps readings inside an ingest store, under its lock and in its ledger."""

    def __init__(self, store: IngestStore) -> None:
        self._store = store
        self._layout = Layout(store.folder)

    def keep(self, source: str, reading: Reading, *, read_at: datetime) -> bool:
        """Put a reading in the place of the one before of its table, source and unit; whether anything changed.

        Raises:
            StoreBusy, StoreUnwritable: the store cannot be written; the reading before stays.
        """
        with self._store.writing() as writer:
            unfinished = writer.staging / "reading.parquet"
            pq.write_table(reading.rows, unfinished, compression="zstd")
            with unfinished.open("rb") as written:
                fingerprint = hashlib.file_digest(written, "sha256").hexdigest()
            present = self._current_fingerprint(reading.table, source, reading.unit)
            folder = self._layout.readings / reading.table / source_folder(source)
            target = folder / f"{source_folder(reading.unit)}-{fingerprint[:16]}.parquet"
            if present != fingerprint:
                move_durably(unfinished, target)
            self._write_down(source, reading, fingerprint, str(target.relative_to(self._layout.root)), read_at)
        return present != fingerprint

    def current(self) -> tuple[KeptReading, ...]:
        """The current readings."""
        with open_ledger(self._layout.ledger) as connection:
            rows = connection.execute(
                "SELECT table_name, source, unit, row_count, dropped, read_at, path FROM reading WHERE current = 1 "
                "ORDER BY table_name, source, unit"
            ).fetchall()
        return tuple(
            KeptReading(
                table=table,
                source=source,
                unit=unit,
                row_count=row_count,
                dropped=json.loads(dropped),
                read_at=datetime.fromisoformat(read_at),
                path=path,
            )
            for table, source, unit, row_count, dropped, read_at, path in rows
        )

    def connect(self) -> duckdb.DuckDBPyConnection:
        """A connection with one view per table of ``READING_SCHEMAS``, with the columns ``source`` and ``unit`` added.

        The caller closes it.
        """
        connection = open_engine(self._store.limits, spill_folder=self._layout.staging / "spill-of-readers")
        kept = self.current()
        for table, schema in READING_SCHEMAS.items():
            empty = schema.empty_table()
            connection.register(f"{table}_columns", empty)
            parts = [
                f"SELECT {literal(each.source)} AS source, {literal(each.unit)} AS unit, * "
                f"FROM read_parquet({path_list([self._layout.root / each.path])}, hive_partitioning = false)"
                for each in kept
                if each.table == table
            ]
            nothing = f"SELECT '' AS source, '' AS unit, * FROM {table}_columns WHERE false"
            connection.execute(
                f"CREATE TEMP VIEW {identifier(table)} AS {' UNION ALL BY NAME '.join([nothing, *parts])}"
            )
        return connection

    def _current_fingerprint(self, table: str, source: str, unit: str) -> str | None:
        with open_ledger(self._layout.ledger) as connection:
            found = connection.execute(
                "SELECT fingerprint FROM reading WHERE table_name = ? AND source = ? AND unit = ? AND current = 1",
                (table, source, unit),
            ).fetchone()
        return None if found is None else str(found[0])

    def _write_down(self, source: str, reading: Reading, fingerprint: str, path: str, read_at: datetime) -> None:
        key = (reading.table, source, reading.unit)
        with open_ledger(self._layout.ledger) as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute(
                "DELETE FROM reading WHERE table_name = ? AND source = ? AND unit = ? AND fingerprint = ?",
                (*key, fingerprint),
            )
            connection.execute("UPDATE reading SET current = 0 WHERE table_name = ? AND source = ? AND unit = ?", key)
            connection.execute(
                "INSERT INTO reading (table_name, source, unit, current, path, fingerprint, row_count, dropped, "
                "covers_from, covers_to, read_at) VALUES (?, ?, ?, 1, ?, ?, ?, ?, ?, ?, ?)",
                (
                    *key,
                    path,
                    fingerprint,
                    reading.rows.num_rows,
                    json.dumps(dict(reading.dropped)),
                    _text(reading.covers_from),
                    _text(reading.covers_to),
                    _text(read_at),
                ),
            )
            connection.execute("COMMIT")


def _text(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).isoformat()

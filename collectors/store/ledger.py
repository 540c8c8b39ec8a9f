"""The ledger: which versions exist, which are current, and which files each is made of. SQLite, one file.

Everything that readers see is decided here by one transaction, so a process killed at any moment leaves either the
state before or the state after it.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from collectors.store.checks import DeliveryCall
from collectors.store.ledger_file import SCHEMA_VERSION, cost_texts, open_ledger, upgrade
from collectors.store.versions import FIRST_DIALECT, FIRST_NORMALISER, PeriodContents, PeriodVersion


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
        with open_ledger(self._path) as connection:
            (found,) = connection.execute("PRAGMA user_version").fetchone()
        return bool(found == SCHEMA_VERSION)

    def create(self) -> None:
        """Make the tables when the file is new, or those it lacks when it is older. The caller holds the store's lock.

        Raises:
            sqlite3.Error: the file cannot be written, is no ledger, or was made by a later release.
        """
        with open_ledger(self._path) as connection:
            upgrade(connection)

    def versions(self, *, current_only: bool) -> tuple[PeriodVersion, ...]:
        """Versions in the order (source, period, age)."""
        where = "WHERE current = 1" if current_only else ""
        with open_ledger(self._path) as connection:
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
        """Relative paths of the Parquet files of a kind (``rows`` or ``rejects``).

        ``current_only`` leaves out superseded versions and sources that do not count.
        """
        uncounted = "SELECT source FROM source_setting WHERE counts = 0"
        where = f"AND current = 1 AND source NOT IN ({uncounted})" if current_only else ""
        with open_ledger(self._path) as connection:
            rows = connection.execute(
                "SELECT path FROM part JOIN period_version ON version_id = period_version.id "
                f"WHERE kind = ? {where} ORDER BY source, period, period_version.id, path",
                (kind,),
            ).fetchall()
        return tuple(path for (path,) in rows)

    def standing_delivery(self, fingerprint: str) -> tuple[tuple[PeriodVersion, ...], str] | None:
        """The versions of a delivery with the report made then, when all of them are still current; else None."""
        with open_ledger(self._path) as connection:
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
        with open_ledger(self._path) as connection:
            found: tuple[str, str] | None = connection.execute(
                "SELECT fingerprint, delivery FROM collected WHERE origin = ? AND period = ?", (origin, period)
            ).fetchone()
        return found

    def marks(self, origin: str) -> dict[str, str]:
        """By period, the mark that the provider left when it was last collected from ``origin``."""
        with open_ledger(self._path) as connection:
            return dict(connection.execute("SELECT period, mark FROM collected WHERE origin = ?", (origin,)).fetchall())

    def remember_collected(self, origin: str, period: str, *, fingerprint: str, delivery: str, mark: str) -> None:
        """Write down what was collected of a period at ``origin``, in place of what was before."""
        with open_ledger(self._path) as connection:
            connection.execute(
                "INSERT OR REPLACE INTO collected (origin, period, fingerprint, delivery, mark) VALUES (?, ?, ?, ?, ?)",
                (origin, period, fingerprint, delivery, mark),
            )

    def renew_mark(self, origin: str, period: str, mark: str) -> None:
        """Replace the mark of a period that was collected from ``origin``."""
        with open_ledger(self._path) as connection:
            connection.execute("UPDATE collected SET mark = ? WHERE origin = ? AND period = ?", (mark, origin, period))

    def calls(self) -> dict[tuple[str, str], DeliveryCall]:
        """How each current version came in, by (source, period); versions of which nothing is known are absent."""
        with open_ledger(self._path) as connection:
            rows = connection.execute(
                "SELECT version.source, version.period, call.fingerprint, dialect, call.source, call.period, files "
                "FROM period_version AS version JOIN delivery ON version.source = delivery.source "
                "AND version.period = delivery.period AND version.fingerprint = version_fingerprint "
                "JOIN delivery_call AS call ON call.fingerprint = delivery.fingerprint "
                "WHERE current = 1 ORDER BY version.source, version.period, delivery.rowid"
            ).fetchall()
        return {
            (source, period): DeliveryCall(
                fingerprint=fingerprint,
                dialect=dialect,
                source=asked_source,
                period=asked_period,
                files=tuple((sha256, suffix, name) for sha256, suffix, name in json.loads(files)),
            )
            for source, period, fingerprint, dialect, asked_source, asked_period, files in rows
        }

    def reports(self) -> dict[tuple[str, str], tuple[str, str]]:
        """By (source, period), the delivery that each current version came in with and the report made then."""
        with open_ledger(self._path) as connection:
            rows = connection.execute(
                "SELECT version.source, version.period, delivery.fingerprint, report FROM period_version AS version "
                "JOIN delivery ON version.source = delivery.source AND version.period = delivery.period "
                "AND version.fingerprint = version_fingerprint "
                "WHERE current = 1 ORDER BY version.source, version.period, delivery.rowid"
            ).fetchall()
        return {(source, period): (fingerprint, report) for source, period, fingerprint, report in rows}

    def publish(
        self,
        entries: Sequence[LedgerEntry],
        *,
        call: DeliveryCall,
        members: Mapping[tuple[str, str], str],
        report: str,
        instead_of: str | None,
    ) -> None:
        """Make ``entries`` current and remember what the delivery became, in one transaction.

        ``instead_of`` is the delivery whose raw files were normalised again: what was collected as that one is
        remembered as this one.
        """
        delivery = call.fingerprint
        with open_ledger(self._path) as connection:
            connection.execute("BEGIN IMMEDIATE")
            for entry in entries:
                _insert(connection, entry)
            connection.execute("DELETE FROM delivery WHERE fingerprint = ?", (delivery,))
            connection.executemany(
                "INSERT INTO delivery VALUES (?, ?, ?, ?, ?)",
                [(delivery, source, period, version, report) for (source, period), version in members.items()],
            )
            connection.execute(
                "INSERT OR REPLACE INTO delivery_call VALUES (?, ?, ?, ?, ?)",
                (delivery, call.dialect, call.source, call.period, json.dumps(call.files)),
            )
            if instead_of is not None:
                connection.execute("UPDATE collected SET delivery = ? WHERE delivery = ?", (delivery, instead_of))
            connection.execute("COMMIT")


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
            "dialect": contents.dialect,
            "normaliser": contents.normaliser,
            "rows": contents.rows,
            "rejected_rows": contents.rejected_rows,
            "billed_cost": cost_texts(contents.billed_cost),
            "effective_cost": cost_texts(contents.effective_cost),
            "rejected_cost": cost_texts(contents.rejected_cost),
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
        dialect=found.get("dialect", FIRST_DIALECT),
        normaliser=found.get("normaliser", FIRST_NORMALISER),
        rows=found["rows"],
        rejected_rows=found["rejected_rows"],
        **costs,
    )

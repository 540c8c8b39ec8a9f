"""Which tables and paths jobs, notebooks and queries touched, day by day, from ``system.access.table_lineage``.

Source: https://docs.databricks.com/aws/en/admin/system-tables/lineage.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from collectors.collector import CollectWindow
from collectors.connections.databricks import DatabricksSystemTables
from collectors.databricks.client import Row, StatementClient
from collectors.databricks.windows import rows_between
from collectors.months import month_bounds
from collectors.readings import SignalReading
from collectors.signals.access.databricks_lineage import read_databricks_lineage
from collectors.signals.coverage import Coverage, Window
from collectors.signals.records import AccessReading

LINEAGE: Final = "system.access.table_lineage"
LATENCY: Final = timedelta(hours=12)
"""How late lineage may be."""
SETTLED_AFTER: Final = timedelta(days=2)
"""How long after its end a day counts as settled: it is then read once more and, once stored, never asked for again."""
_LINEAGE_SQL: Final = f"""
SELECT * FROM {LINEAGE} WHERE account_id = :account_id AND event_time >= :from_at AND event_time < :to_at
"""


def access_readings(
    client: StatementClient, connection: DatabricksSystemTables, window: CollectWindow, *, now: datetime
) -> Iterator[SignalReading]:
    """One delivery for every day of the window up to ``LATENCY`` before ``now``.

    A settled day (see ``SETTLED_AFTER``) is known by its name alone and queried only when it is brought.

    Raises:
        ProviderError: see ``rows_between``.
    """
    from_at = month_bounds(window.first_period)[0]
    end_at = min(month_bounds(window.last_period)[1], now - LATENCY)
    while from_at < end_at:
        day = Window(from_at=from_at, to_at=min(from_at + timedelta(days=1), end_at))
        yield _day(client, connection, day, is_settled=from_at + timedelta(days=1) + SETTLED_AFTER <= now)
        from_at += timedelta(days=1)


def _day(
    client: StatementClient, connection: DatabricksSystemTables, window: Window, *, is_settled: bool
) -> SignalReading:
    coverage = (Coverage(source="databricks_lineage", scope="", window=window),)
    if is_settled:
        return SignalReading(
            kind="databricks_lineage",
            reading=partial(_bring, client, connection, window),
            fingerprint=_hash([LINEAGE, connection.account_id, window.from_at.isoformat(), "settled"]),
            coverage=coverage,
        )
    rows = _rows(client, connection, window)
    cells = sorted(json.dumps(row, sort_keys=True) for row in rows)
    return SignalReading(
        kind="databricks_lineage",
        reading=read_databricks_lineage(rows),
        fingerprint=_hash([window.from_at.isoformat(), window.to_at.isoformat(), cells]),
        coverage=coverage,
    )


def _bring(client: StatementClient, connection: DatabricksSystemTables, window: Window) -> AccessReading:
    return read_databricks_lineage(_rows(client, connection, window))


def _rows(client: StatementClient, connection: DatabricksSystemTables, window: Window) -> Sequence[Row]:
    account = {"account_id": ("STRING", connection.account_id)}
    return rows_between(
        client, _LINEAGE_SQL, account, window.from_at, window.to_at, table=LINEAGE, shortest=timedelta(minutes=1)
    )


def _hash(facts: object) -> str:
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()

"""How busy classic clusters are, hour by hour, and which workspaces there are.

Sources: https://docs.databricks.com/aws/en/admin/system-tables/compute,
https://docs.databricks.com/aws/en/admin/system-tables/workspaces.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

import pyarrow as pa

from collectors.collector import CollectWindow
from collectors.connections.databricks import DatabricksSystemTables
from collectors.databricks.client import Row, StatementClient
from collectors.databricks.list_prices import moment
from collectors.databricks.windows import rows_between
from collectors.months import month_bounds
from collectors.readings import READING_SCHEMAS, Reading

NODES: Final = "system.compute.node_timeline"
WORKSPACES: Final = "system.access.workspaces_latest"
LATENCY: Final = timedelta(hours=12)
"""How late the node timeline may be."""
LOAD_MONTHS: Final = 2
"""Load is read for so many of the window's newest months: it has a row an hour, and older hours change no more."""
# A row is a node's minute; busy are the user's and the system's share of its CPUs.
_LOAD_SQL: Final = f"""
SELECT workspace_id, cluster_id, date_trunc('HOUR', start_time) AS hour_at,
       CAST(SUM((cpu_user_percent + cpu_system_percent) / 100) / 60 AS DECIMAL(20, 9)) AS busy_nodes
FROM {NODES} WHERE account_id = :account_id AND start_time >= :from_at AND start_time < :to_at
GROUP BY workspace_id, cluster_id, date_trunc('HOUR', start_time)
"""
_WORKSPACES_SQL: Final = f"""
SELECT workspace_id, workspace_name, status FROM {WORKSPACES} WHERE account_id = :account_id ORDER BY workspace_id
"""


def usage_readings(
    client: StatementClient, connection: DatabricksSystemTables, window: CollectWindow, *, now: datetime
) -> Iterator[Reading]:
    """The workspaces, and the load of every day of the newest ``LOAD_MONTHS`` up to ``LATENCY`` before ``now``.

    ``mean_running`` is how many whole nodes' worth of CPU were busy on average over the hour.

    Raises:
        ProviderError: see ``StatementClient.run_whole`` and ``rows_between``.
    """
    account = {"account_id": ("STRING", connection.account_id)}
    rows = client.run_whole(_WORKSPACES_SQL, account, table=WORKSPACES)
    workspaces = [_workspace(row, connection.account_id) for row in rows]
    schema = READING_SCHEMAS["account"]
    yield Reading(table="account", unit="current", rows=pa.Table.from_pylist(workspaces, schema=schema))
    from_at = month_bounds(window.periods()[-LOAD_MONTHS:][0])[0]
    end_at = min(month_bounds(window.last_period)[1], now - LATENCY)
    if from_at < end_at:
        hour = timedelta(hours=1)
        load = rows_between(client, _LOAD_SQL, account, from_at, end_at, table=NODES, shortest=hour)
        yield from _by_day([_hour(row) for row in load], from_at, end_at)


def _by_day(hours: Sequence[dict[str, Any]], from_at: datetime, end_at: datetime) -> Iterator[Reading]:
    """A reading for every day, also for one without a row: that nothing ran is known then."""
    days: defaultdict[date, list[dict[str, Any]]] = defaultdict(list)
    for row in sorted(hours, key=lambda row: (row["resource_id"], row["hour_at"])):
        days[row["hour_at"].date()].append(row)
    while from_at < end_at:
        yield Reading(
            table="compute_load",
            unit=from_at.date().isoformat(),
            rows=pa.Table.from_pylist(days[from_at.date()], schema=READING_SCHEMAS["compute_load"]),
            covers_from=from_at,
            covers_to=min(from_at + timedelta(days=1), end_at),
        )
        from_at += timedelta(days=1)


def _hour(row: Row) -> dict[str, Any]:
    busy = row["busy_nodes"]
    return {
        "provider": "databricks",
        "resource_id": f"databricks:{row['workspace_id']}/cluster/{row['cluster_id']}",
        "hour_at": moment(str(row["hour_at"])),
        "mean_running": None if busy is None else Decimal(busy),
        "mean_queued": None,
        "credits": None,
        "idle_credits": None,
    }


def _workspace(row: Row, account_id: str) -> dict[str, Any]:
    return {
        "provider": "databricks",
        "account_id": row["workspace_id"],
        "name": row["workspace_name"],
        "parent_id": account_id,
        "state": row["status"],
    }

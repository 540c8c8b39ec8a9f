"""Whether the connection's principal sees every table that is read, and the smallest grant that shows it.

The whole of what is needed stands in ``policy/least_privilege.sql`` beside this file.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import Final

from collectors.collector import Grant, GrantCheck
from collectors.databricks.access import LINEAGE
from collectors.databricks.client import StatementClient
from collectors.databricks.discover import USAGE
from collectors.databricks.faults import grant_for
from collectors.databricks.list_prices import LIST_PRICES
from collectors.databricks.usage import NODES, WORKSPACES
from collectors.errors import ProviderUnavailable
from collectors.grant_checks import ENDS_TRYING, Probe, try_grants

TABLES: Final = {
    USAGE: "billing",
    LIST_PRICES: "billing",
    NODES: "usage",
    WORKSPACES: "usage",
    LINEAGE: "access",
}
"""Table -> what needs it; list prices are what the bill is made with."""
_USAGE_LOG: Final = "the account's usage log"


def least_privilege_sql() -> str:
    """The statements that give a principal everything that is collected from Databricks, and nothing else."""
    return (files("collectors.databricks") / "policy" / "least_privilege.sql").read_text(encoding="utf-8")


def check_tables(client: StatementClient, *, with_total: bool, now: datetime) -> tuple[GrantCheck, ...]:
    """Asks every table for no row, and the account for the log of the month of ``now`` when totals are wanted."""
    return try_grants(_probes(client, with_total=with_total, now=now), ends=(*ENDS_TRYING, ProviderUnavailable))


def _probes(client: StatementClient, *, with_total: bool, now: datetime) -> Iterator[tuple[Grant, Probe]]:
    for table, purpose in TABLES.items():
        grant = Grant(permission=f"SELECT ON {table}", on=table, purpose=purpose, statement=grant_for(table))
        yield grant, partial(client.run, f"SELECT 1 AS probe FROM {table} LIMIT 0", {}, table=table)
    if with_total:
        grant = Grant(
            permission="account admin",
            on=_USAGE_LOG,
            purpose="total",
            statement="give the service principal the role Account admin in the account console",
        )
        yield grant, partial(_fetch_usage_log, client, f"{now:%Y-%m}")


def _fetch_usage_log(client: StatementClient, period: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        client.fetch_usage_log(period, Path(folder) / "usage-log.csv")

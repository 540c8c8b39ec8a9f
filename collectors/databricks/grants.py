"""Whether the connection's principal sees every table that is read, and the smallest grant that shows it.

The whole of what is needed stands in ``policy/least_privilege.sql`` beside this file.
"""

from __future__ import annotations

import tempfile
from datetime import datetime
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
from collectors.errors import CredentialsMissing, ProviderError, ProviderUnavailable

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
    """Asks every table for no row, and the account for the log of the month of ``now`` when totals are wanted.

    Credentials that are refused, or a host that does not answer, are the fault of all that follows and asked once.
    """
    checks = []
    stopped: str | None = None
    for table, purpose in TABLES.items():
        fault = stopped
        if fault is None:
            try:
                client.run(f"SELECT 1 AS probe FROM {table} LIMIT 0", {}, table=table)
            except (CredentialsMissing, ProviderUnavailable) as found:
                fault = stopped = str(found)
            except ProviderError as found:
                fault = str(found)
        grant = Grant(permission=f"SELECT ON {table}", on=table, purpose=purpose, statement=grant_for(table))
        checks.append(GrantCheck(grant=grant, fault=fault))
    if with_total:
        checks.append(_check_usage_log(client, f"{now:%Y-%m}"))
    return tuple(checks)


def _check_usage_log(client: StatementClient, period: str) -> GrantCheck:
    grant = Grant(
        permission="account admin",
        on=_USAGE_LOG,
        purpose="total",
        statement="give the service principal the role Account admin in the account console",
    )
    try:
        with tempfile.TemporaryDirectory() as folder:
            client.fetch_usage_log(period, Path(folder) / "usage-log.csv")
    except ProviderError as found:
        return GrantCheck(grant=grant, fault=str(found))
    return GrantCheck(grant=grant, fault=None)

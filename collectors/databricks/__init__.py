"""Databricks: the system tables of an account, read by the Statement Execution API.

Needs the extra ``databricks`` (``pip install workload-placement[databricks]``), loaded when the first statement runs.
"""

from __future__ import annotations

from collections.abc import Mapping

from collectors.connections.base import Connection
from collectors.connections.databricks import DatabricksSystemTables
from collectors.databricks.billing import DatabricksCollector
from collectors.databricks.client import StatementClient
from collectors.databricks.sdk import SDK


def open_collector(connection: Connection, *, environ: Mapping[str, str]) -> DatabricksCollector:
    """A collector of the connection; nothing is asked before its first method is called.

    Raises:
        TypeError: the connection is of another provider.
        CredentialsMissing: credentials are not where the connection says.
        ProviderPackageMissing: the extra is not installed.
    """
    if not isinstance(connection, DatabricksSystemTables):
        raise TypeError(f"connection {connection.name!r} is a {type(connection).__name__}, not DatabricksSystemTables")
    SDK.find()
    return DatabricksCollector(connection=connection, client=StatementClient(connection, environ=environ))


__all__ = ["DatabricksCollector", "open_collector"]

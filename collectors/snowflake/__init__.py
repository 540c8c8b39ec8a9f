"""Snowflake: the organisation's and the account's usage views, read by SQL.

Needs the extra ``snowflake`` (``pip install workload-placement[snowflake]``), loaded when the first query runs.
"""

from __future__ import annotations

from collections.abc import Mapping

from collectors.connections.base import Connection
from collectors.connections.snowflake import SnowflakeUsage
from collectors.snowflake.billing import SnowflakeCollector
from collectors.snowflake.client import CONNECTOR, SnowflakeSession


def open_collector(connection: Connection, *, environ: Mapping[str, str]) -> SnowflakeCollector:
    """A collector of the connection; it logs in when it is first asked for something.

    Raises:
        TypeError: the connection is of another provider.
        CredentialsMissing: credentials are not where the connection says.
        ProviderPackageMissing: the extra is not installed.
    """
    if not isinstance(connection, SnowflakeUsage):
        raise TypeError(f"connection {connection.name!r} is a {type(connection).__name__}, not a SnowflakeUsage")
    CONNECTOR.find()
    return SnowflakeCollector(connection=connection, session=SnowflakeSession(connection, environ=environ))


__all__ = ["SnowflakeCollector", "open_collector"]

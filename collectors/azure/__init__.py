"""Azure: exports of Cost Management in Blob storage, prices, usage and access signals."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from collectors.azure.query_quota import QueryQuota
from collectors.collector import Collector
from collectors.connections.azure import AzureExport
from collectors.connections.base import Connection


def open_collector(
    connection: Connection,
    *,
    environ: Mapping[str, str],
    sleep: Callable[[float], None] = time.sleep,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    quota: QueryQuota | None = None,
) -> Collector:
    """A collector for a connection to Azure. Nothing is asked of Azure yet.

    Args:
        connection: an ``AzureFocusExport`` or ``AzureAmortizedExport``.
        environ: where credentials by reference are looked up.
        sleep: waits so many seconds.
        now: the time, aware UTC.
        quota: of Cost Management queries; by default the one that this process keeps for the tenant.

    Raises:
        TypeError: the connection is to another provider.
    """
    # The SDK loads here and not with the package, whose formats are needed without it.
    from collectors.azure.billing import AzureCollector
    from collectors.azure.client import AzureClients

    if not isinstance(connection, AzureExport):
        raise TypeError(f"{type(connection).__name__} is no connection to Azure")
    return AzureCollector(
        clients=AzureClients(connection=connection, environ=environ, pause=sleep, now=now, quota=quota)
    )


__all__ = ["open_collector"]

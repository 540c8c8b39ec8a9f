"""AWS: FOCUS, CUR 2.0 and legacy Cost and Usage Reports in S3, and what AWS tells besides the bill."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import datetime

from collectors.aws.billing import AwsCollector
from collectors.aws.client import AwsClients, utc_now
from collectors.connections.aws import AwsExport
from collectors.connections.base import Connection


def open_collector(
    connection: Connection,
    *,
    environ: Mapping[str, str],
    sleep: Callable[[float], None] = time.sleep,
    now: Callable[[], datetime] = utc_now,
) -> AwsCollector:
    """A collector of an export; nothing is asked of AWS yet, credentials included.

    Args:
        connection: the export.
        environ: where ``env:PREFIX`` credentials are looked for.
        sleep: waits some seconds between two attempts at a call.
        now: the clock, aware UTC.

    Raises:
        TypeError: the connection is of another provider.
    """
    if not isinstance(connection, AwsExport):
        raise TypeError(f"connection {connection.name!r} is a {type(connection).__name__}, not an AwsExport")
    return AwsCollector(connection=connection, clients=AwsClients(connection, environ=environ, sleep=sleep, now=now))


__all__ = ["AwsCollector", "open_collector"]

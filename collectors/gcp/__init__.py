"""Google Cloud: billing exports in BigQuery or Cloud Storage, SKU prices, commitments, storage and access."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from collectors.collector import Collector
from collectors.connections.base import Connection


def open_collector(
    connection: Connection, *, environ: Mapping[str, str], sleep: Callable[[float], None] = time.sleep
) -> Collector:
    """The collector of a connection of Google Cloud; nothing is called and no credentials are looked up yet.

    Args:
        connection: one of the kinds of ``collectors.connections.gcp``.
        environ: where references of the form ``env:PREFIX`` are looked up.
        sleep: waits some seconds between two attempts at a call that the vendor put off.

    Raises:
        ValueError: the connection is of another vendor.
    """
    # Reading Google's formats needs none of its SDKs, which are slow to load: they come with the first connection.
    from collectors.gcp.billing import open_billing

    return open_billing(connection, environ=environ, sleep=sleep)


__all__ = ["open_collector"]

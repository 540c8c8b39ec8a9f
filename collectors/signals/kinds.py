"""The kinds of signal: which table each fills and what its silence means.

A source is a kind, or a kind with a name of its own after a colon: ``cloudtrail``, ``bigquery_jobs:my-project``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from collectors.signals.coverage import NO_BRIDGE
from collectors.signals.errors import UnknownSignalKind

STREAM_SILENCE: Final = timedelta(days=7)
"""A stream of events that is silent for longer is taken as switched off; jobs that run weekly keep it on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalKind:
    """One kind.

    Attributes:
        name: how sources of the kind begin.
        table: ``access`` or ``state``.
        proves_absence: the source sees every access in its scope, so that its silence says "nobody"; lineage sees only
            the jobs that report it.
        has_scopes: the source watches buckets, containers, projects one by one; otherwise all it knows at once.
        bridge: silence up to this long is still coverage (streams without deliveries of their own).
    """

    name: str
    table: str
    proves_absence: bool = False
    has_scopes: bool = True
    bridge: timedelta = NO_BRIDGE


KINDS: Final = {
    kind.name: kind
    for kind in (
        SignalKind(name="s3_server_log", table="access", proves_absence=True),
        SignalKind(name="cloudtrail", table="access", proves_absence=True),
        SignalKind(name="azure_blob_log", table="access", proves_absence=True),
        SignalKind(name="gcs_audit_log", table="access", proves_absence=True),
        SignalKind(name="bigquery_jobs", table="access", proves_absence=True),
        SignalKind(name="snowflake_access", table="access", proves_absence=True),
        SignalKind(name="databricks_lineage", table="access", has_scopes=False, bridge=STREAM_SILENCE),
        SignalKind(name="openlineage", table="access", has_scopes=False, bridge=STREAM_SILENCE),
        SignalKind(name="s3_inventory", table="state"),
        SignalKind(name="storage_lens", table="state"),
        SignalKind(name="cloudwatch_sizes", table="state"),
        SignalKind(name="azure_inventory", table="state"),
        SignalKind(name="gcs_inventory", table="state"),
        SignalKind(name="bigquery_storage", table="state"),
        SignalKind(name="snowflake_storage", table="state"),
    )
}
"""Every kind by name."""


def kind_of(source: str) -> SignalKind:
    """The kind of a source.

    >>> kind_of("cloudtrail:main").name
    'cloudtrail'

    Raises:
        UnknownSignalKind: the source begins with no kind.
    """
    name = source.partition(":")[0]
    if name not in KINDS:
        raise UnknownSignalKind(name, known=tuple(KINDS))
    return KINDS[name]

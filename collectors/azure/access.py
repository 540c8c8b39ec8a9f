"""Access signals of a connection: storage resource logs where they are kept, else the counts of Azure Monitor.

Resource logs lie in ``insights-logs-storageread`` and its like, under
``resourceId=.../y=<year>/m=<month>/d=<day>/h=<hour>/m=00/PT1H.json``, one JSON object a line. Azure delivers them on a
best-effort basis, most within minutes, so a day counts as seen completely only a day after its end.
Source: https://learn.microsoft.com/azure/azure-monitor/platform/resource-logs-blob.
"""

from __future__ import annotations

import re
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final

from collectors.azure.blob_files import bring_blob, find_blobs, fingerprint_of, split_place
from collectors.azure.client import AzureClients
from collectors.azure.manifest import ListedBlob
from collectors.azure.metrics import ACCESS_KIND, MetricPoint, account_uri, read_metrics, span_of
from collectors.collector import CollectWindow
from collectors.readings import SignalReading
from collectors.signals.access.azure_blob_log import OPS_BY_OPERATION, read_azure_blob_log
from collectors.signals.cells import json_rows
from collectors.signals.coverage import Coverage, Window
from collectors.signals.records import AccessEvent, AccessReading

LARGEST_LOG_BYTES: Final = 1 << 30
SETTLED_AFTER: Final = timedelta(days=1)

_HOUR: Final = re.compile(r"/y=(\d{4})/m=(\d{2})/d=(\d{2})/h=\d{2}/m=\d{2}/[^/]+\.json$", re.IGNORECASE)
_KIND: Final = "azure_blob_log"
_BYTES_OF: Final = {"read": "Egress", "write": "Ingress"}


def read_access(clients: AzureClients, window: CollectWindow) -> Iterator[SignalReading]:
    """Events of access: from logs when the connection names some, else from metrics when it names accounts.

    Never from both, for the counts of an account are those of its logs again.

    Raises:
        NotFoundAtProvider, AccessDenied, CredentialsMissing, ProviderUnavailable: see ``azure_faults``.
        TornDelivery: a log is being written to (when it is brought).
        InvalidManifest: metrics not of the documented shape.
    """
    if clients.connection.access_logs:
        yield from _of_logs(clients, window)
    else:
        yield from _of_metrics(clients, window)


def _of_logs(clients: AzureClients, window: CollectWindow) -> Iterator[SignalReading]:
    for place in clients.connection.access_logs:
        container, prefix = split_place(place)
        for blob in find_blobs(clients, container, prefix):
            found = _HOUR.search(f"/{blob.name}")
            if found is not None and window.first_period <= f"{found[1]}-{found[2]}" <= window.last_period:
                day = datetime(int(found[1]), int(found[2]), int(found[3]), tzinfo=UTC)
                yield _reading_of_log(clients, container, blob, day)


def _reading_of_log(clients: AzureClients, container: str, blob: ListedBlob, day: datetime) -> SignalReading:
    """One hour, brought when it is asked for. Only of a settled day is it claimed that everything was seen.

    So an hour is brought when it is new, when it has grown, and once more when its day has settled.
    """
    is_settled = clients.now() >= day + timedelta(days=1) + SETTLED_AFTER
    return SignalReading(
        kind=_KIND,
        reading=partial(_bring_log, clients, container, blob),
        fingerprint=fingerprint_of(container, blob.name, blob.etag, blob.byte_count, is_settled),
        coverage=None if is_settled else (),
    )


def _bring_log(clients: AzureClients, container: str, blob: ListedBlob) -> AccessReading:
    if blob.byte_count > LARGEST_LOG_BYTES:
        return AccessReading(skipped={f"log of more than {LARGEST_LOG_BYTES} bytes": 1})
    with tempfile.TemporaryDirectory() as folder:
        path = bring_blob(clients, container, blob, Path(folder) / "log.json")
        with path.open(encoding="utf-8", errors="replace") as lines:
            return read_azure_blob_log(json_rows(lines))


def _of_metrics(clients: AzureClients, window: CollectWindow) -> Iterator[SignalReading]:
    begin_at, end_at = span_of(clients, window)
    for account in clients.connection.metric_accounts:
        points = read_metrics(
            clients,
            account,
            window,
            metrics=("Transactions", "Egress", "Ingress"),
            aggregation="Total",
            interval="P1D",
            split="ApiName eq '*'",
        )
        events = tuple(_events(account, points))
        if begin_at < end_at:
            facts = [(event.event_key, event.requests, event.moved_bytes) for event in events]
            seen = Coverage(source="", scope=account_uri(account), window=Window(from_at=begin_at, to_at=end_at))
            yield SignalReading(
                kind=ACCESS_KIND,
                reading=AccessReading(events=events),
                fingerprint=fingerprint_of(account, f"{begin_at}", f"{end_at}", facts),
                coverage=(seen,),
            )


def _events(account: str, points: Iterable[MetricPoint]) -> Iterator[AccessEvent]:
    """One event for every day and operation."""
    sums: dict[tuple[datetime, str], dict[str, int]] = defaultdict(dict)
    for point in points:
        sums[point.at, point.dimensions.get("apiname", "")][point.metric] = int(point.value)
    for (at, operation), amounts in sorted(sums.items()):
        requests = amounts.get("Transactions", 0)
        if requests:
            op = OPS_BY_OPERATION.get(operation.lower(), "other")
            yield AccessEvent(
                event_key=f"{account.lower()} {at:%Y-%m-%d} {operation}",
                at=at,
                dataset_uri=account_uri(account),
                op=op,
                requests=requests,
                moved_bytes=amounts.get(_BYTES_OF[op]) if op in _BYTES_OF else None,
                objects=0,
            )

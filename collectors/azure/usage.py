"""Usage readings of a connection: what is stored, what is committed, and what Azure itself advises."""

from __future__ import annotations

from collections.abc import Iterator

from collectors.azure.client import AzureClients
from collectors.azure.commitments import read_advice, read_commitments
from collectors.azure.inventory import read_inventories
from collectors.azure.metrics import read_capacity
from collectors.collector import CollectWindow
from collectors.readings import Reading, SignalReading


def read_usage(clients: AzureClients, window: CollectWindow) -> Iterator[Reading | SignalReading]:
    """States of datasets from blob inventories and capacity metrics, ``commitment_state`` and ``vendor_advice``.

    Raises:
        ProviderError: as the parts say; what came before it stays.
    """
    yield from read_inventories(clients, window)
    yield from read_capacity(clients, window)
    if clients.connection.commitments:
        yield read_commitments(clients)
        yield read_advice(clients)

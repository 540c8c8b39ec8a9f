"""Prices of a connection as ``sku_price``: the public list, and the contract's where the scope has a price sheet."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from collectors.azure.client import AzureClients
from collectors.azure.price_rows import PriceRows
from collectors.azure.price_sheet import add_price_sheet
from collectors.azure.retail_prices import add_retail_prices
from collectors.collector import CollectWindow
from collectors.readings import SKU_PRICE, Reading


def read_prices(clients: AzureClients, window: CollectWindow) -> Iterator[Reading]:
    """One reading of everything that is current, for the regions and services that the connection names.

    Raises:
        InvalidManifest: an answer or file that is not of the documented shape, or named on another host.
        NotFoundAtProvider, AccessDenied, CredentialsMissing, ProviderUnavailable: see ``azure_faults``.
    """
    if not clients.connection.price_regions and not clients.connection.price_services:
        return
    rows = PriceRows()
    add_retail_prices(clients, rows)
    add_price_sheet(clients, rows, window.last_period)
    table = pa.Table.from_pylist(rows.with_ends(), schema=SKU_PRICE)
    yield Reading(table="sku_price", unit="current", rows=table, dropped=rows.dropped())

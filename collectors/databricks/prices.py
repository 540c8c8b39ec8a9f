"""The list prices that stand now.

Source: https://docs.databricks.com/aws/en/admin/system-tables/pricing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from collectors.databricks.client import StatementClient
from collectors.databricks.list_prices import ListPrice, read_prices
from collectors.readings import SKU_PRICE, Reading


def price_readings(client: StatementClient, currency: str) -> Iterator[Reading]:
    """One reading of public prices in a currency.

    Raises:
        ProviderError: see ``StatementClient.run``.
    """
    prices = [_row(each) for each in read_prices(client, currency) if each.ends_at is None]
    yield Reading(table="sku_price", unit="current", rows=pa.Table.from_pylist(prices, schema=SKU_PRICE))


def _row(price: ListPrice) -> dict[str, Any]:
    return {
        "provider": "databricks",
        "service": "Databricks",
        "sku_id": price.sku_name,
        "sku_price_id": price.price_id,
        "region": None,
        "description": f"{price.sku_name} on {price.cloud}",
        "unit": price.unit,
        "currency": price.currency,
        "quantity_from": 0,
        "quantity_to": None,
        "unit_price": price.effective_unit_price,
        "term": "on_demand",
        "is_contracted": False,
        "effective_from": price.starts_at,
        "effective_to": None,
    }

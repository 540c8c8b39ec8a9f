"""The public price list of Google Cloud: the SKUs of the services that a connection names.

A SKU has a price for every tier of use; ``units`` and ``nanos`` of a price are added as decimals. A tier starts at an
amount of the SKU's unit, and ends where the next one starts; the amount is that of a month, except for SKUs that the
price list adds up by the day, which are not told apart here. Prices are in US dollars.
Source: https://cloud.google.com/billing/docs/reference/rest/v1/services.skus/list.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any, Final

import pyarrow as pa
from google.cloud.billing_v1.types import Sku

from collectors.connections.gcp import GcpBilling
from collectors.errors import NotFoundAtProvider
from collectors.gcp.client import READ_TIMEOUT_SECONDS, GcpClients, gcp_faults
from collectors.gcp.credentials import VENDOR
from collectors.readings import SKU_PRICE, Reading

CURRENCY: Final = "USD"
PERMISSION: Final = "use of the Cloud Billing API"
PAGE_SIZE: Final = 5000
_CATALOG: Final = "price list"
_NANO: Final = Decimal(1).scaleb(-9)
_TERMS: Final = {
    "OnDemand": "on_demand",
    "Preemptible": "spot",
    "Commit1Yr": "committed_1y",
    "Commit3Yr": "committed_3y",
}


def read_prices(clients: GcpClients, connection: GcpBilling) -> Iterator[Reading]:
    """One table of all the services' prices; nothing when the connection names no service.

    Raises:
        NotFoundAtProvider: the price list has no service of that name or id.
        AccessDenied, ProviderUnavailable, CredentialsMissing: see ``gcp_faults``.
    """
    if not connection.price_services:
        return
    names = _service_names(clients, connection.price_services)
    rows = [row for name in names for row in _price_rows(_list_skus(clients, name))]
    yield Reading(table="sku_price", unit="current", rows=pa.Table.from_pylist(rows, schema=SKU_PRICE))


def _service_names(clients: GcpClients, wanted: Sequence[str]) -> list[str]:
    """Names as the price list wants them (``services/95FF-2EF5-5EA1``) of services given by name or id."""
    with gcp_faults(_CATALOG, permission=PERMISSION):
        services = list(
            clients.catalog.list_services(
                request={"page_size": PAGE_SIZE}, retry=clients.patience, timeout=READ_TIMEOUT_SECONDS
            )
        )
    by_word = {word.casefold(): each.name for each in services for word in (each.display_name, each.service_id)}
    unknown = [word for word in wanted if word.casefold() not in by_word]
    if unknown:
        raise NotFoundAtProvider(
            f"Google Cloud's price list has no service {', '.join(unknown)}; correct price_services of the connection",
            vendor=VENDOR,
            location=_CATALOG,
        )
    return sorted({by_word[word.casefold()] for word in wanted})


def _list_skus(clients: GcpClients, service_name: str) -> Iterator[Sku]:
    with gcp_faults(f"{_CATALOG} of {service_name}", permission=PERMISSION):
        yield from clients.catalog.list_skus(
            request={"parent": service_name, "currency_code": CURRENCY, "page_size": PAGE_SIZE},
            retry=clients.patience,
            timeout=READ_TIMEOUT_SECONDS,
        )


def _price_rows(skus: Iterable[Sku]) -> Iterator[dict[str, Any]]:
    """A row for every SKU, region and tier, of the price that is in force."""
    for sku in skus:
        if not sku.pricing_info:
            continue
        pricing = sku.pricing_info[-1]
        expression = pricing.pricing_expression
        starts = [_quantity(rate.start_usage_amount) for rate in expression.tiered_rates]
        for position, rate in enumerate(expression.tiered_rates):
            for region in sku.service_regions or (None,):
                yield {
                    "provider": "gcp",
                    "service": sku.category.service_display_name,
                    "sku_id": sku.sku_id,
                    "sku_price_id": f"{sku.sku_id}:{starts[position]:f}",
                    "region": region,
                    "description": sku.description,
                    "unit": expression.usage_unit,
                    "currency": rate.unit_price.currency_code or CURRENCY,
                    "quantity_from": starts[position],
                    "quantity_to": starts[position + 1] if position + 1 < len(starts) else None,
                    "unit_price": Decimal(rate.unit_price.units) + rate.unit_price.nanos * _NANO,
                    "term": _TERMS.get(sku.category.usage_type, sku.category.usage_type),
                    "is_contracted": False,
                    "effective_from": pricing.effective_time or None,
                    "effective_to": None,
                }


def _quantity(amount: float) -> Decimal:
    number = Decimal(str(amount)).normalize()
    return number if number else Decimal(0)

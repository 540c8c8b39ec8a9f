"""Public price lists by the Price List Query API, as one row per SKU, tier and term.

Source: https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/price-list-query-api.html; each entry of
``PriceList`` is JSON in a text, and every amount in it is a text.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from collectors.aws.client import AwsClients
from collectors.aws.credentials import VENDOR
from collectors.aws.tables import exact, reading_of
from collectors.connections.aws import AwsExport
from collectors.errors import ProviderUnavailable
from collectors.readings import Reading

_FORMAT: Final = "aws_v1"
_PAGE: Final = 100
_TERM_OF_LEASE: Final = {"1yr": "committed_1y", "3yr": "committed_3y"}


def read_prices(connection: AwsExport, clients: AwsClients) -> Iterator[Reading]:
    """On-demand and reserved prices of the connection's ``price_services`` in its regions, one service at a time.

    The ``unit`` of a reading is the service code.

    Raises:
        ProviderError: AWS refuses, does not answer, or answers with something that is no price list.
    """
    for service in dict.fromkeys(connection.price_services):
        dropped: Counter[str] = Counter()
        rows = (
            row
            for region in connection.regions
            for product in _products(clients, service, region)
            for row in _rows(product, service, region, dropped)
        )
        yield reading_of("sku_price", rows, unit=service, dropped=dropped)


def _products(clients: AwsClients, service: str, region: str) -> Iterator[Any]:
    location = f"the price list of {service} in {region}"
    pages = clients.pages(
        clients.pricing.get_products,
        {
            "ServiceCode": service,
            "Filters": [{"Type": "TERM_MATCH", "Field": "regionCode", "Value": region}],
            "FormatVersion": _FORMAT,
            "MaxResults": _PAGE,
        },
        location=location,
        permission="pricing:GetProducts",
    )
    for page in pages:
        for text in page["PriceList"]:
            try:
                yield json.loads(text)
            except ValueError as fault:
                raise ProviderUnavailable(
                    f"AWS answered with a product that is not JSON in {location}; try again later",
                    vendor=VENDOR,
                    location=location,
                ) from fault


def _rows(product: Any, service: str, region: str, dropped: Counter[str]) -> Iterator[dict[str, Any]]:
    described = product.get("product", {})
    attributes = described.get("attributes", {})
    for kind, offers in product.get("terms", {}).items():
        for offer in offers.values():
            term = _term(kind, offer.get("termAttributes", {}))
            if term is None:
                dropped["a term that is neither on demand nor of one or three years"] += 1
                continue
            for dimension in offer.get("priceDimensions", {}).values():
                common = {
                    "provider": "aws",
                    "service": service,
                    "sku_id": described.get("sku"),
                    "region": attributes.get("regionCode", region),
                    "term": term,
                    "is_contracted": False,
                    "effective_from": _moment(offer.get("effectiveDate")),
                }
                yield from _priced(dimension, common, offer.get("termAttributes", {}), dropped)


def _priced(
    dimension: Any, common: Mapping[str, Any], attributes: Mapping[str, str], dropped: Counter[str]
) -> Iterator[dict[str, Any]]:
    """One row for each currency; what is no exact amount is dropped and counted."""
    option = ", ".join(attributes[name] for name in ("OfferingClass", "PurchaseOption") if attributes.get(name))
    description = dimension.get("description", "")
    for currency, text in dimension.get("pricePerUnit", {}).items():
        price, begins = exact(text), exact(dimension.get("beginRange", "0"))
        ends_text = dimension.get("endRange", "Inf")
        ends = None if ends_text == "Inf" else exact(ends_text)
        if price is None or begins is None or (ends is None and ends_text != "Inf"):
            dropped["a price or a limit of a tier that is no number of at most twelve decimals"] += 1
            continue
        yield {
            **common,
            "sku_price_id": dimension.get("rateCode"),
            "description": f"{description} ({option})" if option else description,
            "unit": dimension.get("unit"),
            "currency": currency,
            "quantity_from": begins,
            "quantity_to": ends,
            "unit_price": price,
        }


def _term(kind: str, attributes: Mapping[str, str]) -> str | None:
    if kind == "OnDemand":
        return "on_demand"
    return _TERM_OF_LEASE.get(attributes.get("LeaseContractLength", "").replace(" ", "").lower())


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None

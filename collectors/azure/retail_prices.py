"""Azure's public price list: no token, one page after the other, filtered by region and service.

* A reservation's price is for its whole term, although its unit says ``1 Hour``: its unit here is the term.
* Savings plan rates stand inside the item that they discount, per unit of that item.
* Prices for development and testing are another offer and left out.

Source: https://learn.microsoft.com/rest/api/cost-management/retail-prices/azure-retail-prices.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from itertools import product
from typing import Any, Final

from collectors.azure.client import ArmCall, AzureClients
from collectors.azure.credentials import VENDOR
from collectors.azure.manifest import moment
from collectors.azure.price_rows import TERMS, Price, PriceRows
from collectors.errors import InvalidManifest

API_VERSION: Final = "2023-01-01-preview"
_SPOT: Final = ("spot", "low priority")


def add_retail_prices(clients: AzureClients, rows: PriceRows) -> None:
    """Add the public prices of every region and service that the connection names.

    Raises:
        InvalidManifest: an answer that is not of the documented shape, or whose next page is on another host.
        ProviderUnavailable: see ``azure_faults``.
    """
    regions = clients.connection.price_regions or ("",)
    services = clients.connection.price_services or ("",)
    for region, service in product(regions, services):
        call = ArmCall(
            path="/api/retail/prices",
            query={"api-version": API_VERSION, "meterRegion": "'primary'", "$filter": _filter(region, service)},
            permission="nothing (the list is public)",
            location=f"retail prices of {service or 'all services'} in {region or 'all regions'}",
        )
        for body in clients.public_pages(call):
            try:
                for item in body["Items"]:
                    rows.prices.extend(_prices(item, rows))
            except (KeyError, TypeError, ValueError, InvalidOperation) as fault:
                raise InvalidManifest(
                    f"Azure's answer for {call.location} is not of the documented shape ({fault!r}); report this",
                    vendor=VENDOR,
                    location=call.location,
                ) from fault


def _filter(region: str, service: str) -> str:
    """An OData filter; values are compared by letter case, a quotation mark is doubled."""
    parts = (("armRegionName", region), ("serviceName", service))
    return " and ".join(f"{name} eq '{value.replace(chr(39), chr(39) * 2)}'" for name, value in parts if value)


def _prices(item: Mapping[str, Any], rows: PriceRows) -> Iterator[Price]:
    kind = str(item["type"]).lower()
    unit, amount = str(item["unitOfMeasure"]), Decimal(str(item["unitPrice"]))
    if kind == "consumption":
        name = f"{item.get('skuName', '')} {item['meterName']}".lower()
        yield _price(item, unit, amount, "spot" if any(word in name for word in _SPOT) else "on_demand")
        for plan in item.get("savingsPlan") or ():
            term = TERMS.get(str(plan["term"]).lower())
            if term is None:
                rows.leave_out(f"savings plan for {plan['term']}")
            else:
                yield _price(item, unit, Decimal(str(plan["unitPrice"])), term, suffix=f"/savings_plan/{term}")
    elif kind == "reservation":
        stated = str(item.get("reservationTerm", ""))
        term = TERMS.get(stated.lower())
        if term is None:
            rows.leave_out(f"reservation for {stated or 'no term'}")
        else:
            yield _price(item, stated, amount, term, suffix=f"/reservation/{term}")
    else:
        rows.leave_out(f"price of type {item['type']}")


def _price(item: Mapping[str, Any], unit: str, amount: Decimal, term: str, *, suffix: str = "") -> Price:
    return Price(
        service=str(item["serviceName"]),
        sku_id=str(item["skuId"]),
        sku_price_id=f"{item['skuId']}/{item['meterId']}{suffix}",
        region=str(item.get("armRegionName") or ""),
        description=f"{item['productName']} - {item.get('skuName', '')} - {item['meterName']}",
        unit=unit,
        currency=str(item["currencyCode"]),
        quantity_from=Decimal(str(item.get("tierMinimumUnits") or 0)),
        unit_price=amount,
        term=term,
        is_contracted=False,
        effective_from=_at(item.get("effectiveStartDate")),
        effective_to=_at(item.get("effectiveEndDate")),
    )


def _at(text: Any) -> datetime | None:
    return moment(str(text)) if text else None

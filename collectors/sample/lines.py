"""Bill lines: a use with its names, ids and prices, still as a month's quantity."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

from collectors.sample.contracts import VENDORS
from collectors.sample.geography import provider_of
from collectors.sample.meters import METER_NAMES, MeterName
from collectors.sample.native_ids import native_resource_id, sub_account_id
from collectors.sample.parts import Use
from collectors.sample.unit_prices import UnitPrices


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Whose a resource is: its business unit's account and tags stand on every line."""

    id: str
    business_unit: str
    tags: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One meter of one resource in one price tier. Prices are pico-USD per ``unit``; ``quantity`` is a month's.

    ``effective_pico_usd`` differs from the contracted price where a commitment pays.
    """

    vendor: str
    place: str
    host: str
    name: MeterName
    resource_id: str | None
    resource_name: str | None
    sub_account_id: str
    sub_account_name: str
    tags: str | None
    unit: str
    quantity: float
    rhythm: str
    list_pico_usd: int
    contracted_pico_usd: int
    effective_pico_usd: int
    pricing_category: str
    sku_id: str
    sku_price_id: str
    commitment_id: str | None = None
    commitment_status: str | None = None


def owner_tags(business_unit: str, environment: str, thing_id: str, jurisdiction: str) -> str:
    """Tags as one JSON object, keys in order."""
    tags = {
        "application": thing_id,
        "business_unit": business_unit,
        "environment": environment,
        "jurisdiction": jurisdiction,
    }
    return json.dumps(tags, sort_keys=True)


def lines_of(use: Use, owner: Owner, prices: UnitPrices) -> Iterator[Line]:
    """The lines of a use: one per price tier that its month's quantity reaches."""
    name = METER_NAMES[use.vendor](use)
    resource_id = None
    if use.resource_id is not None:
        resource_id = native_resource_id(use.vendor, use.resource_id, use.place, owner.business_unit)
    for tier, (quantity, list_pico_usd, unit) in enumerate(prices.tiers(use)):
        contracted_pico_usd = list_pico_usd if use.purchase == "spot" else _discounted(list_pico_usd, use.vendor)
        sku_id = f"{use.service}/{use.meter}"
        yield Line(
            vendor=use.vendor,
            place=use.place,
            host=provider_of(use.place),
            name=name,
            resource_id=resource_id,
            resource_name=None if use.resource_id is None else use.resource_id.partition("/")[2].replace("/", "-"),
            sub_account_id=sub_account_id(use.vendor, owner.business_unit),
            sub_account_name=owner.business_unit,
            tags=owner.tags,
            unit=unit,
            quantity=quantity,
            rhythm=use.rhythm,
            list_pico_usd=list_pico_usd,
            contracted_pico_usd=contracted_pico_usd,
            effective_pico_usd=prices.committed_pico_usd(use) if use.commitment_id else contracted_pico_usd,
            pricing_category=_pricing_category(use),
            sku_id=sku_id,
            sku_price_id=f"{sku_id}/{use.place}/{use.purchase}/{use.to_place or 'tier'}-{tier}",
            commitment_id=use.commitment_id,
            commitment_status="Used" if use.commitment_id else None,
        )


def _discounted(list_pico_usd: int, vendor: str) -> int:
    discounted = Decimal(list_pico_usd) * (1 - VENDORS[vendor].negotiated_ratio)
    return int(discounted.to_integral_value(rounding=ROUND_HALF_EVEN))


def _pricing_category(use: Use) -> str:
    if use.commitment_id is not None:
        return "Committed"
    return "Dynamic" if use.purchase == "spot" else "Standard"

"""Bodies of the price endpoints."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, PlainSerializer, WithJsonSchema

UnitPriceText = Annotated[
    Decimal,
    PlainSerializer(lambda amount: f"{amount:f}", return_type=str),
    WithJsonSchema({"type": "string", "pattern": r"^-?\d+(\.\d+)?$", "examples": ["0.023000000000"]}),
]


class ServiceCoverageBody(BaseModel):
    """Coverage of one service: how many places have prices, how many of the same cloud's places have none."""

    service: str
    places: int
    missing_places: int
    rows: int
    worst_confidence: str
    oldest_on: date


class PlaceCoverageBody(BaseModel):
    """Coverage of one service at one place; ``rows`` 0 means that nothing is priced there."""

    service: str
    place_id: str
    rows: int
    best_confidence: str | None
    worst_confidence: str | None
    oldest_on: date | None
    newest_on: date | None


class CoverageBody(BaseModel):
    """Coverage of the price book."""

    snapshot_id: str
    services: list[ServiceCoverageBody]
    places: list[PlaceCoverageBody]


class PriceBody(BaseModel):
    """One price: a meter in one tier under one purchase term; ``tier_max`` null means open."""

    provider: str
    service: str
    sku_id: str
    sku_price_id: str
    meter: str
    place_id: str
    unit: str
    tier_min: float
    tier_max: float | None
    unit_price: UnitPriceText
    currency: str
    purchase: str
    payment_model: str | None
    effective_start_on: date
    effective_end_on: date | None
    source: str
    as_of_on: date
    licence: str
    confidence: str


class PriceList(BaseModel):
    """Prices of a service at a place, in the order of meter, purchase and tier."""

    snapshot_id: str
    items: list[PriceBody]

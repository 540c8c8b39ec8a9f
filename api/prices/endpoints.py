"""Price endpoints."""

from __future__ import annotations

from typing import Annotated, Literal

import pyarrow.compute as pc
from fastapi import APIRouter, Query

from api.errors import InvalidRequest, StoreUnreadable, UnknownService
from api.http.problems import problems
from api.prices.book import shipped_book, shipped_coverage
from api.prices.schemas import CoverageBody, PlaceCoverageBody, PriceBody, PriceList, ServiceCoverageBody

router = APIRouter(prefix="/prices", tags=["prices"])
ServiceName = Annotated[str, Query(min_length=1, max_length=100, examples=["aws_s3"])]
PlaceId = Annotated[str, Query(min_length=1, max_length=100, examples=["aws:us-east-1"])]
_ORDER: list[tuple[str, Literal["ascending", "descending"]]] = [
    ("meter", "ascending"),
    ("purchase", "ascending"),
    ("tier_min", "ascending"),
    ("sku_price_id", "ascending"),
]


@router.get("/coverage", responses=problems(InvalidRequest, StoreUnreadable))
def get_coverage(
    service: Annotated[str | None, Query(min_length=1, max_length=100, examples=["aws_s3"])] = None,
) -> CoverageBody:
    """What the price book covers by service and place, and what it lacks; ``service`` narrows it."""
    coverage = shipped_coverage()
    services = [line for line in coverage.by_service() if service in (None, line["service"])]
    places = [row for row in coverage.to_rows() if service in (None, row["service"])]
    return CoverageBody(
        snapshot_id=coverage.snapshot_id,
        services=[ServiceCoverageBody.model_validate(line) for line in services],
        places=[PlaceCoverageBody.model_validate(row) for row in places],
    )


@router.get("", responses=problems(UnknownService, InvalidRequest, StoreUnreadable))
def get_prices(service: ServiceName, place: PlaceId) -> PriceList:
    """Every price of a service at a place. Nothing priced there is 404, never an empty price or the nearest one."""
    book = shipped_book()
    found = book.rows().filter((pc.field("service") == service) & (pc.field("place_id") == place))
    if found.num_rows == 0:
        raise UnknownService(f"{service!r} has no prices at {place!r}; GET /v1/prices/coverage shows what is covered")
    items = [PriceBody.model_validate(row) for row in found.sort_by(_ORDER).to_pylist()]
    return PriceList(snapshot_id=book.snapshot_id, items=items)

"""Small price books for tests: four places at three clouds, one price or a few, nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa

from optimizer.pricing import PriceBook
from optimizer.pricing.schema import TABLES

AS_OF_ON = date(2026, 9, 18)
ORIGIN = {"source": "a test", "as_of_on": AS_OF_ON, "licence": "facts"}

VIRGINIA, OHIO, IRELAND, IOWA = "aws:us-east-1", "aws:us-east-2", "azure:northeurope", "gcp:us-central1"
COORDINATES = {VIRGINIA: (39.0, -77.5), OHIO: (40.1, -82.8), IRELAND: (53.3, -6.3), IOWA: (41.2, -95.8)}


def price(**changed: Any) -> dict[str, Any]:
    """One price row: S3 Standard in Virginia at 0.023 USD per GiB-month, with what is ``changed``."""
    row = {
        "provider": "aws",
        "service": "aws_s3",
        "sku_id": "aws_s3/storage.standard",
        "meter": "storage.standard",
        "place_id": VIRGINIA,
        "unit": "GiB-month",
        "tier_min": 0.0,
        "tier_max": None,
        "unit_price": Decimal("0.023"),
        "currency": "USD",
        "purchase": "on_demand",
        "payment_model": None,
        "effective_start_on": AS_OF_ON,
        "effective_end_on": None,
        "confidence": "seen",
    } | ORIGIN
    row |= changed
    names = ("service", "meter", "place_id", "purchase", "payment_model", "tier_min")
    return {"sku_price_id": "/".join(str(row[name]) for name in names)} | row


def egress(place_id: str, usd: str, **changed: Any) -> dict[str, Any]:
    """Internet egress of a place."""
    provider = place_id.partition(":")[0]
    row = {"provider": provider, "service": f"{provider}_transfer", "meter": "internet", "place_id": place_id}
    return price(**(row | {"unit": "GB", "unit_price": Decimal(usd)} | changed))


def machine(sku: str = "m5.xlarge", **changed: Any) -> dict[str, Any]:
    """Capacities of a machine size."""
    return {
        "provider": "aws",
        "service": "aws_ec2",
        "sku": sku,
        "family": "general",
        "architecture": "x86_64",
        "vcpu": 4.0,
        "memory_gib": 16.0,
        "source": "a test",
        "licence": "facts",
    } | changed


def hire(sku: str, usd: str, **changed: Any) -> dict[str, Any]:
    """An hour of a machine."""
    return price(service="aws_ec2", meter=sku, unit="hour", unit_price=Decimal(usd), **changed)


def transfer(sender: str, receiver: str, usd: str, **changed: Any) -> dict[str, Any]:
    """Transfer between two regions of one provider."""
    pair = {"from_place_id": sender, "to_place_id": receiver, "unit": "GB", "unit_price": Decimal(usd)}
    return pair | {"confidence": "seen"} | ORIGIN | changed


def round_trip(sender: str, receiver: str, average_ms: float) -> dict[str, Any]:
    """A measured round trip."""
    return {"from_place_id": sender, "to_place_id": receiver, "average_ms": average_ms} | ORIGIN


def place(place_id: str, **changed: Any) -> dict[str, Any]:
    """A place of ``COORDINATES``."""
    provider, _, region = place_id.partition(":")
    latitude, longitude = COORDINATES.get(place_id, (0.0, 0.0))
    facts = {"place_id": place_id, "provider": provider, "region": region, "continent": "NA", "jurisdictions": ["US"]}
    position = {"city": "", "latitude_degrees": latitude, "longitude_degrees": longitude}
    return facts | position | ORIGIN | changed


def tables(
    rows: Iterable[Mapping[str, Any]] = (),
    *,
    machines: Iterable[Mapping[str, Any]] = (),
    transfers: Iterable[Mapping[str, Any]] = (),
    round_trips: Iterable[Mapping[str, Any]] = (),
    places: Iterable[Mapping[str, Any]] | None = None,
) -> dict[str, pa.Table]:
    """The five tables of a book; the four places unless others are given."""
    records = {
        "rows": list(rows),
        "machines": list(machines),
        "transfers": list(transfers),
        "round_trips": list(round_trips),
        "places": list(places) if places is not None else [place(place_id) for place_id in COORDINATES],
    }
    return {
        name: pa.Table.from_pylist([dict(record) for record in records[name]], schema=schema)
        for name, schema in TABLES.items()
    }


def book(rows: Iterable[Mapping[str, Any]] = (), **others: Iterable[Mapping[str, Any]]) -> PriceBook:
    """A book of these rows."""
    return PriceBook(tables(rows, **others))

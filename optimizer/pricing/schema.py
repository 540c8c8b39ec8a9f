"""Arrow schemas of the tables that make a price book."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pyarrow as pa

PRICE: Final = pa.decimal128(24, 12)


def _schema(types: Mapping[str, pa.DataType], *, nullable: tuple[str, ...] = ()) -> pa.Schema:
    return pa.schema([pa.field(name, kind, nullable=name in nullable) for name, kind in types.items()])


ROWS: Final = _schema(
    {
        "provider": pa.string(),
        "service": pa.string(),
        "sku_id": pa.string(),
        "sku_price_id": pa.string(),
        "meter": pa.string(),
        "place_id": pa.string(),
        "unit": pa.string(),
        "tier_min": pa.float64(),
        "tier_max": pa.float64(),
        "unit_price": PRICE,
        "currency": pa.string(),
        "purchase": pa.string(),
        "payment_model": pa.string(),
        "effective_start_on": pa.date32(),
        "effective_end_on": pa.date32(),
        "source": pa.string(),
        "as_of_on": pa.date32(),
        "licence": pa.string(),
        "confidence": pa.string(),
    },
    nullable=(
        "tier_max",
        "payment_model",
        "effective_end_on",
    ),
)
"""One price: a meter of a service at a place, in one tier, under one purchase term. ``tier_max`` null means open."""

MACHINES: Final = _schema(
    {
        "provider": pa.string(),
        "service": pa.string(),
        "sku": pa.string(),
        "family": pa.string(),
        "architecture": pa.string(),
        "vcpu": pa.float64(),
        "memory_gib": pa.float64(),
        "source": pa.string(),
        "licence": pa.string(),
    }
)

TRANSFERS: Final = _schema(
    {
        "from_place_id": pa.string(),
        "to_place_id": pa.string(),
        "unit": pa.string(),
        "unit_price": PRICE,
        "source": pa.string(),
        "as_of_on": pa.date32(),
        "licence": pa.string(),
        "confidence": pa.string(),
    }
)
"""Directed inter-region prices inside one provider's network."""

ROUND_TRIPS: Final = _schema(
    {
        "from_place_id": pa.string(),
        "to_place_id": pa.string(),
        "average_ms": pa.float64(),
        "source": pa.string(),
        "as_of_on": pa.date32(),
        "licence": pa.string(),
    }
)
"""Measured round trips, directed."""

PLACES: Final = _schema(
    {
        "place_id": pa.string(),
        "provider": pa.string(),
        "region": pa.string(),
        "continent": pa.string(),
        "jurisdictions": pa.list_(pa.string()),
        "city": pa.string(),
        "latitude_degrees": pa.float64(),
        "longitude_degrees": pa.float64(),
        "source": pa.string(),
        "as_of_on": pa.date32(),
        "licence": pa.string(),
    }
)

TABLES: Final[Mapping[str, pa.Schema]] = {
    "rows": ROWS,
    "machines": MACHINES,
    "transfers": TRANSFERS,
    "round_trips": ROUND_TRIPS,
    "places": PLACES,
}

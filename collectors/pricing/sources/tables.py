"""Drafts as the tables of a price book."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import pyarrow as pa

from collectors.pricing.sources.drafts import DraftPlace, DraftPrice, Drafts
from optimizer.pricing.schema import TABLES

_SORT_KEYS: Final = {
    "rows": "sku_price_id",
    "machines": "sku",
    "transfers": "from_place_id",
    "round_trips": "from_place_id",
    "places": "place_id",
}


def to_tables(drafts: Drafts) -> dict[str, pa.Table]:
    """The five tables of ``optimizer.pricing.schema.TABLES``, each sorted."""
    records: dict[str, Iterable[dict[str, Any]]] = {
        "rows": (_price(draft) for draft in drafts.prices),
        "machines": (_machine(drafts, key) for key in sorted(drafts.machines)),
        "transfers": (_pair(draft) | {"unit": draft.unit, "unit_price": draft.usd} for draft in drafts.transfers),
        "round_trips": (_pair(draft) | {"average_ms": draft.average_ms} for draft in drafts.round_trips),
        "places": (_place(drafts.places[place_id]) for place_id in sorted(drafts.places)),
    }
    return {name: _table(name, records[name]) for name in TABLES}


def _table(name: str, records: Iterable[dict[str, Any]]) -> pa.Table:
    schema = TABLES[name]
    ordered = sorted(records, key=lambda record: tuple(str(record[key]) for key in _sort_columns(name)))
    return pa.Table.from_pylist(
        [{column: record.get(column) for column in schema.names} for record in ordered], schema=schema
    )


def _sort_columns(name: str) -> tuple[str, ...]:
    return (_SORT_KEYS[name], "to_place_id") if name in ("transfers", "round_trips") else (_SORT_KEYS[name],)


def _price(draft: DraftPrice) -> dict[str, Any]:
    origin = draft.origin
    sku_id = f"{draft.service}/{draft.meter}"
    terms = f"{draft.purchase}/{draft.payment_model or '-'}/{draft.tier_min:g}"
    return {
        "provider": _provider(draft.service, draft.place_id),
        "service": draft.service,
        "sku_id": sku_id,
        "sku_price_id": f"{sku_id}/{draft.place_id}/{terms}",
        "meter": draft.meter,
        "place_id": draft.place_id,
        "unit": draft.unit,
        "tier_min": draft.tier_min,
        "tier_max": draft.tier_max,
        "unit_price": draft.usd,
        "currency": "USD",
        "purchase": draft.purchase,
        "payment_model": draft.payment_model,
        "effective_start_on": origin.as_of_on,
        "source": origin.source,
        "as_of_on": origin.as_of_on,
        "licence": origin.licence,
        "confidence": origin.confidence,
    }


def _provider(service: str, place_id: str) -> str:
    """Who sells it: the vendor of an independent service, else the cloud of the place."""
    return service if service in ("snowflake", "databricks") else place_id.partition(":")[0]


def _machine(drafts: Drafts, key: tuple[str, str]) -> dict[str, Any]:
    draft = drafts.machines[key]
    return {
        "provider": draft.service.partition("_")[0],
        "service": draft.service,
        "sku": draft.sku,
        "family": draft.family,
        "architecture": draft.architecture,
        "vcpu": draft.vcpu,
        "memory_gib": draft.memory_gib,
        "source": draft.source,
        "licence": draft.licence,
    }


def _pair(draft: Any) -> dict[str, Any]:
    return {
        "from_place_id": draft.from_place_id,
        "to_place_id": draft.to_place_id,
        "source": draft.origin.source,
        "as_of_on": draft.origin.as_of_on,
        "licence": draft.origin.licence,
        "confidence": draft.origin.confidence,
    }


def _place(draft: DraftPlace) -> dict[str, Any]:
    provider, _, region = draft.place_id.partition(":")
    return {
        "place_id": draft.place_id,
        "provider": provider,
        "region": region,
        "continent": draft.continent,
        "jurisdictions": list(draft.jurisdictions),
        "city": draft.city,
        "latitude_degrees": draft.latitude_degrees,
        "longitude_degrees": draft.longitude_degrees,
        "source": draft.origin.source,
        "as_of_on": draft.origin.as_of_on,
        "licence": draft.origin.licence,
    }

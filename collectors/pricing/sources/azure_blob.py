"""Azure Blob Storage, locally redundant: eastus as listed today, other regions from the older table or estimated."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from statistics import median
from typing import Any, Final

from collectors.pricing.sources.drafts import MIT, DraftPrice, Drafts, Origin, rounded
from collectors.pricing.sources.price_index import RegionalIndex
from collectors.pricing.sources.reading import json_document
from collectors.pricing.sources.skypie import ObjectStorageTable

SERVICE: Final = "azure_blob"
_HOME: Final = "eastus"
LIST: Final = Origin(source="Azure Retail Prices API eastus, October 2026", as_of_on=date(2026, 10, 1), licence=MIT)
_TIER_GIB: Final = (0.0, 51_200.0, 512_000.0)

_METERS: Final = {
    "Blob-Cool-LRS-GB-Month": "storage.cool",
    "Blob-Cold-LRS-GB-Month": "storage.cold",
    "Blob-Archive-LRS-GB-Month": "storage.archive",
    "Blob-Hot-LRS-Write-Operation": "put.hot",
    "Blob-Storage-Hot-LRS-Read-Operation": "get.hot",
    "Blob-Cool-LRS-Write-Operation": "put.cool",
    "Blob-Cool-LRS-Read-Operation": "get.cool",
    "Blob-Cold-LRS-Write-Operation": "put.cold",
    "Blob-Cold-LRS-Read-Operation": "get.cold",
    "Blob-Archive-LRS-Write-Operation": "put.archive",
    "Blob-Archive-LRS-Read-Operation": "get.archive",
    "Blob-Cool-LRS-Retrieval-GB": "retrieval.cool",
    "Blob-Cold-LRS-Retrieval-GB": "retrieval.cold",
    "Blob-Archive-LRS-Retrieval-GB": "retrieval.archive",
}
_UNITS: Final = {
    "storage": "GiB-month",
    "retrieval": "GiB",
    "put": "request",
    "get": "request",
    "transition": "request",
}
_HOT: Final = "Blob-Hot-LRS-GB-Month"


Steps = tuple[Decimal, ...]
"""Prices of ascending tiers; one for a meter without tiers."""


def read_azure_blob(source: Path, drafts: Drafts, index: RegionalIndex) -> None:
    """Every region with machine prices. Blob publishes "GB" and bills 2^30 bytes: the unit kept is GiB.

    Hot and Cool of the older table equal today's list in eastus to the last digit, so they stand as seen in 2023
    elsewhere; a region that the table lacks takes the median of its regions at the same price index. Cold and Archive
    were seen in eastus only and are carried by the index.
    """
    home = _listed_at_home(source)
    table = ObjectStorageTable(source)
    older = {region: _older(table, region) for region in drafts.regions_of("azure")}
    for region, known in older.items():
        for meter, steps in home.items():
            if region == _HOME:
                priced: list[tuple[Decimal, Origin] | None] = [(usd, LIST) for usd in steps]
            elif meter in known:
                priced = [(usd, table.origin) for usd in known[meter]]
            else:
                typical = _typical(meter, older, index)
                basis = (typical, _typical_origin(table.origin)) if typical else (steps, LIST)
                priced = [index.estimate(usd, region, basis[1], _HOME) for usd in basis[0]]
            _keep(drafts, region, meter, [step for step in priced if step is not None])


def _listed_at_home(source: Path) -> dict[str, Steps]:
    listed = [
        row
        for row in json_document(source / "prices/azure_blob_seed/seed_prices.json")
        if row["service"] == "BlobStorage" and row["region"] == _HOME
    ]
    flat = {
        _METERS[row["usage_metric"]]: (Decimal(row["price_usd"]),) for row in listed if row["usage_metric"] in _METERS
    }
    hot = sorted(_step(row) for row in listed if row["usage_metric"] == _HOT)
    return {"storage.hot": tuple(usd for _, usd in hot), **flat, "retrieval.hot": (Decimal(0),)}


def _step(row: dict[str, Any]) -> tuple[float, Decimal]:
    return float(row.get("start_usage_amount") or 0), Decimal(row["price_usd"])


def _older(table: ObjectStorageTable, region: str) -> dict[str, Steps]:
    known: dict[str, Steps] = {meter: (usd,) for meter, usd in table.requests("azure", region).items()}
    hot, cool = table.tiers("azure", region, "Hot"), table.tiers("azure", region, "Cool")
    if len(hot) == len(_TIER_GIB):
        known["storage.hot"] = tuple(hot)
    if cool:
        known["storage.cool"] = (cool[0],)
    return known


def _typical(meter: str, older: dict[str, dict[str, Steps]], index: RegionalIndex) -> Steps:
    """Median over the older table's regions of price / price index, tier by tier; empty when it lacks the meter."""
    at_home = [
        tuple(usd / index.ratio[region] for usd in known[meter])
        for region, known in older.items()
        if meter in known and region in index.ratio
    ]
    return tuple(rounded(median(tier)) for tier in zip(*at_home, strict=True))


def _typical_origin(origin: Origin) -> Origin:
    return origin.but(source=f"{origin.source}, median of its regions")


def _keep(drafts: Drafts, region: str, meter: str, priced: list[tuple[Decimal, Origin]]) -> None:
    """One price, and for a write the transition into its tier, which is billed as a write to it."""
    if not priced:
        drafts.reject(LIST.source, f"no basis for an estimate in {region}")
        return
    kind, _, tier = meter.partition(".")
    _keep_tiers(drafts, region, meter, priced)
    if kind == "put" and tier != "hot":
        written = [(usd, _as_write(origin)) for usd, origin in priced]
        _keep_tiers(drafts, region, f"transition.{tier}", written)


def _as_write(origin: Origin) -> Origin:
    confidence = "derived" if origin.confidence == "seen" else origin.confidence
    return origin.but(source=f"{origin.source}; tier change billed as a write", confidence=confidence)


def _keep_tiers(drafts: Drafts, region: str, meter: str, priced: list[tuple[Decimal, Origin]]) -> None:
    unit = _UNITS[meter.partition(".")[0]]
    anchor = DraftPrice(
        service=SERVICE, meter=meter, place_id=f"azure:{region}", unit=unit, usd=Decimal(0), origin=LIST
    )
    begins = _TIER_GIB if len(priced) > 1 else _TIER_GIB[:1]
    drafts.tiers(anchor, [(begin, usd, origin) for begin, (usd, origin) in zip(begins, priced, strict=True)])

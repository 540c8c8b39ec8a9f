"""Azure Blob Storage, locally redundant: eastus as listed today, other regions from the older table or estimated."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from collectors.pricing.sources.drafts import MIT, DraftPrice, Drafts, Origin
from collectors.pricing.sources.price_index import RegionalIndex
from collectors.pricing.sources.reading import json_document
from collectors.pricing.sources.skypie import ObjectStorageTable

SERVICE: Final = "azure_blob"
_HOME: Final = "eastus"
LIST: Final = Origin(source="Azure Retail Prices API eastus, October 2026", as_of_on=date(2026, 10, 1), licence=MIT)
_TIER_GIB: Final = (0.0, 51_200.0, 512_000.0)

_METERS: Final = {
    "Blob-Cool-LRS-GB-Month": ("storage.cool", "GiB-month"),
    "Blob-Cold-LRS-GB-Month": ("storage.cold", "GiB-month"),
    "Blob-Archive-LRS-GB-Month": ("storage.archive", "GiB-month"),
    "Blob-Hot-LRS-Write-Operation": ("put.hot", "request"),
    "Blob-Storage-Hot-LRS-Read-Operation": ("get.hot", "request"),
    "Blob-Cool-LRS-Write-Operation": ("put.cool", "request"),
    "Blob-Cool-LRS-Read-Operation": ("get.cool", "request"),
    "Blob-Cold-LRS-Write-Operation": ("put.cold", "request"),
    "Blob-Cold-LRS-Read-Operation": ("get.cold", "request"),
    "Blob-Archive-LRS-Write-Operation": ("put.archive", "request"),
    "Blob-Archive-LRS-Read-Operation": ("get.archive", "request"),
    "Blob-Cool-LRS-Retrieval-GB": ("retrieval.cool", "GiB"),
    "Blob-Cold-LRS-Retrieval-GB": ("retrieval.cold", "GiB"),
    "Blob-Archive-LRS-Retrieval-GB": ("retrieval.archive", "GiB"),
}
_HOT: Final = "Blob-Hot-LRS-GB-Month"


def read_azure_blob(source: Path, drafts: Drafts, index: RegionalIndex) -> None:
    """Every region with machine prices. Blob publishes "GB" and bills 2^30 bytes: the unit kept is GiB.

    Hot and Cool of the older table equal today's list in eastus to the last digit, so they stand as seen in 2023
    elsewhere. Cold, Archive and regions that the table lacks are eastus times the machine price index.
    """
    listed = [
        row
        for row in json_document(source / "prices/azure_blob_seed/seed_prices.json")
        if row["service"] == "BlobStorage" and row["region"] == _HOME
    ]
    older = ObjectStorageTable(source)
    home = {
        _METERS[row["usage_metric"]][0]: Decimal(row["price_usd"]) for row in listed if row["usage_metric"] in _METERS
    }
    hot = [usd for _, usd in sorted(_step(row) for row in listed if row["usage_metric"] == _HOT)]
    units = dict(_METERS.values())
    for region in drafts.regions_of("azure"):
        if _storage_hot(drafts, region, hot, older, index):
            _keep_free(drafts, region)
        for meter, usd in home.items():
            _flat(drafts, region, meter, units[meter], usd, older, index)


def _step(row: dict[str, Any]) -> tuple[float, Decimal]:
    return float(row.get("start_usage_amount") or 0), Decimal(row["price_usd"])


def _storage_hot(
    drafts: Drafts, region: str, home: list[Decimal], older: ObjectStorageTable, index: RegionalIndex
) -> bool:
    known = older.tiers("azure", region, "Hot")
    steps: list[tuple[Decimal, Origin] | None]
    if region == _HOME:
        steps = [(usd, LIST) for usd in home]
    elif len(known) == len(_TIER_GIB):
        steps = [(usd, older.origin) for usd in known]
    else:
        steps = [index.estimate(usd, region, LIST, _HOME) for usd in home]
    priced = [step for step in steps if step is not None]
    if len(priced) < len(_TIER_GIB):
        drafts.reject(LIST.source, f"no basis for an estimate in {region}")
        return False
    anchor = DraftPrice(
        service=SERVICE,
        meter="storage.hot",
        place_id=f"azure:{region}",
        unit="GiB-month",
        usd=Decimal(0),
        origin=LIST,
    )
    drafts.tiers(anchor, [(begin, usd, origin) for begin, (usd, origin) in zip(_TIER_GIB, priced, strict=True)])
    return True


def _keep_free(drafts: Drafts, region: str) -> None:
    """Reading Hot data is free beside the operation, which a row says: what has no row is unknown, not free."""
    drafts.price(
        DraftPrice(
            service=SERVICE,
            meter="retrieval.hot",
            place_id=f"azure:{region}",
            unit="GiB",
            usd=Decimal(0),
            origin=LIST.but(source=f"{LIST.source}: no retrieval meter for Hot"),
        )
    )


def _flat(
    drafts: Drafts,
    region: str,
    meter: str,
    unit: str,
    home_usd: Decimal,
    older: ObjectStorageTable,
    index: RegionalIndex,
) -> None:
    """One price without tiers, and the transition into a tier, which is billed as a write to it."""
    known = dict(older.requests("azure", region))
    if cool := older.tiers("azure", region, "Cool"):
        known["storage.cool"] = cool[0]
    priced: tuple[Decimal, Origin] | None
    if region == _HOME:
        priced = (home_usd, LIST)
    elif meter in known:
        priced = (known[meter], older.origin)
    else:
        priced = index.estimate(home_usd, region, LIST, _HOME)
    if priced is None:
        drafts.reject(LIST.source, f"no basis for an estimate in {region}")
        return
    usd, origin = priced
    place_id = f"azure:{region}"
    drafts.price(DraftPrice(service=SERVICE, meter=meter, place_id=place_id, unit=unit, usd=usd, origin=origin))
    kind, _, tier = meter.partition(".")
    if kind == "put" and tier != "hot":
        confidence = "derived" if origin.confidence == "seen" else origin.confidence
        written = origin.but(source=f"{origin.source}; tier change billed as a write", confidence=confidence)
        drafts.price(
            DraftPrice(
                service=SERVICE, meter=f"transition.{tier}", place_id=place_id, unit=unit, usd=usd, origin=written
            )
        )

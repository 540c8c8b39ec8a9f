"""Amazon S3: storage classes by region, requests, retrieval, lifecycle transitions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Final

from collectors.pricing.sources.drafts import FACTS, MIT, DraftPrice, Drafts, Origin, rounded
from collectors.pricing.sources.price_index import RegionalIndex
from collectors.pricing.sources.reading import csv_rows, json_document
from collectors.pricing.sources.skypie import ObjectStorageTable

SERVICE: Final = "aws_s3"
_HOME: Final = "us-east-1"
FEED: Final = Origin(source="AWS S3 price list feed 2025-08-28 (dir_sizer)", as_of_on=date(2025, 8, 28), licence=MIT)
FIRST_TIER: Final = Origin(source="aws.amazon.com/s3/pricing 2026-07-01", as_of_on=date(2026, 7, 1), licence=FACTS)
PAGE: Final = Origin(source="aws.amazon.com/s3/pricing 2026-09-18", as_of_on=date(2026, 9, 18), licence=FACTS)
FREE: Final = PAGE.but(source=f"{PAGE.source}: no retrieval charge")
RECALLED: Final = PAGE.but(source="aws.amazon.com/s3/pricing, figure recalled and not seen", confidence="low")

_CLASSES: Final = {
    "StandardIA": "storage.standard_ia",
    "StandardIA-OneAZ": "storage.onezone_ia",
    "GlacierInstant": "storage.glacier_ir",
    "Glacier": "storage.glacier_flexible",
    "DeepArchive": "storage.deep_archive",
    "IntelligentIA": "storage.intelligent_tiering_infrequent",
    "IntelligentAIA": "storage.intelligent_tiering_archive_instant",
}
_TIER_GIB: Final = (0.0, 51_200.0, 512_000.0)

_HOME_PRICES: Final[Mapping[str, tuple[str, str, Origin, str]]] = {
    "put.standard": ("request", "0.000005", PAGE, "put.standard"),
    "get.standard": ("request", "0.0000004", PAGE, "get.standard"),
    "put.intelligent_tiering": ("request", "0.000005", PAGE, "put.standard"),
    "get.intelligent_tiering": ("request", "0.0000004", PAGE, "get.standard"),
    "put.standard_ia": ("request", "0.00001", PAGE, "put.standard_ia"),
    "get.standard_ia": ("request", "0.000001", PAGE, "get.standard_ia"),
    "put.onezone_ia": ("request", "0.00001", PAGE, "put.standard_ia"),
    "get.onezone_ia": ("request", "0.000001", PAGE, "get.standard_ia"),
    "put.glacier_ir": ("request", "0.00002", PAGE, "put.standard_ia"),
    "get.glacier_ir": ("request", "0.00001", PAGE, "get.standard_ia"),
    "put.glacier_flexible": ("request", "0.00003", PAGE, "put.standard_ia"),
    "get.glacier_flexible": ("request", "0.00005", PAGE, "put.standard_ia"),
    "put.deep_archive": ("request", "0.00005", PAGE, "put.standard_ia"),
    "get.deep_archive": ("request", "0.0001", RECALLED, "put.standard_ia"),
    "transition.intelligent_tiering": ("request", "0.00001", PAGE, "put.standard_ia"),
    "transition.standard_ia": ("request", "0.00001", PAGE, "put.standard_ia"),
    "transition.onezone_ia": ("request", "0.00001", PAGE, "put.standard_ia"),
    "transition.glacier_ir": ("request", "0.00002", PAGE, "put.standard_ia"),
    "transition.glacier_flexible": ("request", "0.00003", PAGE, "put.standard_ia"),
    "transition.deep_archive": ("request", "0.00005", PAGE, "put.standard_ia"),
    "retrieval.standard": ("GiB", "0", FREE, "retrieval.standard_ia"),
    "retrieval.intelligent_tiering": ("GiB", "0", FREE, "retrieval.standard_ia"),
    "retrieval.standard_ia": ("GiB", "0.01", PAGE, "retrieval.standard_ia"),
    "retrieval.onezone_ia": ("GiB", "0.01", PAGE, "retrieval.standard_ia"),
    "retrieval.glacier_ir": ("GiB", "0.03", PAGE, "retrieval.standard_ia"),
    "retrieval.glacier_flexible": ("GiB", "0.01", PAGE, "retrieval.standard_ia"),
    "retrieval.deep_archive": ("GiB", "0.02", PAGE, "retrieval.standard_ia"),
    "monitoring.intelligent_tiering": ("object-month", "0.0000025", PAGE, "retrieval.standard_ia"),
}
"""us-east-1: meter -> (unit, USD, origin, the meter whose ratio between regions carries it elsewhere).

Reading from the two archive classes is one standard restore request per object; PUT into Deep Archive is priced like
the transition into it. Retrieval is the standard option."""


def read_s3(source: Path, drafts: Drafts, index: RegionalIndex) -> None:
    """All S3 rows. S3 publishes "GB" and bills 2^30 bytes: the unit kept is GiB."""
    feed = json_document(source / "prices/s3_dir_sizer/s3_pricing_data.json")
    older = ObjectStorageTable(source)
    first_tiers = {
        row["region"]: Decimal(row["usd_per_gb_month"])
        for row in csv_rows(
            source / "prices/typed_facts/s3_standard_first_tier_by_region_2026-07-01.csv",
            ("region", "usd_per_gb_month"),
        )
    }
    for region in sorted(set(feed) - {"_meta"}):
        classes = {name: Decimal(text) for name, text in feed[region].items()}
        _storage(drafts, region, classes, first_tiers, older)
        _requests(drafts, region, older, index)


def _storage(
    drafts: Drafts,
    region: str,
    classes: Mapping[str, Decimal],
    first_tiers: Mapping[str, Decimal],
    older: ObjectStorageTable,
) -> None:
    steps = _standard_steps(region, classes["Standard"], first_tiers, older)
    place_id = f"aws:{region}"
    for meter, origin_of in (("storage.standard", None), ("storage.intelligent_tiering", "derived")):
        anchor = DraftPrice(
            service=SERVICE, meter=meter, place_id=place_id, unit="GiB-month", usd=Decimal(0), origin=FEED
        )
        drafts.tiers(
            anchor, [(begin, usd, origin if origin_of is None else _frequent(origin)) for begin, usd, origin in steps]
        )
    for name, meter in _CLASSES.items():
        drafts.price(
            DraftPrice(
                service=SERVICE, meter=meter, place_id=place_id, unit="GiB-month", usd=classes[name], origin=FEED
            )
        )


def _standard_steps(
    region: str, over_500_tb: Decimal, first_tiers: Mapping[str, Decimal], older: ObjectStorageTable
) -> list[tuple[float, Decimal, Origin]]:
    """The feed gives the last tier; the others come from the page, from a table that agrees on it, or by inference."""
    if region == _HOME:
        return [(begin, Decimal(usd), PAGE) for begin, usd in zip(_TIER_GIB, ("0.023", "0.022", "0.021"), strict=True)]
    known = older.tiers("aws", region, "General Purpose")
    if len(known) == len(_TIER_GIB) and known[-1] == over_500_tb:
        agreeing = FEED.but(source="SkyPIE table about 2023, last tier equal in 2025", confidence="derived")
        first, middle, first_origin, middle_origin = known[0], known[1], agreeing, agreeing
    else:
        inferred = FEED.but(
            source=f"{FEED.source}; lower tiers +0.002 and +0.001 as in most regions", confidence="derived"
        )
        first, middle = over_500_tb + Decimal("0.002"), over_500_tb + Decimal("0.001")
        first_origin = middle_origin = inferred
    if region in first_tiers:
        first, first_origin = first_tiers[region], FIRST_TIER
    steps = ((first, first_origin), (middle, middle_origin), (over_500_tb, FEED))
    return [(begin, usd, origin) for begin, (usd, origin) in zip(_TIER_GIB, steps, strict=True)]


def _frequent(origin: Origin) -> Origin:
    return origin.but(source=f"{origin.source}; frequent access tier priced as Standard", confidence="derived")


def _requests(drafts: Drafts, region: str, older: ObjectStorageTable, index: RegionalIndex) -> None:
    seen, home = older.requests("aws", region), older.requests("aws", _HOME)
    for meter, (unit, usd_text, origin, carrier) in _HOME_PRICES.items():
        usd = Decimal(usd_text)
        if region == _HOME or origin is FREE:
            priced: tuple[Decimal, Origin] | None = (usd, origin)
        elif meter in seen:
            priced = (seen[meter], older.origin)
        elif carrier in seen:
            ratio = seen[carrier] / home[carrier]
            source = f"{origin.source}; us-east-1 x the region's ratio for {carrier}"
            confidence = "low" if origin.confidence == "low" else "estimated"
            priced = (rounded(usd * ratio), origin.but(source=source, confidence=confidence))
        else:
            priced = index.estimate(usd, region, origin, _HOME)
        if priced is None:
            drafts.reject(origin.source, f"no basis for an estimate of requests in {region}")
            continue
        drafts.price(
            DraftPrice(
                service=SERVICE, meter=meter, place_id=f"aws:{region}", unit=unit, usd=priced[0], origin=priced[1]
            )
        )

"""Cloud Storage, regional buckets: storage and retrieval by region, operations by class."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Final

from collectors.pricing.sources.drafts import APACHE, FACTS, DraftPrice, Drafts, Origin
from collectors.pricing.sources.reading import csv_rows
from collectors.pricing.sources.skypie import ObjectStorageTable

SERVICE: Final = "gcp_gcs"
LIST: Final = Origin(source="Cloud Storage list 2026-07-30 (gcosts)", as_of_on=date(2026, 7, 30), licence=APACHE)
RECALLED: Final = Origin(
    source="cloud.google.com/storage/pricing, class A and B operations, recalled and not seen",
    as_of_on=date(2026, 7, 30),
    licence=FACTS,
    confidence="low",
)

_TIERS: Final = {"standard": "standard", "nearline": "nearline", "coldline": "coldline", "archiv": "archive"}
_OPERATIONS: Final = {
    "nearline": ("0.00001", "0.000001"),
    "coldline": ("0.00002", "0.00001"),
    "archive": ("0.00005", "0.00005"),
}
"""Single-region class A and class B per operation. Google prices operations by class, not by region."""


def read_gcs(source: Path, drafts: Drafts) -> None:
    """Every region of the table; dual- and multi-region buckets and durable reduced availability are not carried."""
    older = ObjectStorageTable(source)
    columns = ("location", "class", "usd_per_gib_month", "retrieval_usd_per_gib")
    regions = set()
    for row in csv_rows(source / "prices/gcp_cyclenerd/gcs_storage_prices.csv", columns):
        tier = _TIERS.get(row["class"])
        if tier is None:
            drafts.reject(LIST.source, "not a regional class (dual, multi, durable reduced availability)")
            continue
        regions.add(row["location"])
        _keep(drafts, row["location"], f"storage.{tier}", "GiB-month", Decimal(row["usd_per_gib_month"]), LIST)
        _keep(drafts, row["location"], f"retrieval.{tier}", "GiB", Decimal(row["retrieval_usd_per_gib"]), LIST)
    for region in sorted(regions):
        _operations(drafts, region, older)


def _operations(drafts: Drafts, region: str, older: ObjectStorageTable) -> None:
    seen = older.requests("gcp", region)
    elsewhere = older.origin.but(
        source=f"{older.origin.source}; same price in all 24 regions listed there", confidence="derived"
    )
    origin = older.origin if seen else elsewhere
    _keep(drafts, region, "put.standard", "request", Decimal("0.000005"), origin)
    _keep(drafts, region, "get.standard", "request", Decimal("0.0000004"), origin)
    rewrite = RECALLED.but(source=f"{RECALLED.source}; a class change is a class A operation of the new class")
    for tier, (class_a, class_b) in _OPERATIONS.items():
        _keep(drafts, region, f"put.{tier}", "request", Decimal(class_a), RECALLED)
        _keep(drafts, region, f"get.{tier}", "request", Decimal(class_b), RECALLED)
        _keep(drafts, region, f"transition.{tier}", "request", Decimal(class_a), rewrite)


def _keep(drafts: Drafts, region: str, meter: str, unit: str, usd: Decimal, origin: Origin) -> None:
    drafts.price(DraftPrice(service=SERVICE, meter=meter, place_id=f"gcp:{region}", unit=unit, usd=usd, origin=origin))

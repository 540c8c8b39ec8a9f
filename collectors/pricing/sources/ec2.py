"""EC2: on-demand Linux, spot and commitments."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from statistics import median
from typing import Final

from collectors.pricing.sources.drafts import APACHE, FACTS, MIT, SHARE_ALIKE, DraftPrice, Drafts, Origin, rounded
from collectors.pricing.sources.machines import Specifications, aws_family
from collectors.pricing.sources.price_index import RegionalIndex
from collectors.pricing.sources.reading import csv_rows, json_document

SERVICE: Final = "aws_ec2"
_HOME: Final = "us-east-1"
CURRENT: Final = Origin(source="AWS EC2 list us-east-1 2026-07-20", as_of_on=date(2026, 7, 20), licence=APACHE)
ALL_REGIONS: Final = Origin(source="Spare Cores EC2 table 2024-02-21", as_of_on=date(2024, 2, 21), licence=SHARE_ALIKE)
RESERVED: Final = Origin(
    source="AWS EC2 standard reserved instance rates us-east-1 2026-09-24", as_of_on=date(2026, 9, 24), licence=FACTS
)
SPOT: Final = Origin(source="AWS EC2 spot us-east-1 2026-09-06", as_of_on=date(2026, 9, 6), licence=MIT)

_REGION_NAMES: Final = {"me-central-2": "me-south-1"}
"""The 2024 table calls Bahrain me-central-2."""

_ANCHORS: Final = frozenset(
    {"m6a.xlarge", "m6g.xlarge", "m6gd.xlarge", "m6i.xlarge", "m6id.xlarge", "m7a.xlarge", "m7g.xlarge", "m5zn.2xlarge"}
)
"""Types whose reserved rates are known; every other commitment is a ratio of theirs."""

_PAYMENTS: Final = {"no": "no_upfront", "part": "partial_upfront", "all": "all_upfront"}


def read_ec2(source: Path, drafts: Drafts, specifications: Specifications) -> RegionalIndex:
    """All EC2 rows; returns the price index of AWS regions (2024 vintage, CC BY-SA 4.0)."""
    by_region: dict[tuple[str, str], Decimal] = {}
    name = "prices/aws_ec2/ec2_all_regions_ondemand_linux_2024-02-21_sparecores.csv"
    for row in csv_rows(source / name, ("region", "instance_type", "usd_per_hour")):
        region = _REGION_NAMES.get(row["region"], row["region"])
        by_region[region, row["instance_type"]] = Decimal(row["usd_per_hour"])
    current: dict[tuple[str, str], Decimal] = {}
    name = "prices/aws_ec2/ec2_us-east-1_ondemand_linux_2026-07-20.csv"
    for row in csv_rows(source / name, ("instance_type", "usd_per_hour")):
        current[_HOME, row["instance_type"]] = Decimal(row["usd_per_hour"])
    elsewhere = {key: usd for key, usd in by_region.items() if key[0] != _HOME}
    ratios = _read_reserved(source, drafts)
    for prices, origin in ((current, CURRENT), (elsewhere, ALL_REGIONS)):
        for (region, sku), usd in prices.items():
            if _known(drafts, specifications, sku, origin):
                _sell(drafts, f"aws:{region}", sku, usd, origin, ratios)
    _read_spot(source, drafts)
    is_indexed = {sku: aws_family(sku) is not None and processor_of(sku) == "i" for _, sku in by_region}
    return RegionalIndex("aws", {key: usd for key, usd in by_region.items() if is_indexed[key[1]]})


def processor_of(sku: str) -> str:
    """Whose processor a type has: ``g`` Graviton, ``a`` AMD, ``i`` Intel.

    >>> [processor_of(sku) for sku in ("c6gn.large", "r6a.large", "m5ad.large", "m7i-flex.large", "m5.large")]
    ['g', 'a', 'a', 'i', 'i']
    """
    letters = sku.partition(".")[0].partition("-")[0].lstrip("mcr0123456789")
    return letters[0] if letters[:1] in ("g", "a") else "i"


def _known(drafts: Drafts, specifications: Specifications, sku: str, origin: Origin) -> bool:
    family = aws_family(sku)
    if family is None:
        drafts.reject(origin.source, "family not carried (only m, c, r)")
        return False
    machine = specifications.find("aws", SERVICE, sku, family)
    if machine is None:
        drafts.reject(origin.source, "capacities unknown")
        return False
    drafts.machines[SERVICE, sku] = machine
    return True


def _sell(
    drafts: Drafts, place_id: str, sku: str, usd: Decimal, origin: Origin, ratios: dict[tuple[str, str], Decimal]
) -> None:
    """On-demand as seen, and commitments by ratio unless the anchor itself is quoted at this place."""
    drafts.price(DraftPrice(service=SERVICE, meter=sku, place_id=place_id, unit="hour", usd=usd, origin=origin))
    if place_id == f"aws:{_HOME}" and sku in _ANCHORS:
        return
    is_anchored = aws_family(sku) == "general"
    basis = f"x reserved ratio of us-east-1 m types, processor {processor_of(sku)}"
    derived = origin.but(
        source=f"{origin.source}; {basis}{'' if is_anchored else ', none seen for this family'}",
        confidence="estimated" if is_anchored else "low",
    )
    for purchase in ("committed_1y", "committed_3y"):
        drafts.price(
            DraftPrice(
                service=SERVICE,
                meter=sku,
                place_id=place_id,
                unit="hour",
                usd=rounded(usd * ratios[processor_of(sku), purchase]),
                purchase=purchase,
                payment_model="no_upfront",
                origin=derived,
            )
        )


def _read_reserved(source: Path, drafts: Drafts) -> dict[tuple[str, str], Decimal]:
    """Keep the anchors in all payment models; return the no-upfront ratios by (processor, purchase), medians."""
    columns = ("instance_type", "on_demand", *(f"ri_{years}y_{pay}" for years in "13" for pay in _PAYMENTS))
    ratios: dict[tuple[str, str], list[Decimal]] = {}
    for row in csv_rows(source / "prices/typed_facts/ec2_commitments_us-east-1_2026-09-24.csv", columns):
        sku = row["instance_type"]
        for years in "13":
            purchase = f"committed_{years}y"
            ratio = Decimal(row[f"ri_{years}y_no"]) / Decimal(row["on_demand"])
            ratios.setdefault((processor_of(sku), purchase), []).append(ratio)
            for pay, payment_model in _PAYMENTS.items():
                drafts.price(
                    DraftPrice(
                        service=SERVICE,
                        meter=sku,
                        place_id=f"aws:{_HOME}",
                        unit="hour",
                        usd=Decimal(row[f"ri_{years}y_{pay}"]),
                        purchase=purchase,
                        payment_model=payment_model,
                        origin=RESERVED,
                    )
                )
    return {key: median(found) for key, found in ratios.items()}


def _read_spot(source: Path, drafts: Drafts) -> None:
    for machine in json_document(source / "prices/spot/prices.json")["aws"]["instances"]:
        sku, usd = machine["sku"], machine.get("spot_hourly_usd")
        if usd is None or (SERVICE, sku) not in drafts.machines:
            drafts.reject(SPOT.source, "no spot price" if usd is None else "family not carried (only m, c, r)")
            continue
        drafts.price(
            DraftPrice(
                service=SERVICE,
                meter=sku,
                place_id=f"aws:{_HOME}",
                unit="hour",
                usd=usd,
                purchase="spot",
                origin=SPOT,
            )
        )

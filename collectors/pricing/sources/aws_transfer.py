"""AWS data transfer: between regions and to the internet."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal
from pathlib import Path
from statistics import median
from typing import Final

from collectors.pricing.sources.drafts import APACHE, FACTS, DraftPrice, Drafts, DraftTransfer, Origin
from collectors.pricing.sources.reading import csv_rows

SERVICE: Final = "aws_transfer"
TABLE: Final = Origin(
    source="AWS transfer table 2023-04 (Skyplane), 22 of 22 spot checks still true",
    as_of_on=date(2023, 4, 1),
    licence=APACHE,
)
PAGE: Final = Origin(
    source="aws.amazon.com/ec2/pricing/on-demand 2026-09-24", as_of_on=date(2026, 9, 24), licence=FACTS
)
_INTERNET: Final = "internet"
_TIER_GB: Final = (0.0, 10_240.0, 51_200.0, 153_600.0)
_US_TIERS: Final = ("0.09", "0.085", "0.07", "0.05")
"""Beyond the 100 GB a month that are free once per account, over all regions: an allowance, not a price of a place."""

_SEEN_PAIRS: Final = {("us-east-1", "ap-southeast-7"): Decimal("0.08"), ("us-east-1", "us-east-2"): Decimal("0.01")}


def read_aws_transfer(source: Path, drafts: Drafts) -> None:
    """Pairs and egress of the table; regions younger than it are estimated from their neighbours.

    AWS prints "GB" for transfer without saying how many bytes; it is read as 10^9, which never understates a cost.
    """
    pairs: dict[tuple[str, str], Decimal] = {}
    egress: dict[str, Decimal] = {}
    for row in csv_rows(source / "prices/aws_transfer/aws_transfer_costs_2024head.csv", ("src", "dst", "cost")):
        if row["dst"] == _INTERNET:
            egress[row["src"]] = Decimal(row["cost"])
        else:
            pairs[row["src"], row["dst"]] = Decimal(row["cost"])
    regions = drafts.regions_of("aws")
    for sender in {sender for sender, _ in pairs} - set(regions):
        drafts.reject(TABLE.source, f"place not in the regions table: aws:{sender}")
    neighbours = {region: _neighbours(drafts, region, egress) for region in regions}
    usual: defaultdict[str, list[Decimal]] = defaultdict(list)
    for (sender, _), usd in pairs.items():
        usual[sender].append(usd)
    for sender in regions:
        _egress(drafts, sender, egress, neighbours[sender])
        for receiver in regions:
            if sender != receiver:
                _pair(drafts, sender, receiver, pairs, usual, neighbours[sender])


def _neighbours(drafts: Drafts, region: str, known: dict[str, Decimal]) -> list[str]:
    """Priced regions of the same country, else of the same continent."""
    here = drafts.places[f"aws:{region}"]
    candidates = [other for other in known if f"aws:{other}" in drafts.places]
    of = {other: drafts.places[f"aws:{other}"] for other in candidates}
    same_country = [other for other in candidates if of[other].jurisdictions == here.jurisdictions]
    return same_country or [other for other in candidates if of[other].continent == here.continent]


def _egress(drafts: Drafts, region: str, egress: dict[str, Decimal], neighbours: list[str]) -> None:
    if region in egress:
        first, origin = egress[region], TABLE
    elif neighbours:
        first = median([egress[other] for other in neighbours])
        origin = TABLE.but(source="AWS egress of neighbouring regions, median", confidence="estimated")
    else:
        drafts.reject(TABLE.source, f"no neighbour to estimate egress of {region}")
        return
    anchor = DraftPrice(
        service=SERVICE, meter=_INTERNET, place_id=f"aws:{region}", unit="GB", usd=Decimal(0), origin=origin
    )
    if first == Decimal(_US_TIERS[0]):
        tiers_origin = PAGE if region == "us-east-1" else _as_in_us_east_1(origin)
        steps = [(begin, Decimal(usd), tiers_origin) for begin, usd in zip(_TIER_GB, _US_TIERS, strict=True)]
    else:
        flat = origin.but(source=f"{origin.source}; first tier for all quantities")
        steps = [(0.0, first, flat)]
    drafts.tiers(anchor, steps)


def _as_in_us_east_1(origin: Origin) -> Origin:
    confidence = "derived" if origin.confidence == "seen" else origin.confidence
    return origin.but(source=f"{origin.source}; later tiers as in us-east-1", confidence=confidence)


def _pair(
    drafts: Drafts,
    sender: str,
    receiver: str,
    pairs: dict[tuple[str, str], Decimal],
    usual: dict[str, list[Decimal]],
    neighbours: list[str],
) -> None:
    """A pair as listed; else what its sender usually asks; else what its sender's neighbours usually ask."""
    if (sender, receiver) in _SEEN_PAIRS:
        usd, origin = _SEEN_PAIRS[sender, receiver], PAGE
    elif (sender, receiver) in pairs:
        usd, origin = pairs[sender, receiver], TABLE
    elif sender in usual:
        usd = median(usual[sender])
        origin = TABLE.but(source="AWS transfer, median of the sender's other pairs", confidence="estimated")
    else:
        asked = [usd for other in neighbours for usd in usual.get(other, ())]
        if not asked:
            drafts.reject(TABLE.source, f"no neighbour to estimate transfer from {sender}")
            return
        usd = median(asked)
        origin = TABLE.but(source="AWS transfer, median of the sender's neighbours", confidence="estimated")
    drafts.transfers.append(
        DraftTransfer(from_place_id=f"aws:{sender}", to_place_id=f"aws:{receiver}", unit="GB", usd=usd, origin=origin)
    )

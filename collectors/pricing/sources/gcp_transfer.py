"""Google Cloud data transfer: between regions by continent, premium-tier egress by region."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Final

from collectors.pricing.sources.drafts import APACHE, FACTS, DraftPlace, DraftPrice, Drafts, DraftTransfer, Origin
from collectors.pricing.sources.reading import csv_rows

SERVICE: Final = "gcp_transfer"
EGRESS: Final = Origin(
    source="Google Cloud premium tier egress 2026-07-30 (gcosts)", as_of_on=date(2026, 7, 30), licence=APACHE
)
INTER_REGION: Final = Origin(
    source="cloud.google.com/vpc/network-pricing via billing SKUs 2026-04-02", as_of_on=date(2026, 4, 2), licence=FACTS
)
_SEEN_WITHIN: Final = {"NA": Decimal("0.02"), "EU": Decimal("0.02"), "AS": Decimal("0.08"), "SA": Decimal("0.14")}
_TIERS: Final = {"0-1": 0.0, "1-10": 1024.0, "10n": 10240.0}
_SUSPECT: Final = frozenset({"asia-northeast1", "asia-northeast2"})
_STAND_IN: Final = "asia-east1"
"""For the two regions of Japan whose first tier is listed below their second."""


def read_gcp_transfer(source: Path, drafts: Drafts) -> None:
    """Every pair of Google Cloud regions and the worldwide egress of each, per GiB."""
    regions = drafts.regions_of("gcp")
    for sender in regions:
        for receiver in regions:
            if sender != receiver:
                usd, origin = _between(drafts.places[f"gcp:{sender}"], drafts.places[f"gcp:{receiver}"])
                drafts.transfers.append(
                    DraftTransfer(
                        from_place_id=f"gcp:{sender}", to_place_id=f"gcp:{receiver}", unit="GiB", usd=usd, origin=origin
                    )
                )
    _egress(source, drafts)


def _between(sender: DraftPlace, receiver: DraftPlace) -> tuple[Decimal, Origin]:
    """By pair of continents: seen within most of them, the dearest plausible class where nothing was seen."""
    pair = {sender.continent, receiver.continent}
    if "OC" in pair or "ID" in (*sender.jurisdictions, *receiver.jurisdictions):
        return Decimal("0.10"), INTER_REGION
    if len(pair) == 1 and sender.continent in _SEEN_WITHIN:
        return _SEEN_WITHIN[sender.continent], INTER_REGION
    if pair == {"NA", "EU"}:
        return Decimal("0.05"), INTER_REGION.but(
            source="Google Cloud North America to Europe, recalled and not seen", confidence="low"
        )
    if {sender.continent, receiver.continent} <= {"NA", "EU", "AS"}:
        return Decimal("0.08"), INTER_REGION.but(
            source=f"{INTER_REGION.source}; as Finland to Singapore", confidence="estimated"
        )
    if "ME" in pair and not pair & {"SA", "AF"}:
        return Decimal("0.11"), INTER_REGION.but(
            source="Google Cloud Middle East, as Snowflake passes it on (2025-11-10)", confidence="estimated"
        )
    return Decimal("0.14"), INTER_REGION.but(
        source="Google Cloud South America and Africa, dearest class seen", confidence="low"
    )


def _egress(source: Path, drafts: Drafts) -> None:
    tiers: defaultdict[str, dict[float, Decimal]] = defaultdict(dict)
    columns = ("destination", "tier_tib", "source_region", "usd_per_gib")
    for row in csv_rows(source / "prices/gcp_cyclenerd/gcp_internet_egress_premium.csv", columns):
        if row["destination"] != "worldwide":
            drafts.reject(EGRESS.source, "destination not carried (Australia, China)")
            continue
        tiers[row["source_region"]][_TIERS[row["tier_tib"]]] = Decimal(row["usd_per_gib"])
    for region in sorted(tiers):
        suspect = region in _SUSPECT
        if suspect:
            drafts.reject(EGRESS.source, "first tier below the second in Japan")
        origin = EGRESS.but(source=f"{EGRESS.source}; as {_STAND_IN}", confidence="estimated") if suspect else EGRESS
        known = tiers[_STAND_IN] if suspect else tiers[region]
        anchor = DraftPrice(
            service=SERVICE, meter="internet", place_id=f"gcp:{region}", unit="GiB", usd=Decimal(0), origin=origin
        )
        drafts.tiers(anchor, [(begin, usd, origin) for begin, usd in sorted(known.items())])

"""Azure data transfer: zones by continent between regions, egress to the internet."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Final

from collectors.pricing.sources.drafts import FACTS, MIT, DraftPrice, Drafts, DraftTransfer, Origin
from collectors.pricing.sources.reading import json_document

SERVICE: Final = "azure_transfer"
_ZONES: Final = Origin(
    source="azure.microsoft.com/pricing/details/bandwidth, zones by continent of the sender",
    as_of_on=date(2026, 10, 1),
    licence=FACTS,
    confidence="estimated",
)
LIST: Final = Origin(source="Azure Retail Prices API eastus, October 2026", as_of_on=date(2026, 10, 1), licence=MIT)
_SNOWFLAKE: Final = "Azure zone 2 egress, first tier as Snowflake passes it on (2025-11-10)"

_SAME_CONTINENT: Final = {
    "NA": "0.02",
    "EU": "0.02",
    "AS": "0.08",
    "OC": "0.08",
    "ME": "0.08",
    "SA": "0.16",
    "AF": "0.16",
}
_OTHER_CONTINENT: Final = _SAME_CONTINENT | {"NA": "0.05", "EU": "0.05"}
_ZONE_2_FIRST: Final = Decimal("0.12")
_ZONE_3_FIRST: Final = Decimal("0.181")


def read_azure_transfer(source: Path, drafts: Drafts) -> None:
    """Every pair of Azure regions and the egress of each. Azure prints "GB" for transfer: read as 10^9 bytes."""
    listed = [
        (float(row["start_usage_amount"]), Decimal(row["price_usd"]))
        for row in json_document(source / "prices/azure_blob_seed/seed_prices.json")
        if row["usage_metric"] == "Bandwidth-Internet-Out-GB"
    ]
    regions = drafts.regions_of("azure")
    for sender in regions:
        continent = drafts.places[f"azure:{sender}"].continent
        _egress(drafts, sender, continent, listed)
        for receiver in regions:
            if sender == receiver:
                continue
            same = drafts.places[f"azure:{receiver}"].continent == continent
            usd = Decimal((_SAME_CONTINENT if same else _OTHER_CONTINENT)[continent])
            drafts.transfers.append(
                DraftTransfer(
                    from_place_id=f"azure:{sender}", to_place_id=f"azure:{receiver}", unit="GB", usd=usd, origin=_ZONES
                )
            )


def _egress(drafts: Drafts, region: str, continent: str, listed: list[tuple[float, Decimal]]) -> None:
    """Zone 1 (North America, Europe) has tiers; elsewhere only the first tier is known and stands for all."""
    paid = sorted((begin, usd) for begin, usd in listed if usd)
    first_begin = paid[0][0]
    if continent in ("NA", "EU"):
        origin = LIST if region == "eastus" else LIST.but(source=f"{LIST.source}; zone 1", confidence="derived")
        merged = {usd: max(begin - first_begin, 0.0) for begin, usd in reversed(paid)}
        steps = [(begin, usd, origin) for usd, begin in sorted(merged.items(), key=lambda step: step[1])]
    elif continent in ("AS", "OC", "ME"):
        steps = [(0.0, _ZONE_2_FIRST, _ZONES.but(source=_SNOWFLAKE, confidence="derived"))]
    else:
        recalled = _ZONES.but(source="Azure zone 3 egress, recalled and not seen", confidence="low")
        steps = [(0.0, _ZONE_3_FIRST, recalled)]
    anchor = DraftPrice(
        service=SERVICE, meter="internet", place_id=f"azure:{region}", unit="GB", usd=Decimal(0), origin=LIST
    )
    drafts.tiers(anchor, steps)

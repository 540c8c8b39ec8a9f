"""Snowflake on its host clouds: credits by edition, storage, egress."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from collectors.pricing.sources.drafts import MIT, DraftPrice, Drafts, Origin
from collectors.pricing.sources.reading import json_document

SERVICE: Final = "snowflake"
ORIGIN: Final = Origin(source="Snowflake consumption table as of 2025-11-10", as_of_on=date(2025, 11, 10), licence=MIT)
_EDITIONS: Final = ("standard", "enterprise", "business_critical")
_EGRESS: Final = {"interRegion": "egress.inter_region", "internet": "egress.internet"}

_PLACES: Final = {
    "aws-us-east-1": "aws:us-east-1",
    "aws-us-east-2": "aws:us-east-2",
    "aws-us-west-2": "aws:us-west-2",
    "aws-canada-central": "aws:ca-central-1",
    "aws-eu-west-1": "aws:eu-west-1",
    "aws-europe-london": "aws:eu-west-2",
    "aws-eu-paris": "aws:eu-west-3",
    "aws-eu-frankfurt": "aws:eu-central-1",
    "aws-eu-zurich": "aws:eu-central-2",
    "aws-europe-stockholm": "aws:eu-north-1",
    "aws-ap-sydney": "aws:ap-southeast-2",
    "aws-ap-singapore": "aws:ap-southeast-1",
    "aws-asia-pacific-jakarta": "aws:ap-southeast-3",
    "aws-ap-northeast-1-tokyo": "aws:ap-northeast-1",
    "aws-asia-pacific-seoul": "aws:ap-northeast-2",
    "aws-asia-pacific-osaka": "aws:ap-northeast-3",
    "aws-south-america-east-1-sao-paulo": "aws:sa-east-1",
    "aws-africa-cape-town": "aws:af-south-1",
    "azure-east-us-2": "azure:eastus2",
    "azure-west-us-2": "azure:westus2",
    "azure-central-us": "azure:centralus",
    "azure-south-central-us": "azure:southcentralus",
    "azure-canada-central": "azure:canadacentral",
    "azure-mexico-central": "azure:mexicocentral",
    "azure-west-europe": "azure:westeurope",
    "azure-north-europe": "azure:northeurope",
    "azure-uk-south": "azure:uksouth",
    "azure-switzerland-north": "azure:switzerlandnorth",
    "azure-sweden-central": "azure:swedencentral",
    "azure-uae-north": "azure:uaenorth",
    "azure-australia-east": "azure:australiaeast",
    "azure-southeast-asia": "azure:southeastasia",
    "azure-japan-east": "azure:japaneast",
    "azure-korea-central": "azure:koreacentral",
    "gcp-us-central-1": "gcp:us-central1",
    "gcp-us-east-4": "gcp:us-east4",
    "gcp-europe-west-2": "gcp:europe-west2",
    "gcp-europe-west-3": "gcp:europe-west3",
    "gcp-europe-west-4": "gcp:europe-west4",
    "gcp-middle-east-central-2": "gcp:me-central2",
}
_WRONG: Final = frozenset({"aws-ap-mumbai", "azure-central-india"})
"""Rows that repeat the price of the United States; not carried."""

_WRONG_EGRESS: Final = frozenset({"aws-ap-sydney"})


def read_snowflake(source: Path, drafts: Drafts) -> None:
    """Rows of commercial regions. Snowflake prints "TB" without saying how many bytes: read as 10^12."""
    regions = json_document(source / "prices/snowflake/pricing.json")["regions"]
    for name, facts in regions.items():
        if name in _WRONG:
            drafts.reject(ORIGIN.source, "looks wrong (price of the United States)")
        elif name == "aws-eu-dublin":
            drafts.reject(ORIGIN.source, "second name of aws-eu-west-1")
        elif name not in _PLACES:
            drafts.reject(ORIGIN.source, "government region")
        else:
            _sell(drafts, _PLACES[name], facts, with_egress=name not in _WRONG_EGRESS)


def _sell(drafts: Drafts, place_id: str, facts: dict[str, Any], *, with_egress: bool) -> None:
    prices = [(f"credit.{edition}", "credit", facts["pricePerCredit"][edition]) for edition in _EDITIONS]
    prices.append(("storage", "TB-month", facts["storagePerTBMonth"]))
    if with_egress:
        prices.extend((meter, "TB", facts["egressPerTB"][name]) for name, meter in _EGRESS.items())
    else:
        drafts.reject(ORIGIN.source, "egress looks wrong (Sydney)")
    for meter, unit, usd in prices:
        drafts.price(
            DraftPrice(service=SERVICE, meter=meter, place_id=place_id, unit=unit, usd=Decimal(usd), origin=ORIGIN)
        )

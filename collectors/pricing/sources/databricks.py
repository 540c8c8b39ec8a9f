"""Databricks on its host clouds: DBU by kind of compute, Enterprise plan on AWS, Premium on Azure and Google Cloud."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Final

from collectors.pricing.sources.drafts import FACTS, MIT, DraftPrice, Drafts, Origin
from collectors.pricing.sources.price_index import HOME_REGIONS, RegionalIndex

SERVICE: Final = "databricks"
_PRICING: Final = "www.databricks.com/product/pricing"
_AWS_2026: Final = Origin(source=f"{_PRICING}, AWS list prices 2026-09-29", as_of_on=date(2026, 9, 29), licence=FACTS)
_AWS_2025: Final = Origin(source=f"{_PRICING}, AWS list prices 2025-04-30", as_of_on=date(2025, 4, 30), licence=FACTS)
_AWS_2024: Final = Origin(source=f"{_PRICING}, AWS contract list 2024-11", as_of_on=date(2024, 11, 1), licence=FACTS)
_AZURE_2026: Final = Origin(
    source="azure.microsoft.com/pricing/details/databricks 2026", as_of_on=date(2026, 1, 1), licence=FACTS
)
_UNDATED: Final = Origin(
    source="BenchBox DBU table, undated, relocated 2026-09", as_of_on=date(2025, 11, 9), licence=MIT, confidence="low"
)

_SEEN: Final[tuple[tuple[str, str, str, Origin], ...]] = (
    ("aws:us-east-1", "dbu.sql_serverless", "0.70", _AWS_2025),
    ("aws:us-east-1", "dbu.jobs_serverless", "0.45", _AWS_2026),
    ("aws:us-west-2", "dbu.all_purpose", "0.65", _AWS_2024),
    ("aws:us-west-2", "dbu.jobs", "0.20", _AWS_2024),
    ("aws:us-west-2", "dbu.sql_classic", "0.22", _AWS_2024),
    ("aws:us-west-2", "dbu.sql_pro", "0.55", _AWS_2024.but(confidence="derived")),
    ("aws:eu-west-1", "dbu.sql_serverless", "0.91", _AWS_2024),
    ("aws:ca-central-1", "dbu.sql_serverless", "0.79", _AWS_2024),
    ("azure:eastus", "dbu.jobs", "0.30", _AZURE_2026),
    ("azure:eastus", "dbu.all_purpose", "0.55", _AZURE_2026),
    ("azure:eastus", "dbu.sql_classic", "0.22", _UNDATED),
    ("azure:eastus", "dbu.sql_pro", "0.55", _UNDATED),
    ("azure:westus3", "dbu.jobs_serverless", "0.45", _AZURE_2026),
    ("azure:westus3", "dbu.sql_serverless", "0.70", _AZURE_2026),
    ("azure:northeurope", "dbu.sql_serverless", "0.91", _AZURE_2026),
    ("azure:northeurope", "dbu.jobs_serverless", "0.47", _AZURE_2026),
    ("gcp:us-central1", "dbu.all_purpose", "0.55", _UNDATED),
    ("gcp:us-central1", "dbu.jobs", "0.20", _UNDATED),
    ("gcp:us-central1", "dbu.sql_classic", "0.22", _UNDATED),
    ("gcp:us-central1", "dbu.sql_pro", "0.55", _UNDATED),
    ("gcp:us-central1", "dbu.sql_serverless", "0.70", _UNDATED),
)
"""DBU prices as published. The first of a provider's rows of a meter carries it to regions where nothing was seen."""

_OFFERED_AWS: Final = """
us-east-1 us-east-2 us-west-1 us-west-2 ca-central-1 sa-east-1 eu-west-1 eu-west-2 eu-west-3 eu-central-1
ap-northeast-1 ap-northeast-2 ap-south-1 ap-southeast-1 ap-southeast-2 ap-southeast-3
"""
_OFFERED_AZURE: Final = """
eastus eastus2 centralus northcentralus southcentralus westcentralus westus westus2 westus3 canadacentral canadaeast
brazilsouth northeurope westeurope uksouth ukwest francecentral germanywestcentral norwayeast swedencentral
switzerlandnorth switzerlandwest uaenorth qatarcentral southafricanorth centralindia southindia westindia japaneast
japanwest koreacentral eastasia southeastasia australiacentral australiacentral2 australiaeast australiasoutheast
mexicocentral
"""
_OFFERED_GCP: Final = """
us-central1 us-east1 us-east4 us-west1 us-west4 northamerica-northeast1 europe-west1 europe-west2 europe-west3
asia-southeast1 asia-northeast1 asia-south1 australia-southeast1
"""
OFFERED: Final[Mapping[str, tuple[str, ...]]] = {
    "aws": tuple(_OFFERED_AWS.split()),
    "azure": tuple(_OFFERED_AZURE.split()),
    "gcp": tuple(_OFFERED_GCP.split()),
}
"""Regions with a workspace service: docs.databricks.com, supported clouds and regions (recalled)."""


def read_databricks(drafts: Drafts, indices: Mapping[str, RegionalIndex]) -> None:
    """Seen prices, and one estimate per meter for every other region where Databricks is offered."""
    seen = {(place_id, meter): (Decimal(usd), origin) for place_id, meter, usd, origin in _SEEN}
    for place_id, meter, usd, origin in _SEEN:
        _keep(drafts, place_id, meter, Decimal(usd), origin)
    for provider in HOME_REGIONS:
        anchors: dict[str, str] = {}
        for place_id, meter, _, _ in _SEEN:
            if place_id.startswith(f"{provider}:"):
                anchors.setdefault(meter, place_id)
        for region in OFFERED[provider]:
            for meter, anchor in anchors.items():
                place_id = f"{provider}:{region}"
                if (place_id, meter) not in seen:
                    usd_seen, origin = seen[anchor, meter]
                    priced = indices[provider].estimate(usd_seen, region, origin, anchor.partition(":")[2])
                    if priced is None:
                        drafts.reject(origin.source, f"no price index for {place_id}")
                    else:
                        _keep(drafts, place_id, meter, *priced)


def _keep(drafts: Drafts, place_id: str, meter: str, usd: Decimal, origin: Origin) -> None:
    drafts.price(DraftPrice(service=SERVICE, meter=meter, place_id=place_id, unit="DBU", usd=usd, origin=origin))

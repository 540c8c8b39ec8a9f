"""Object storage of 106 regions, about 2023: used where nothing newer is at hand."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Final

from collectors.pricing.sources.drafts import MIT, Origin, rounded
from collectors.pricing.sources.reading import csv_rows

_PRODUCTS: Final = {"aws": "s3", "azure": "Blob Storage", "gcp": "gcs"}
_TIER_NAMES: Final = {
    ("aws", "General Purpose"): "standard",
    ("aws", "Infrequent Access"): "standard_ia",
    ("azure", "Hot"): "hot",
    ("azure", "Cool"): "cool",
    ("gcp", "Standard Storage"): "standard",
}
_METERS: Final = {"put request": "put", "get request": "get", "get transfer": "retrieval"}


class ObjectStorageTable:
    """Lookups in the table; every figure is dated 1 January 2023, the earliest day that it can be from."""

    origin: Final = Origin(source="SkyPIE object storage table, about 2023", as_of_on=date(2023, 1, 1), licence=MIT)

    def __init__(self, source: Path) -> None:
        self._storage: defaultdict[tuple[str, str, str], dict[float, Decimal]] = defaultdict(dict)
        self._requests: defaultdict[tuple[str, str], dict[str, Decimal]] = defaultdict(dict)
        columns = ("Vendor", "Region", "Name", "Group", "Tier", "StartingRange", "PricePerUnit")
        for row in csv_rows(source / "prices/skypie_storage_pricing_2023.csv", columns):
            if row["Name"] == _PRODUCTS[row["Vendor"]]:
                self._add(row)

    def _add(self, row: dict[str, str]) -> None:
        provider = row["Vendor"]
        region = row["Region"].rpartition("-")[0] if provider == "gcp" else row["Region"]
        usd = rounded(Decimal(row["PricePerUnit"]))
        if row["Group"] == "storage":
            self._storage[provider, region, row["Tier"]][float(row["StartingRange"])] = usd
        tier, meter = _TIER_NAMES.get((provider, row["Tier"])), _METERS.get(row["Group"])
        if tier and meter and usd:
            self._requests[provider, region][f"{meter}.{tier}"] = usd

    def tiers(self, provider: str, region: str, tier: str) -> list[Decimal]:
        """Storage prices of ascending tiers, empty when the table has none."""
        steps = self._storage.get((provider, region, tier), {})
        return [steps[begin] for begin in sorted(steps)]

    def requests(self, provider: str, region: str) -> dict[str, Decimal]:
        """Prices of requests (per request) and retrieval (per GiB) by meter, empty when the table has none."""
        return dict(self._requests.get((provider, region), {}))

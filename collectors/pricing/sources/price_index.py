"""How dear a region is: the median ratio of its machine prices to those of the provider's home region.

Where a provider's processors are discounted region by region (Azure sells AMD and Arm in Central India for 0.65 of the
home price and Intel for 1.05), the caller passes Intel sizes only: a promotion says nothing about other services.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal
from statistics import median
from typing import Final

from collectors.pricing.sources.drafts import APACHE, SHARE_ALIKE, Origin, rounded

HOME_REGIONS: Final = {"aws": "us-east-1", "azure": "eastus", "gcp": "us-central1"}
_FEWEST_SIZES: Final = 20
"""A median of fewer common sizes says little."""


class RegionalIndex:
    """Machine-price index of one provider's regions, 1 in the home region, four decimals."""

    def __init__(self, provider: str, usd_per_hour: Mapping[tuple[str, str], Decimal]) -> None:
        """``usd_per_hour`` is on-demand by (region, size), of one vintage."""
        self.provider = provider
        self.home = HOME_REGIONS[provider]
        home = {sku: usd for (region, sku), usd in usd_per_hour.items() if region == self.home}
        ratios: defaultdict[str, list[Decimal]] = defaultdict(list)
        for (region, sku), usd in usd_per_hour.items():
            if home.get(sku):
                ratios[region].append(usd / home[sku])
        self.ratio = {
            region: median(found).quantize(Decimal("0.0001"))
            for region, found in ratios.items()
            if len(found) >= _FEWEST_SIZES
        }
        self.licence = SHARE_ALIKE if provider == "aws" else APACHE

    def estimate(self, usd: Decimal, region: str, seen: Origin, seen_region: str) -> tuple[Decimal, Origin] | None:
        """A price seen in one region carried to another by the ratio of the indices; None where there is no index."""
        if region not in self.ratio or seen_region not in self.ratio:
            return None
        ratio = self.ratio[region] / self.ratio[seen_region]
        worse = "low" if seen.confidence == "low" else "estimated"
        licence = SHARE_ALIKE if SHARE_ALIKE in (self.licence, seen.licence) else seen.licence
        source = f"{seen.source}; scaled from {seen_region} by machine price index"
        return rounded(usd * ratio), seen.but(source=source, licence=licence, confidence=worse)

"""Edits, one module each. Adding one is its module, one entry in ``EDITS``, its library file and its test."""

from __future__ import annotations

from typing import Final

from scenarios.edits.demand_growth import DemandGrowth
from scenarios.edits.edit import Edit, EditKind
from scenarios.edits.price_change import PriceChange
from scenarios.edits.provider_excluded import ProviderExcluded
from scenarios.edits.region_outage import RegionOutage
from scenarios.edits.residency_changed import ResidencyChanged

__all__ = [
    "EDITS",
    "DemandGrowth",
    "Edit",
    "PriceChange",
    "ProviderExcluded",
    "RegionOutage",
    "ResidencyChanged",
]

EDITS: Final[tuple[EditKind, ...]] = (PriceChange, RegionOutage, DemandGrowth, ProviderExcluded, ResidencyChanged)

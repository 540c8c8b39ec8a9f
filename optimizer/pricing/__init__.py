"""Prices as the optimizer sees them: one immutable book, every figure with its confidence."""

from optimizer.pricing.book import PriceBook
from optimizer.pricing.errors import InvalidPriceBook, InvalidPriceRow, NothingToScale
from optimizer.pricing.machines import MachineOffer, MachineOffers
from optimizer.pricing.names import CONFIDENCES, FAMILIES, MACHINE_SERVICES, PURCHASES
from optimizer.pricing.storage_facts import STORAGE_TIERS, StorageTierFacts
from optimizer.pricing.tiers import TierSchedule
from optimizer.pricing.warehouse_facts import WAREHOUSE_CREDITS_PER_HOUR

__all__ = [
    "CONFIDENCES",
    "FAMILIES",
    "MACHINE_SERVICES",
    "PURCHASES",
    "STORAGE_TIERS",
    "WAREHOUSE_CREDITS_PER_HOUR",
    "InvalidPriceBook",
    "InvalidPriceRow",
    "MachineOffer",
    "MachineOffers",
    "NothingToScale",
    "PriceBook",
    "StorageTierFacts",
    "TierSchedule",
]

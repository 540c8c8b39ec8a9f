"""Who owns what: 47 business units, their home jurisdictions, and how things are named."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from collectors.sample.geography import JURISDICTIONS

_NAMES: Final = (
    "retail-banking", "cards", "wealth", "markets-risk", "treasury", "payments", "fraud", "mortgages",
    "equities", "fixed-income", "research", "finance-reporting", "marketing-analytics", "platform",
    "corporate-banking", "fx", "custody", "credit-risk", "regulatory-reporting", "client-onboarding",
    "asset-management", "trade-finance", "leasing", "securities-services",
    "fund-administration", "insurance", "pensions",
    "consumer-finance", "auto-finance", "savings",
    "private-banking", "family-office", "structured-products",
    "commercial-banking", "small-business", "cards-canada",
    "asia-markets", "asia-payments", "asia-risk",
    "japan-retail", "japan-securities",
    "australia-retail", "australia-lending",
    "india-operations", "india-payments",
    "brazil-retail", "brazil-cards",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class BusinessUnit:
    """``activity_ratio`` is its share of the whole platform's activity."""

    name: str
    jurisdiction: str
    activity_ratio: float


def _units() -> tuple[BusinessUnit, ...]:
    homes = [found for found in JURISDICTIONS for _ in range(found.business_units)]
    return tuple(
        BusinessUnit(name=name, jurisdiction=home.code, activity_ratio=home.activity_ratio / home.business_units)
        for name, home in zip(_NAMES, homes, strict=True)
    )


BUSINESS_UNITS: Final = _units()
"""Forty-seven, each with one home jurisdiction; inside a jurisdiction they are equally active."""

DATA_CLASSES: Final = {"public": 0.05, "internal": 0.45, "confidential": 0.26, "restricted": 0.11, "regulated": 0.13}
"""How the company classifies: about a quarter falls under a supervisor's or a privacy rule."""

CRITICAL_CLASSES: Final = ("restricted", "regulated")
"""Classes under residency and recovery rules."""

ENVIRONMENTS: Final = {"production": 0.78, "test": 0.12, "development": 0.10}


def is_critical(data_class: str) -> bool:
    """Whether residency and recovery rules hold for a class."""
    return data_class in CRITICAL_CLASSES


def owner_of(business_unit: str) -> str:
    """The mailbox that answers for a business unit's things."""
    return f"{business_unit}@bank.example"

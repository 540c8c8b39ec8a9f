"""What an estate build hands on: the estate, and every dollar of the bills that is not in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from optimizer.domain.estate import Estate

UNMATCHED_REASONS: Final = (
    "no_resource_id",
    "unknown_resource",
    "tax",
    "support",
    "credit",
    "marketplace",
    "commitment_unused",
    "unclassified",
)
"""Why a cost belongs to no workload and no dataset."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnmatchedCost:
    """Monthly cost that stands on the bills and belongs to nothing in the estate. ``region`` '' means: none given."""

    service: str
    region: str
    reason: str
    monthly_micro_usd: int
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignCost:
    """Monthly cost in a currency without a rate: in no total. ``monthly_amount`` is in ``currency``."""

    currency: str
    service: str
    monthly_amount: Decimal
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EstateOddity:
    """Something in bills or inventory that a person should look at.

    ``count`` things or rows show it, a few are named in ``examples``, ``monthly_micro_usd`` is the cost concerned.
    """

    code: str
    meaning: str
    count: int
    monthly_micro_usd: int = 0
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EstateBuild:
    """An estate with the account of all money.

    ``matched + transfer + unmatched = total``, in whole micro-USD a month, exactly. ``total`` is the effective cost of
    the months used, without purchases of commitments (their cost is in the usage they cover), divided by the months.
    ``lineage_transfer_micro_usd`` is what the known flows would cost at the price book's transfer prices;
    ``transfer_explained_ratio`` is that over what the bills show (None without prices or without billed transfer).
    """

    estate: Estate
    unmatched: tuple[UnmatchedCost, ...]
    matched_monthly_micro_usd: int
    transfer_monthly_micro_usd: int
    unmatched_monthly_micro_usd: int
    total_monthly_micro_usd: int
    by_provider: Mapping[str, int]
    oddities: tuple[EstateOddity, ...]
    foreign: tuple[ForeignCost, ...] = ()
    excluded_purchases_monthly_micro_usd: int = 0
    lineage_transfer_micro_usd: int | None = None
    transfer_explained_ratio: float | None = None

    def oddity(self, code: str) -> EstateOddity | None:
        """The oddity of that code, if there is one."""
        return next((oddity for oddity in self.oddities if oddity.code == code), None)

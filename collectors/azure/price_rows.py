"""Rows of ``sku_price`` as they are gathered, and the end of each tier."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

_PLACES: Final = Decimal(1).scaleb(-12)
TERMS: Final = {
    "1 year": "committed_1y",
    "p1y": "committed_1y",
    "3 years": "committed_3y",
    "p3y": "committed_3y",
}
"""Term in lower case -> term of ``sku_price``; Azure sells others, which are left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """One price as Azure states it; ``quantity_from`` is in ``unit``."""

    service: str
    sku_id: str
    sku_price_id: str
    region: str
    description: str
    unit: str
    currency: str
    quantity_from: Decimal
    unit_price: Decimal
    term: str
    is_contracted: bool
    effective_from: datetime | None
    effective_to: datetime | None


@dataclass(slots=True)
class PriceRows:
    """Prices found so far, and what was left out by reason."""

    prices: list[Price] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)

    def leave_out(self, reason: str) -> None:
        """Count a row that is no price of ours."""
        self.left_out[reason] += 1

    def dropped(self) -> tuple[tuple[str, int], ...]:
        """What was left out, by reason."""
        return tuple(sorted(self.left_out.items()))

    def with_ends(self) -> list[dict[str, Any]]:
        """Rows of ``sku_price``: a tier ends where the next of the same price begins, the last has no end."""
        tiers: dict[tuple[Any, ...], set[Decimal]] = defaultdict(set)
        for price in self.prices:
            tiers[_tier_key(price)].add(price.quantity_from)
        rows = []
        for price in self.prices:
            later = [start for start in tiers[_tier_key(price)] if start > price.quantity_from]
            rows.append(
                {
                    "provider": "azure",
                    "service": price.service,
                    "sku_id": price.sku_id,
                    "sku_price_id": price.sku_price_id,
                    "region": price.region,
                    "description": price.description,
                    "unit": price.unit,
                    "currency": price.currency,
                    "quantity_from": _exact(price.quantity_from),
                    "quantity_to": _exact(min(later)) if later else None,
                    "unit_price": _exact(price.unit_price),
                    "term": price.term,
                    "is_contracted": price.is_contracted,
                    "effective_from": price.effective_from,
                    "effective_to": price.effective_to,
                }
            )
        return rows


def _tier_key(price: Price) -> tuple[Any, ...]:
    return (price.sku_price_id, price.region, price.unit, price.currency, price.term, price.is_contracted,
            price.effective_from)  # fmt: skip


def _exact(value: Decimal) -> Decimal:
    return value.quantize(_PLACES, ROUND_HALF_UP)

"""What every step of the generator reads: the inputs, and the vocabularies and columns made from them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from optimizer.candidates.nodes import Nodes
from optimizer.candidates.places import PlaceGrid
from optimizer.candidates.vocabulary import Names
from optimizer.domain.estate import Estate
from optimizer.domain.policy import Policy
from optimizer.pricing import MACHINE_SERVICES, PriceBook
from optimizer.pricing.tiers import TierSchedule

BILLED: Final = 0
LIST: Final = 1
CONTRACTED: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Context:
    """One run. ``missing`` counts, per (service, place id, meter), the most nodes that asked for that price at once."""

    estate: Estate
    prices: PriceBook
    policy: Policy
    grid: PlaceGrid
    nodes: Nodes
    names: Names
    contracted_ratio: Mapping[str, Decimal]
    missing: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    _machines: dict[tuple[str, str, str], tuple[float, float] | None] = field(default_factory=dict, repr=False)

    def schedule(
        self, *, service: str, meter: str, place_id: str, asked_by: int, purchase: str = "on_demand"
    ) -> TierSchedule | None:
        """A price, or None and a note that ``asked_by`` nodes miss it."""
        found = self.prices.schedule(service=service, meter=meter, place_id=place_id, purchase=purchase)
        if found is None:
            self.note_missing(service=service, place_id=place_id, meter=meter, asked_by=asked_by)
        return found

    def note_missing(self, *, service: str, place_id: str, meter: str, asked_by: int) -> None:
        """Remember that a price was needed and not in the book."""
        if asked_by:
            known = self.missing[service, place_id, meter]
            self.missing[service, place_id, meter] = max(known, asked_by)

    def machine(self, place_id: str, service: str, sku: str) -> tuple[float, float] | None:
        """vCPU and GiB of a machine size, None when the book does not list it there."""
        key = (place_id, service, sku)
        if key not in self._machines:
            offer = self.prices.machine(place_id, service, sku) if service in MACHINE_SERVICES else None
            self._machines[key] = None if offer is None else (offer.vcpu, offer.memory_gib)
        return self._machines[key]

    def ratio_of(self, service: str) -> tuple[float, int]:
        """What the company pays per unit of list price at ``service``, and the basis that this makes."""
        ratio = self.contracted_ratio.get(service)
        return (1.0, LIST) if ratio is None else (float(ratio), CONTRACTED)

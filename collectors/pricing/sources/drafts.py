"""What the readers of source tables write to: drafts of rows, and a count of what could not be used and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Final

APACHE: Final = "Apache-2.0"
MIT: Final = "MIT"
SHARE_ALIKE: Final = "CC BY-SA 4.0"
FACTS: Final = "facts"
"""Single published figures, typed by hand with the page that they stand on."""

PICO_USD: Final = Decimal("0.000000000001")


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a figure comes from, how old it is, under which licence, and how far it can be trusted."""

    source: str
    as_of_on: date
    licence: str
    confidence: str = "seen"

    def but(self, *, source: str | None = None, licence: str | None = None, confidence: str | None = None) -> Origin:
        """The same origin with some facts replaced."""
        return Origin(
            source=source or self.source,
            as_of_on=self.as_of_on,
            licence=licence or self.licence,
            confidence=confidence or self.confidence,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftPrice:
    """One row of the book before it is checked; ``usd`` is the price of one ``unit``."""

    service: str
    meter: str
    place_id: str
    unit: str
    usd: Decimal
    origin: Origin
    tier_min: float = 0.0
    tier_max: float | None = None
    purchase: str = "on_demand"
    payment_model: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftTransfer:
    """Price of moving one ``unit`` between two places of one provider."""

    from_place_id: str
    to_place_id: str
    unit: str
    usd: Decimal
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftRoundTrip:
    """One measured round trip."""

    from_place_id: str
    to_place_id: str
    average_ms: float
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftMachine:
    """Capacities of one machine size. ``architecture`` is ``x86_64`` or ``arm64``."""

    service: str
    sku: str
    family: str
    architecture: str
    vcpu: float
    memory_gib: float
    source: str
    licence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftPlace:
    """A region with its legal areas and coordinates."""

    place_id: str
    continent: str
    jurisdictions: tuple[str, ...]
    city: str
    latitude_degrees: float
    longitude_degrees: float
    origin: Origin


@dataclass(slots=True)
class Drafts:
    """Everything read so far. ``rejected`` counts unusable source rows by (source, reason)."""

    places: dict[str, DraftPlace] = field(default_factory=dict)
    machines: dict[tuple[str, str], DraftMachine] = field(default_factory=dict)
    prices: list[DraftPrice] = field(default_factory=list)
    transfers: list[DraftTransfer] = field(default_factory=list)
    round_trips: list[DraftRoundTrip] = field(default_factory=list)
    rejected: Counter[tuple[str, str]] = field(default_factory=Counter)

    def price(self, draft: DraftPrice) -> None:
        """Keep a price, or count it as rejected when its place is not in the regions table."""
        if draft.place_id in self.places:
            self.prices.append(draft)
        else:
            self.reject(draft.origin.source, f"place not in the regions table: {draft.place_id}")

    def tiers(self, draft: DraftPrice, steps: Sequence[tuple[float, Decimal, Origin]]) -> None:
        """Keep graduated tiers of one price: (first quantity, price, origin) ascending; ``draft`` gives the rest."""
        ends: Iterable[float | None] = [*(begin for begin, _, _ in steps[1:]), None]
        for (begin, usd, origin), end in zip(steps, ends, strict=True):
            self.price(
                DraftPrice(
                    service=draft.service,
                    meter=draft.meter,
                    place_id=draft.place_id,
                    unit=draft.unit,
                    usd=usd,
                    origin=origin,
                    tier_min=begin,
                    tier_max=end,
                )
            )

    def reject(self, source: str, reason: str) -> None:
        """Count one source row that cannot be used."""
        self.rejected[source, reason] += 1

    def regions_of(self, provider: str) -> tuple[str, ...]:
        """Regions of a provider among the known places, ascending."""
        prefix = f"{provider}:"
        return tuple(sorted(place_id[len(prefix) :] for place_id in self.places if place_id.startswith(prefix)))


def rounded(usd: Decimal) -> Decimal:
    """An amount rounded to whole pico-USD, half to even."""
    return usd.quantize(PICO_USD)

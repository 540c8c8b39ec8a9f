"""What the generator did, and what it could not price."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingPrice:
    """A price that was needed and is not in the book; at least ``nodes`` nodes would have been served."""

    service: str
    place_id: str
    meter: str
    nodes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationReport:
    """Counts over one run of the generator; money in micro-USD a month, as billed today.

    ``only_stay_*`` are nodes that end with no candidate but *stay*, for whatever reason. ``unpriced_*`` are those of
    them for which no alternative had a price at all: what the optimizer cannot judge. ``stay_from_book`` are nodes
    that the bill shows nothing for and whose *stay* is therefore priced from the book; ``stay_without_price`` are
    those of them that the book cannot price either and that stand at zero.
    """

    nodes: int
    candidates: int
    demanded_copies: int
    dropped_by_reason: tuple[tuple[str, int], ...]
    refused_by_reason: tuple[tuple[str, int], ...]
    only_stay_node_ids: tuple[str, ...]
    only_stay_micro_usd: int
    unpriced_node_ids: tuple[str, ...]
    unpriced_micro_usd: int
    stay_from_book: tuple[str, ...]
    stay_without_price: tuple[str, ...]
    missing_prices: tuple[MissingPrice, ...]

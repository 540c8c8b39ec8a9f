"""The places that candidates may lie in, and what it costs to carry data between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from optimizer.domain.estate import Estate
from optimizer.domain.place import Place
from optimizer.domain.policy import Policy
from optimizer.errors import MissingPrice
from optimizer.pricing import PriceBook

UNKNOWN: Final = -1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PlaceGrid:
    """Places by code (ascending id). ``transfer_micro_usd_per_gb`` int64 and ``transfer_confidence`` int8 are
    ``[from, to]``, -1 where the book has no price; ``is_candidate`` bool ``[place]`` is False for places that are in
    use today but not among the policy's ``candidate_places``: who is there may stay or be resized, nobody moves in.
    """

    places: tuple[Place, ...]
    code_of: dict[str, int]
    is_candidate: npt.NDArray[np.bool_]
    transfer_micro_usd_per_gb: npt.NDArray[np.int64]
    transfer_confidence: npt.NDArray[np.int8]

    @property
    def ids(self) -> tuple[str, ...]:
        """Ids by code."""
        return tuple(place.id for place in self.places)


def place_grid(estate: Estate, policy: Policy, prices: PriceBook) -> PlaceGrid:
    """Places of the policy (or, when it names none, those in use) and every place in use.

    Raises:
        UnknownPlace: the price book does not know one of them.
    """
    used = set(estate.place_ids)
    open_ids = set(policy.candidate_places) or used
    place_ids = sorted(used | open_ids)
    transfer, confidence = _transfer(prices, place_ids)
    return PlaceGrid(
        places=tuple(prices.place(place_id) for place_id in place_ids),
        code_of={place_id: code for code, place_id in enumerate(place_ids)},
        is_candidate=np.array([place_id in open_ids for place_id in place_ids], dtype=bool),
        transfer_micro_usd_per_gb=transfer,
        transfer_confidence=confidence,
    )


def _transfer(prices: PriceBook, place_ids: list[str]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int8]]:
    confidence = prices.transfer_confidence(place_ids)
    try:
        return prices.transfer_micro_usd_per_gb(place_ids), confidence
    except MissingPrice:
        return _known_pairs(prices, place_ids, confidence), confidence


def _known_pairs(prices: PriceBook, place_ids: list[str], confidence: npt.NDArray[np.int8]) -> npt.NDArray[np.int64]:
    """Pair by pair, for books that lack some: a pair is asked for only when both its directions are priced."""
    known = np.full((len(place_ids), len(place_ids)), UNKNOWN, dtype=np.int64)
    np.fill_diagonal(known, 0)
    both = (confidence >= 0) & (confidence >= 0).T
    for one, other in zip(*np.nonzero(np.triu(both, k=1)), strict=True):
        pair = prices.transfer_micro_usd_per_gb([place_ids[one], place_ids[other]])
        known[one, other], known[other, one] = pair[0, 1], pair[1, 0]
    return known

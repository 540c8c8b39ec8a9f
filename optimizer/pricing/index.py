"""The price rows sorted for lookup: one integer key per (service, meter, place, purchase)."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from optimizer.pricing.checks import refuse
from optimizer.pricing.columns import codes_of, floats_of, pico_usd_of, vocabulary_of
from optimizer.pricing.names import PAYMENT_MODELS, PURCHASES


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PriceIndex:
    """Columns of the price rows in ascending order of ``key``, then payment model, then tier.

    ``row`` int64 ``[price]`` is the row of the book's table that each sorted price came from. ``key`` mixes the codes
    of service, meter, place and purchase; ``payment`` is -1 for none, else an index of ``PAYMENT_MODELS``.
    """

    services: tuple[str, ...]
    meters: tuple[str, ...]
    place_ids: tuple[str, ...]
    key: npt.NDArray[np.int64]
    row: npt.NDArray[np.int64]
    service: npt.NDArray[np.int64]
    meter: npt.NDArray[np.int64]
    place: npt.NDArray[np.int64]
    purchase: npt.NDArray[np.int64]
    payment: npt.NDArray[np.int64]
    tier_min: npt.NDArray[np.float64]
    pico_usd: npt.NDArray[np.int64]

    def positions(self, *, service: str, meter: str, place_id: str, purchase: str) -> npt.NDArray[np.int64]:
        """Sorted positions of the tiers of one price, under its first payment model; empty when it is not sold."""
        codes = (_position(self.services, service), _position(self.meters, meter), _position(self.place_ids, place_id))
        if min(codes) < 0:
            return np.zeros(0, dtype=np.int64)
        key = _mixed(*codes, PURCHASES.index(purchase), meters=len(self.meters), places=len(self.place_ids))
        begin, end = np.searchsorted(self.key, [key, key + 1])
        found = np.arange(begin, end)
        return found[self.payment[begin:end] == self.payment[begin]] if end > begin else found

    def firsts_at(self, *, service: str, place_id: str) -> npt.NDArray[np.int64]:
        """Positions of the first tier of every price of a service at a place, one per (meter, purchase), sorted."""
        service_code, place_code = _position(self.services, service), _position(self.place_ids, place_id)
        here = np.flatnonzero((self.service == service_code) & (self.place == place_code))
        is_first = np.append(True, np.diff(self.key[here]) != 0)[: len(here)]
        firsts: npt.NDArray[np.int64] = here[is_first].astype(np.int64)
        return firsts


def build_index(rows: pa.Table, place_ids: tuple[str, ...]) -> PriceIndex:
    """Sort rows that ``checks.check_tables`` let through, and check their tiers.

    Raises:
        InvalidPriceRow: tiers of one price overlap, leave a gap, do not begin at 0 or do not end open.
    """
    services, meters = vocabulary_of(rows.column("service")), vocabulary_of(rows.column("meter"))
    service, meter = codes_of(rows.column("service"), services), codes_of(rows.column("meter"), meters)
    place, purchase = codes_of(rows.column("place_id"), place_ids), codes_of(rows.column("purchase"), PURCHASES)
    payment = codes_of(rows.column("payment_model"), PAYMENT_MODELS)
    tier_min, tier_max = floats_of(rows.column("tier_min")), floats_of(rows.column("tier_max"), null=np.inf)
    key = _mixed(service, meter, place, purchase, meters=len(meters), places=len(place_ids))
    order = np.lexsort((tier_max, tier_min, payment, key))
    _check_tiers(rows, order, key * (len(PAYMENT_MODELS) + 1) + payment + 1, tier_min, tier_max)
    return PriceIndex(
        services=services,
        meters=meters,
        place_ids=place_ids,
        key=key[order],
        row=order.astype(np.int64),
        service=service[order],
        meter=meter[order],
        place=place[order],
        purchase=purchase[order],
        payment=payment[order],
        tier_min=tier_min[order],
        pico_usd=pico_usd_of(rows.column("unit_price"))[order],
    )


def _check_tiers(
    rows: pa.Table,
    order: npt.NDArray[np.int64],
    group: npt.NDArray[np.int64],
    tier_min: npt.NDArray[np.float64],
    tier_max: npt.NDArray[np.float64],
) -> None:
    if len(order) == 0:
        return
    sorted_group, begin, end = group[order], tier_min[order], tier_max[order]
    is_first = np.append(True, sorted_group[1:] != sorted_group[:-1])
    is_last = np.append(sorted_group[1:] != sorted_group[:-1], True)
    previous_end = np.append(0.0, end[:-1])
    previous_end[is_first] = 0.0
    in_table_order = np.empty(len(order), dtype=bool)

    def refuse_sorted(bad: npt.NDArray[np.bool_], reason: str) -> None:
        in_table_order[order] = bad
        refuse(rows, "rows", in_table_order, reason)

    refuse_sorted(begin < previous_end, "overlaps another row of the same price: it begins before that tier ends")
    refuse_sorted(begin > previous_end, "leaves a gap: no tier of this price covers the quantities just below it")
    refuse_sorted(is_last & np.isfinite(end), "the last tier of a price must be open (tier_max empty)")


def _mixed(
    service: npt.NDArray[np.int64] | int,
    meter: npt.NDArray[np.int64] | int,
    place: npt.NDArray[np.int64] | int,
    purchase: npt.NDArray[np.int64] | int,
    *,
    meters: int,
    places: int,
) -> npt.NDArray[np.int64]:
    mixed = ((service * meters + meter) * places + place) * len(PURCHASES) + purchase
    return np.asarray(mixed, dtype=np.int64)


def _position(vocabulary: tuple[str, ...], name: str) -> int:
    index = bisect_left(vocabulary, name)
    return index if index < len(vocabulary) and vocabulary[index] == name else -1

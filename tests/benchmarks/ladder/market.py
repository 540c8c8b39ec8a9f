"""Places, transfer, round trips and prices of the embedded price book, as the arrays that a rung is made from."""

from __future__ import annotations

import dataclasses
from collections import Counter
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from collectors.pricing import load_price_book
from optimizer.domain.place import Place
from optimizer.pricing import FAMILIES, PURCHASES, PriceBook

MACHINES: Final = {"aws": "aws_ec2", "azure": "azure_vm", "gcp": "gcp_gce"}
TIERS: Final = {
    "aws": ("aws_s3", ("standard", "standard_ia", "glacier_ir")),
    "azure": ("azure_blob", ("hot", "cool", "cold")),
    "gcp": ("gcp_gcs", ("standard", "nearline", "coldline")),
}
TIER_NAMES: Final = ("hot", "infrequent", "cold")
OFFERS: Final = tuple(
    (architecture, purchase)
    for architecture in ("x86_64", "arm64")
    for purchase in ("on_demand", "committed_1y", "spot")
)
WEIGHT_OF_CONTINENT: Final = {"NA": 5, "EU": 5, "AS": 4, "SA": 1, "OC": 1, "ME": 0.5, "AF": 0.5}
SMALLEST_VCPU, LARGEST_VCPU = 2, 64
SECOND_ZONE_MICRO_USD_PER_GB: Final = 10_000
"""Between two zones of one region: AWS, EC2 on-demand pricing, data transfer within a region, each direction."""
SECOND_ZONE_RTT_MS: Final = 1.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Market:
    """Shapes: ``transfer_micro_usd_per_gb`` int64 and ``rtt_ms`` float64 ``[from, to]``; ``vcpu_usd_per_hour``
    ``[place, machine family, offer]``, NaN where not sold; ``storage_usd_per_gb_month`` and
    ``retrieval_usd_per_gb`` ``[place, tier]``.
    """

    places: tuple[Place, ...]
    transfer_micro_usd_per_gb: npt.NDArray[np.int64]
    rtt_ms: npt.NDArray[np.float64]
    vcpu_usd_per_hour: npt.NDArray[np.float64]
    storage_usd_per_gb_month: npt.NDArray[np.float64]
    retrieval_usd_per_gb: npt.NDArray[np.float64]

    def codes(self, attribute: str) -> npt.NDArray[np.int64]:
        """Equal numbers for places that share the attribute, ``[place]``."""
        return np.unique([getattr(place, attribute) for place in self.places], return_inverse=True)[1]

    def lies_in(self, *jurisdictions: str) -> npt.NDArray[np.bool_]:
        """True for places in one of the jurisdictions, ``[place]``."""
        return np.array([bool(set(jurisdictions) & set(place.jurisdictions)) for place in self.places])


def open_market(places: int) -> Market:
    """The market of that many places: every continent and provider by weight, the best measured places first.

    Beyond the places that the book prices, a region opens a second zone, named ``<place>-2``: the same prices, and
    a transfer price and round trip of its own to the first.
    """
    book = load_price_book()
    priced = _priced(book)
    order = _by_weight(book, priced)
    chosen = order[np.arange(places) % len(order)]
    zone = np.arange(places) // len(order) + 1
    by_id = np.argsort([f"{priced[place].id}-{number}" for place, number in zip(chosen, zone, strict=True)])
    chosen, zone = chosen[by_id], zone[by_id]
    ids = [priced[place].id for place in chosen]
    transfer, rtt_ms = book.transfer_micro_usd_per_gb(ids), book.rtt_ms(ids)[0].copy()
    twins = (chosen[:, None] == chosen[None, :]) & ~np.eye(places, dtype=np.bool_)
    transfer[twins], rtt_ms[twins] = SECOND_ZONE_MICRO_USD_PER_GB, SECOND_ZONE_RTT_MS
    storage = np.array([_storage_usd(book, priced[place]) for place in chosen])
    return Market(
        places=tuple(
            priced[place] if number == 1 else dataclasses.replace(priced[place], id=f"{priced[place].id}-{number}")
            for place, number in zip(chosen, zone, strict=True)
        ),
        transfer_micro_usd_per_gb=transfer,
        rtt_ms=rtt_ms,
        vcpu_usd_per_hour=np.array([_vcpu_usd_per_hour(book, priced[place]) for place in chosen]),
        storage_usd_per_gb_month=storage[:, 0],
        retrieval_usd_per_gb=storage[:, 1],
    )


def _priced(book: PriceBook) -> list[Place]:
    """Places where every machine family is sold on demand and every tier has a price."""
    return [
        place
        for place in book.places
        if place.provider in MACHINES
        and len(book.machines(place.id, MACHINES[place.provider]))
        and np.isfinite(_vcpu_usd_per_hour(book, place)[:, 0]).all()
        and np.isfinite(_storage_usd(book, place)).all()
    ]


def _by_weight(book: PriceBook, places: list[Place]) -> npt.NDArray[np.int64]:
    """Indices of places, so that the first ones of any number mix continents and providers."""
    estimated = book.rtt_ms([place.id for place in places])[1].sum(axis=1)
    seen: Counter[tuple[str, str]] = Counter()
    turn = np.empty(len(places))
    for index in np.argsort(estimated, kind="stable").tolist():
        group = (places[index].provider, places[index].continent)
        seen[group] += 1
        turn[index] = seen[group] / WEIGHT_OF_CONTINENT[places[index].continent]
    return np.argsort(turn, kind="stable")


def _vcpu_usd_per_hour(book: PriceBook, place: Place) -> npt.NDArray[np.float64]:
    """Median price of a vCPU hour over the usual sizes, ``[machine family, offer]``, NaN where not sold."""
    machines = book.machines(place.id, MACHINES[place.provider])
    usual = (machines.vcpu >= SMALLEST_VCPU) & (machines.vcpu <= LARGEST_VCPU)
    prices = np.full((len(FAMILIES), len(OFFERS)), np.nan)
    for family, name in enumerate(FAMILIES):
        for offer, (architecture, purchase) in enumerate(OFFERS):
            pico_usd = machines.pico_usd_per_hour[:, PURCHASES.index(purchase)]
            sold = usual & (machines.family == name) & (machines.architecture == architecture) & (pico_usd >= 0)
            if sold.any():
                prices[family, offer] = np.median(pico_usd[sold] / machines.vcpu[sold]) / 1e12
    return prices


def _storage_usd(book: PriceBook, place: Place) -> npt.NDArray[np.float64]:
    """Prices of storage and of retrieval, ``[2, tier]``, NaN where not priced."""
    service, tiers = TIERS[place.provider]
    schedules = [
        [book.schedule(service=service, meter=f"{meter}.{tier}", place_id=place.id) for tier in tiers]
        for meter in ("storage", "retrieval")
    ]
    return np.array([[np.nan if found is None else found.pico_usd[0] / 1e12 for found in row] for row in schedules])

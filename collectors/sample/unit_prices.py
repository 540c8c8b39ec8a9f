"""Unit prices of the book for the uses of the sample."""

from __future__ import annotations

from collections.abc import Iterator

from collectors.sample.machines import MACHINE_SERVICE
from collectors.sample.parts import Use
from optimizer.errors import MissingPrice
from optimizer.pricing.book import PriceBook
from optimizer.pricing.names import PURCHASES
from optimizer.pricing.tiers import TierSchedule
from optimizer.units import PICO_USD_PER_MICRO_USD

_MACHINE_SERVICES = frozenset(MACHINE_SERVICE.values())


class UnitPrices:
    """Looks prices up and remembers them; the book itself is not changed."""

    def __init__(self, book: PriceBook) -> None:
        self._book = book
        self._schedules: dict[tuple[str, str, str], TierSchedule] = {}
        self._transfers: dict[tuple[str, str], int] = {}

    def tiers(self, use: Use) -> Iterator[tuple[float, int, str]]:
        """(quantity, pico-USD of one unit, unit) for every price tier that the use's quantity reaches.

        Raises:
            MissingPrice: the book does not sell the meter at the place.
        """
        if use.to_place is not None:
            yield use.quantity, self._transfer_pico_usd(use.place, use.to_place), "GB"
        elif use.service in _MACHINE_SERVICES:
            # what a commitment pays for keeps the on-demand rate as its list price
            yield use.quantity, self.machine_pico_usd(use, "on_demand" if use.commitment_id else use.purchase), "hour"
        else:
            schedule = self._schedule(use)
            begins = [float(begin) for begin in schedule.minimum_quantity]
            ends = [*begins[1:], float("inf")]
            for begin, end, pico_usd in zip(begins, ends, schedule.pico_usd, strict=True):
                if use.quantity > begin:
                    yield min(use.quantity, end) - begin, int(pico_usd), schedule.unit

    def committed_pico_usd(self, use: Use) -> int:
        """Price of an hour under the commitment that pays for a machine."""
        return self.machine_pico_usd(use, use.purchase)

    def machine_pico_usd(self, use: Use, purchase: str) -> int:
        """Price of an hour of a machine.

        Raises:
            MissingPrice: the book does not sell it so.
        """
        offer = self._book.machine(use.place, use.service, use.meter)
        pico_usd = None if offer is None else offer.pico_usd_per_hour[PURCHASES.index(purchase)]
        if pico_usd is None:
            raise MissingPrice(f"{use.service} {use.meter} has no {purchase} price at {use.place}")
        return pico_usd

    def _schedule(self, use: Use) -> TierSchedule:
        key = (use.service, use.meter, use.place)
        if key not in self._schedules:
            found = self._book.schedule(service=use.service, meter=use.meter, place_id=use.place)
            if found is None:
                raise MissingPrice(f"{use.service} {use.meter} has no price at {use.place}")
            self._schedules[key] = found
        return self._schedules[key]

    def _transfer_pico_usd(self, place: str, to_place: str) -> int:
        key = (place, to_place)
        if key not in self._transfers:
            micro_usd_per_gb = int(self._book.transfer_micro_usd_per_gb([place, to_place])[0, 1])
            self._transfers[key] = micro_usd_per_gb * PICO_USD_PER_MICRO_USD
        return self._transfers[key]

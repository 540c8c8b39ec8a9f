"""The price book: list prices, places and round trips of one moment, immutable and content-addressed."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from decimal import Decimal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from optimizer.domain.place import Place
from optimizer.errors import InvalidPlace, MissingPrice, UnknownPlace
from optimizer.pricing.checks import check_tables, describe
from optimizer.pricing.columns import codes_of, decimal_usd, floats_of, frozen
from optimizer.pricing.errors import InvalidPriceRow
from optimizer.pricing.fingerprint import fingerprint
from optimizer.pricing.index import build_index
from optimizer.pricing.machines import MachineOffer, MachineOffers
from optimizer.pricing.names import CONFIDENCES, MACHINE_SERVICES, NOT_SOLD, PURCHASES, QUOTED_UNITS
from optimizer.pricing.roundtrip import complete, distances_km
from optimizer.pricing.scaling import PriceSelection, scaled_tables
from optimizer.pricing.tiers import TierSchedule
from optimizer.pricing.transfers import TransferMatrix, build_transfers
from optimizer.units import PICO_USD_PER_MICRO_USD


class PriceBook:
    """Immutable. Built once from five tables (``schema.TABLES``), all checked; a what-if makes another book.

    ``snapshot_id`` is the hash of the content, independent of row order: equal ids mean equal prices. ``places`` are
    all known places in the order of their ids.
    """

    __slots__ = (
        "_index", "_machine_rows", "_offers", "_place_index", "_round_trips", "_schedules",
        "_tables", "_transfers", "places", "snapshot_id",
    )  # fmt: skip

    def __init__(self, tables: Mapping[str, pa.Table]) -> None:
        """Check and index the tables.

        Raises:
            InvalidPriceBook: a table is missing or has other columns than its schema.
            InvalidPriceRow: a row breaks a rule; the error names it.
        """
        check_tables(tables)
        self._tables = dict(tables)
        self.places: tuple[Place, ...] = _places_of(tables["places"])
        place_ids = tuple(place.id for place in self.places)
        self._place_index = {place_id: index for index, place_id in enumerate(place_ids)}
        self._index = build_index(tables["rows"], place_ids)
        self._transfers: TransferMatrix = build_transfers(self._index, tables, self.places)
        self._round_trips = _round_trips_of(tables, place_ids)
        keys = zip(tables["machines"]["service"].to_pylist(), tables["machines"]["sku"].to_pylist(), strict=True)
        self._machine_rows = {key: row for row, key in enumerate(keys)}
        self._offers: dict[tuple[str, str], MachineOffers] = {}
        self._schedules: dict[tuple[str, str, str, str], TierSchedule | None] = {}
        self.snapshot_id: str = fingerprint(tables)

    def __repr__(self) -> str:
        return f"PriceBook({self.snapshot_id}, {self._tables['rows'].num_rows} rows, {len(self.places)} places)"

    def place(self, place_id: str) -> Place:
        """The place called ``place_id``.

        Raises:
            UnknownPlace: the book has no such place; the message names the nearest ids.
        """
        return self.places[self._place_indices([place_id])[0]]

    def schedule(self, *, service: str, meter: str, place_id: str, purchase: str = "on_demand") -> TierSchedule | None:
        """Prices of a meter at a place, or None where it is not priced: never zero, never the nearest place's.

        Bytes are quoted per 10^9 (``GB``, ``GB-month``). A commitment sold under several payment models is quoted
        without upfront payment if it is sold so, else with the smallest upfront part. What is free has a schedule of 0.

        Raises:
            ValueError: ``purchase`` is none of ``PURCHASES``.
        """
        if purchase not in PURCHASES:
            raise ValueError(f"unknown purchase term {purchase!r}; expected one of {list(PURCHASES)}")
        key = (service, meter, place_id, purchase)
        if key not in self._schedules:
            self._schedules[key] = self._schedule_of(*key)
        return self._schedules[key]

    def _schedule_of(self, service: str, meter: str, place_id: str, purchase: str) -> TierSchedule | None:
        found = self._index.positions(service=service, meter=meter, place_id=place_id, purchase=purchase)
        if len(found) == 0:
            return None
        row = int(self._index.row[found[0]])
        published_unit = self._text("unit", row)
        unit, units_per_published = QUOTED_UNITS[published_unit]
        pico_usd = self._index.pico_usd[found]
        return TierSchedule(
            unit=unit,
            minimum_quantity=frozen(self._index.tier_min[found] * units_per_published),
            pico_usd=frozen(np.rint(pico_usd / units_per_published).astype(np.int64)),
            confidence=CONFIDENCES[max(CONFIDENCES.index(self._text("confidence", int(row)))
                                       for row in self._index.row[found])],
            source=self._text("source", row),
            as_of_on=self._tables["rows"]["as_of_on"][row].as_py(),
            published_unit=published_unit,
            published_usd=tuple(decimal_usd(int(amount)) for amount in pico_usd),
        )  # fmt: skip

    def machines(self, place_id: str, service: str) -> MachineOffers:
        """Every machine size of a service at a place; empty where the service is not sold.

        Raises:
            UnknownPlace: the book has no such place.
            ValueError: ``service`` is none of ``MACHINE_SERVICES``.
        """
        if service not in MACHINE_SERVICES:
            raise ValueError(f"{service!r} does not hire out machines; expected one of {list(MACHINE_SERVICES)}")
        self._place_indices([place_id])
        key = (place_id, service)
        if key not in self._offers:
            self._offers[key] = self._offers_at(place_id, service)
        return self._offers[key]

    def machine(self, place_id: str, service: str, sku: str) -> MachineOffer | None:
        """One machine size at a place, or None when it is not sold there."""
        return self.machines(place_id, service).named(sku)

    def transfer_micro_usd_per_gb(self, place_ids: Sequence[str]) -> npt.NDArray[np.int64]:
        """Price of moving 10^9 bytes, int64 ``[from, to]``, in micro-USD.

        0 inside a place; the inter-region price between places of one provider; across providers the first tier of
        the sender's internet egress.

        Raises:
            UnknownPlace: the book has no such place.
            MissingPrice: a pair has no price; the message names it.
        """
        indices = self._place_indices(place_ids)
        pico_usd = self._transfers.pico_usd_per_gb[np.ix_(indices, indices)]
        missing = np.argwhere(pico_usd == NOT_SOLD)
        if len(missing):
            sender, receiver = (place_ids[index] for index in missing[0])
            raise MissingPrice(
                f"no transfer price from {sender} to {receiver} ({len(missing)} pairs lack one); "
                f"leave the place out of the candidates or add the row to the book"
            )
        rounded: npt.NDArray[np.int64] = np.rint(pico_usd / PICO_USD_PER_MICRO_USD).astype(np.int64)
        return rounded

    def transfer_confidence(self, place_ids: Sequence[str]) -> npt.NDArray[np.int8]:
        """Confidence of ``transfer_micro_usd_per_gb``: index of ``CONFIDENCES`` ``[from, to]``, -1 where unpriced."""
        indices = self._place_indices(place_ids)
        return self._transfers.confidence_code[np.ix_(indices, indices)]

    def rtt_ms(self, place_ids: Sequence[str]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
        """Average round trip in ms, float64 ``[from, to]``, and which of them are estimated (``roundtrip.complete``).

        Raises:
            UnknownPlace: the book has no such place.
        """
        indices = self._place_indices(place_ids)
        average_ms, estimated = self._round_trips
        return average_ms[np.ix_(indices, indices)], estimated[np.ix_(indices, indices)]

    def services_at(self, place_id: str) -> tuple[str, ...]:
        """Services with at least one price at a place, ascending.

        Raises:
            UnknownPlace: the book has no such place.
        """
        here = self._index.place == self._place_indices([place_id])[0]
        return tuple(self._index.services[code] for code in np.unique(self._index.service[here]))

    def rows(self) -> pa.Table:
        """Every price row (``schema.ROWS``), in the vendors' own units; shared, for Arrow tables are immutable."""
        return self._tables["rows"]

    def tables(self) -> Mapping[str, pa.Table]:
        """The five tables that this book was built from (``schema.TABLES``)."""
        return dict(self._tables)

    def scaled(
        self,
        *,
        ratio: Decimal,
        provider: str | None = None,
        service: str | None = None,
        place_id: str | None = None,
        meter_prefix: str | None = None,
    ) -> PriceBook:
        """A what-if book: prices that match every criterion given, times ``ratio`` (0.9 = ten percent off).

        Transfer between regions counts as service ``<provider>_transfer``, meter ``inter_region``, at the sender.

        Raises:
            ValueError: ``ratio`` is negative or not finite.
            NothingToScale: no price matches.
        """
        selection = PriceSelection(provider=provider, service=service, place_id=place_id, meter_prefix=meter_prefix)
        return PriceBook(scaled_tables(self._tables, selection, ratio))

    def _text(self, column: str, row: int) -> str:
        return str(self._tables["rows"][column][row].as_py())

    def _place_indices(self, place_ids: Sequence[str]) -> list[int]:
        try:
            return [self._place_index[place_id] for place_id in place_ids]
        except KeyError as error:
            asked = str(error.args[0])
            near = difflib.get_close_matches(asked, self._place_index, n=3, cutoff=0.5)
            hint = f"did you mean {' or '.join(near)}?" if near else f"the book knows {len(self.places)} places"
            raise UnknownPlace(f"unknown place {asked!r}; {hint}") from error

    def _offers_at(self, place_id: str, service: str) -> MachineOffers:
        firsts = self._index.firsts_at(service=service, place_id=place_id)
        meter_codes, sku_of = np.unique(self._index.meter[firsts], return_inverse=True)
        skus = [self._index.meters[code] for code in meter_codes]
        machine_rows = [self._machine_rows[service, sku] for sku in skus]
        shape = (len(skus), len(PURCHASES))
        pico_usd = np.full(shape, NOT_SOLD, dtype=np.int64)
        confidence = np.full(shape, NOT_SOLD, dtype=np.int8)
        purchase = self._index.purchase[firsts]
        pico_usd[sku_of, purchase] = self._index.pico_usd[firsts]
        rows = self._tables["rows"]["confidence"].take(self._index.row[firsts])
        confidence[sku_of, purchase] = codes_of(rows, CONFIDENCES)
        described = self._tables["machines"].take(np.array(machine_rows, dtype=np.int64))
        return MachineOffers(
            place_id=place_id,
            service=service,
            sku=frozen(np.array(described["sku"].to_pylist(), dtype=np.str_)),
            family=frozen(np.array(described["family"].to_pylist(), dtype=np.str_)),
            architecture=frozen(np.array(described["architecture"].to_pylist(), dtype=np.str_)),
            vcpu=frozen(floats_of(described["vcpu"]).copy()),
            memory_gib=frozen(floats_of(described["memory_gib"]).copy()),
            pico_usd_per_hour=frozen(pico_usd),
            confidence_code=frozen(confidence),
        )


def _places_of(table: pa.Table) -> tuple[Place, ...]:
    places: list[Place] = []
    for row, found in enumerate(table.to_pylist()):
        try:
            place = Place(
                id=found["place_id"],
                provider=found["provider"],
                region=found["region"],
                continent=found["continent"],
                jurisdictions=tuple(found["jurisdictions"]),
            )
        except InvalidPlace as error:
            described = describe(table, "places", row)
            raise InvalidPriceRow(str(error), table="places", row=row, described=described) from error
        places.append(place)
    return tuple(sorted(places, key=lambda place: place.id))


def _round_trips_of(
    tables: Mapping[str, pa.Table], place_ids: tuple[str, ...]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    places, round_trips = tables["places"], tables["round_trips"]
    order = pc.sort_indices(places, sort_keys=[("place_id", "ascending")])
    latitude = floats_of(places["latitude_degrees"].take(order))
    longitude = floats_of(places["longitude_degrees"].take(order))
    measured_ms = np.full((len(place_ids), len(place_ids)), np.nan)
    sender = codes_of(round_trips["from_place_id"], place_ids)
    receiver = codes_of(round_trips["to_place_id"], place_ids)
    measured_ms[sender, receiver] = floats_of(round_trips["average_ms"])
    return complete(measured_ms, distances_km(latitude, longitude))

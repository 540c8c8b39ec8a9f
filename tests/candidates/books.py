"""Small price books made by hand: every figure in a test can be checked on paper."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

import pyarrow as pa

from optimizer.pricing import STORAGE_TIERS, PriceBook
from optimizer.pricing.names import transfer_service
from optimizer.pricing.schema import TABLES

AS_OF_ON = date(2026, 10, 1)
EVIDENCE = {"source": "written for a test", "licence": "none"}

EAST, WEST, PARIS, IOWA = "aws:us-east-1", "azure:westus", "aws:eu-west-3", "gcp:us-central1"
PLACES = {
    EAST: ("aws", "us-east-1", "NA", ["US"], 38.9, -77.4),
    WEST: ("azure", "westus", "NA", ["US"], 37.8, -122.4),
    PARIS: ("aws", "eu-west-3", "EU", ["FR", "EU", "EEA"], 48.9, 2.4),
    IOWA: ("gcp", "us-central1", "NA", ["US"], 41.3, -95.9),
}
MANY = tuple(f"aws:us-test-{number}" for number in range(24))
PLACES |= {
    place_id: ("aws", place_id.removeprefix("aws:"), "NA", ["US"], 30.0 + number, -90.0)
    for number, place_id in enumerate(MANY)
}


@dataclass
class BookMaker:
    """Collects rows; ``book`` makes a price book of them. Amounts are decimal strings in USD."""

    rows: list[dict[str, object]] = field(default_factory=list)
    machine_rows: list[dict[str, object]] = field(default_factory=list)
    transfers: list[dict[str, object]] = field(default_factory=list)
    round_trips: list[dict[str, object]] = field(default_factory=list)
    place_ids: tuple[str, ...] = (EAST, WEST, PARIS, IOWA)

    def price(
        self,
        service: str,
        meter: str,
        place_id: str,
        usd: str,
        *,
        unit: str,
        purchase: str = "on_demand",
        confidence: str = "seen",
        tiers: Iterable[tuple[float, str]] = (),
    ) -> BookMaker:
        """One meter; ``tiers`` are further (begin, amount) after the first."""
        steps = [(0.0, usd), *tiers]
        ends = [begin for begin, _ in steps[1:]] + [None]
        for (begin, amount), end in zip(steps, ends, strict=True):
            self.rows.append(
                {
                    "provider": place_id.split(":")[0],
                    "service": service,
                    "sku_id": f"{service}/{meter}",
                    "sku_price_id": f"{service}/{meter}/{place_id}/{purchase}/{begin}",
                    "meter": meter,
                    "place_id": place_id,
                    "unit": unit,
                    "tier_min": begin,
                    "tier_max": end,
                    "unit_price": Decimal(amount),
                    "currency": "USD",
                    "purchase": purchase,
                    "payment_model": None,
                    "effective_start_on": AS_OF_ON,
                    "effective_end_on": None,
                    "as_of_on": AS_OF_ON,
                    "confidence": confidence,
                    **EVIDENCE,
                }
            )
        return self

    def machine(
        self, service: str, sku: str, place_id: str, vcpu: float, memory_gib: float, family: str = "general", **usd: str
    ) -> BookMaker:
        """One machine size with a price per purchase term named in ``usd``."""
        known = {(row["service"], row["sku"]) for row in self.machine_rows}
        if (service, sku) not in known:
            self.machine_rows.append(
                {
                    "provider": place_id.split(":")[0],
                    "service": service,
                    "sku": sku,
                    "family": family,
                    "vcpu": vcpu,
                    "memory_gib": memory_gib,
                    "architecture": "arm64" if sku.startswith("m6g") else "x86_64",
                    **EVIDENCE,
                }
            )
        for purchase, amount in usd.items():
            self.price(service, sku, place_id, amount, unit="hour", purchase=purchase)
        return self

    def storage_tier(
        self,
        service: str,
        tier: str,
        place_id: str,
        *,
        storage: str,
        put: str,
        get: str,
        retrieval: str | None = None,
        transition: str | None = None,
    ) -> BookMaker:
        """A storage tier: amounts per GB-month, request, GB."""
        assert (service, tier) in STORAGE_TIERS
        self.price(service, f"storage.{tier}", place_id, storage, unit="GB-month")
        self.price(service, f"put.{tier}", place_id, put, unit="request")
        self.price(service, f"get.{tier}", place_id, get, unit="request")
        if retrieval is not None:
            self.price(service, f"retrieval.{tier}", place_id, retrieval, unit="GB")
        if transition is not None:
            self.price(service, f"transition.{tier}", place_id, transition, unit="request")
        return self

    def internet(self, usd: str, *place_ids: str) -> BookMaker:
        """Egress from places to other providers, per GB."""
        for place_id in place_ids:
            self.price(transfer_service(place_id.split(":")[0]), "internet", place_id, usd, unit="GB")
        return self

    def inter_region(self, one: str, other: str, usd: str) -> BookMaker:
        """Transfer between two places of a provider, both ways, per GB."""
        for sender, receiver in ((one, other), (other, one)):
            self.transfers.append(
                {
                    "from_place_id": sender,
                    "to_place_id": receiver,
                    "unit": "GB",
                    "unit_price": Decimal(usd),
                    "as_of_on": AS_OF_ON,
                    "confidence": "seen",
                    **EVIDENCE,
                }
            )
        return self

    def round_trip(self, one: str, other: str, average_ms: float) -> BookMaker:
        """A measured round trip, both ways."""
        for sender, receiver in ((one, other), (other, one)):
            self.round_trips.append(
                {
                    "from_place_id": sender,
                    "to_place_id": receiver,
                    "average_ms": average_ms,
                    "as_of_on": AS_OF_ON,
                    **EVIDENCE,
                }
            )
        return self

    def book(self) -> PriceBook:
        """The price book of everything collected."""
        places = [
            {
                "place_id": place_id,
                "provider": provider,
                "region": region,
                "continent": continent,
                "jurisdictions": jurisdictions,
                "city": region,
                "latitude_degrees": latitude,
                "longitude_degrees": longitude,
                "as_of_on": AS_OF_ON,
                **EVIDENCE,
            }
            for place_id in self.place_ids
            for provider, region, continent, jurisdictions, latitude, longitude in [PLACES[place_id]]
        ]
        rows = {
            "rows": self.rows,
            "machines": self.machine_rows,
            "transfers": self.transfers,
            "round_trips": self.round_trips,
            "places": places,
        }
        return PriceBook({name: pa.Table.from_pylist(rows[name], schema=schema) for name, schema in TABLES.items()})


def book_with_transfer() -> BookMaker:
    """All four places; to other providers 0.09 USD a GB from AWS, 0.08 and 0.12 from the others; 0.02 inside AWS."""
    return (
        BookMaker()
        .internet("0.09", EAST, PARIS)
        .internet("0.08", WEST)
        .internet("0.12", IOWA)
        .inter_region(EAST, PARIS, "0.02")
    )


def add_machines(maker: BookMaker) -> BookMaker:
    """Three sizes at each of EAST and WEST, one at PARIS; westus is cheaper, sells no spot and no commitments."""
    for sku, vcpu, memory_gib, usd in (
        ("m5.xlarge", 4, 16, 0.2),
        ("m5.2xlarge", 8, 32, 0.4),
        ("m5.4xlarge", 16, 64, 0.8),
    ):
        maker.machine(
            "aws_ec2",
            sku,
            EAST,
            vcpu,
            memory_gib,
            on_demand=f"{usd:.4f}",
            spot=f"{usd * 0.4:.4f}",
            committed_1y=f"{usd * 0.6:.4f}",
        )
    maker.machine("aws_ec2", "m5.4xlarge", PARIS, 16, 64, on_demand="0.9")
    maker.machine("aws_ec2", "m6g.xlarge", EAST, 4, 16, on_demand="0.1")
    maker.machine("azure_vm", "D4s_v5", WEST, 4, 16, on_demand="0.15")
    maker.machine("azure_vm", "D8s_v5", WEST, 8, 32, on_demand="0.3")
    return maker


def add_storage(maker: BookMaker) -> BookMaker:
    """S3 with four tiers at EAST and two at PARIS, Blob with two at WEST."""
    maker.storage_tier("aws_s3", "standard", EAST, storage="0.02", put="0.000005", get="0.0000004")
    maker.storage_tier(
        "aws_s3",
        "standard_ia",
        EAST,
        storage="0.0125",
        put="0.00001",
        get="0.000001",
        retrieval="0.01",
        transition="0.00001",
    )
    maker.storage_tier(
        "aws_s3",
        "glacier_ir",
        EAST,
        storage="0.004",
        put="0.00002",
        get="0.00001",
        retrieval="0.03",
        transition="0.00002",
    )
    maker.storage_tier(
        "aws_s3",
        "deep_archive",
        EAST,
        storage="0.001",
        put="0.00005",
        get="0.0000004",
        retrieval="0.02",
        transition="0.00005",
    )
    maker.storage_tier("aws_s3", "standard", PARIS, storage="0.03", put="0.000005", get="0.0000004")
    maker.storage_tier(
        "aws_s3",
        "glacier_ir",
        PARIS,
        storage="0.005",
        put="0.00002",
        get="0.00001",
        retrieval="0.03",
        transition="0.00002",
    )
    maker.storage_tier("azure_blob", "hot", WEST, storage="0.018", put="0.000005", get="0.0000004")
    maker.storage_tier(
        "azure_blob",
        "cool",
        WEST,
        storage="0.01",
        put="0.00001",
        get="0.000001",
        retrieval="0.01",
        transition="0.00001",
    )
    return maker

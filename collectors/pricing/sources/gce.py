"""Compute Engine: on-demand, spot and committed use, as published by region."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Final

from collectors.pricing.sources.drafts import APACHE, DraftMachine, DraftPrice, Drafts, Origin, rounded
from collectors.pricing.sources.machines import family_by_memory
from collectors.pricing.sources.price_index import RegionalIndex
from collectors.pricing.sources.reading import csv_rows
from optimizer.units import HOURS_PER_MONTH

SERVICE: Final = "gcp_gce"
ORIGIN: Final = Origin(source="Compute Engine list 2026-07-30 (gcosts)", as_of_on=date(2026, 7, 30), licence=APACHE)
_ARM_SERIES: Final = frozenset({"c4a", "n4a", "t2a"})


def read_gce(source: Path, drafts: Drafts) -> RegionalIndex:
    """All Compute Engine rows; returns the price index of Google Cloud regions.

    The table's month column includes sustained-use discount and is not used. Its committed columns are a month of 730
    hours under a commitment, so an hour is a derived figure.
    """
    prices: dict[tuple[str, str], Decimal] = {}
    columns = ("machine_type", "vcpu", "ram_gib", "region", "hour", "hour_spot", "month_1y", "month_3y")
    for row in csv_rows(source / "prices/gcp_cyclenerd/gce_vm_prices_subset.csv", columns):
        if not row["hour"]:
            drafts.reject(ORIGIN.source, "no on-demand price")
            continue
        prices[row["region"], row["machine_type"]] = Decimal(row["hour"])
        _keep_machine(drafts, row)
        _sell(drafts, row)
    return RegionalIndex("gcp", prices)


def _keep_machine(drafts: Drafts, row: dict[str, str]) -> None:
    sku, vcpu, memory_gib = row["machine_type"], float(row["vcpu"]), float(row["ram_gib"])
    drafts.machines[SERVICE, sku] = DraftMachine(
        service=SERVICE,
        sku=sku,
        family=family_by_memory(memory_gib / vcpu),
        architecture="arm64" if sku.partition("-")[0] in _ARM_SERIES else "x86_64",
        vcpu=vcpu,
        memory_gib=memory_gib,
        source=ORIGIN.source,
        licence=ORIGIN.licence,
    )


def _sell(drafts: Drafts, row: dict[str, str]) -> None:
    hours = Decimal(HOURS_PER_MONTH)
    committed = ORIGIN.but(source=f"{ORIGIN.source}; committed month / 730 h", confidence="derived")
    offers = (
        ("on_demand", None, row["hour"] and Decimal(row["hour"]), ORIGIN),
        ("spot", None, row["hour_spot"] and Decimal(row["hour_spot"]), ORIGIN),
        ("committed_1y", "no_upfront", row["month_1y"] and Decimal(row["month_1y"]) / hours, committed),
        ("committed_3y", "no_upfront", row["month_3y"] and Decimal(row["month_3y"]) / hours, committed),
    )
    for purchase, payment_model, usd, origin in offers:
        if isinstance(usd, Decimal):
            drafts.price(
                DraftPrice(
                    service=SERVICE,
                    meter=row["machine_type"],
                    place_id=f"gcp:{row['region']}",
                    unit="hour",
                    usd=rounded(usd),
                    purchase=purchase,
                    payment_model=payment_model,
                    origin=origin,
                )
            )

"""Azure Virtual Machines: on-demand Linux, spot where seen, reservations by a weak ratio."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Final

from collectors.pricing.sources.drafts import APACHE, MIT, DraftPrice, Drafts, Origin, rounded
from collectors.pricing.sources.machines import Specifications, azure_family
from collectors.pricing.sources.price_index import RegionalIndex
from collectors.pricing.sources.reading import csv_rows, json_document

SERVICE: Final = "azure_vm"
ON_DEMAND: Final = Origin(
    source="Azure VM Linux list 2026-06-18 (Retail Prices API)", as_of_on=date(2026, 6, 18), licence=APACHE
)
SPOT: Final = Origin(source="Azure spot eastus 2026-09-06", as_of_on=date(2026, 9, 6), licence=MIT)

RESERVATION_RATIOS: Final = {"committed_1y": Decimal("0.66"), "committed_3y": Decimal("0.45")}
"""No reservation price of Azure was seen. These are the no-upfront ratios of AWS m6a and m6i (0.6615 and 0.4536), since
the two vendors price the same processors within a few percent of each other and Azure advertises 30-40 % off for one
year and 55-65 % for three; every row made with them is ``low``."""
_RESERVATION_SOURCE: Final = "no Azure reservation price seen; on-demand x ratio assumed from AWS reserved rates"


def read_azure_vm(source: Path, drafts: Drafts, specifications: Specifications) -> RegionalIndex:
    """All Azure machine rows; returns the price index of Azure regions."""
    folder = source / "prices/azure_vm"
    suspects = {(row["region"], row["vm_size"]) for row in csv_rows(folder / "suspect_rows.csv", ("region", "vm_size"))}
    prices: dict[tuple[str, str], Decimal] = {}
    columns = ("region", "vm_size", "usd_per_hour")
    for row in csv_rows(folder / "azure_vm_ondemand_linux_subset.csv", columns):
        region, sku = row["region"], row["vm_size"]
        if not Decimal(row["usd_per_hour"]):
            drafts.reject(ON_DEMAND.source, "listed at zero")
        elif (region, sku) in suspects:
            drafts.reject(ON_DEMAND.source, "Windows price listed as Linux")
        elif _known(drafts, specifications, sku):
            prices[region, sku] = Decimal(row["usd_per_hour"])
    for (region, sku), usd in prices.items():
        _sell(drafts, f"azure:{region}", sku, usd)
    _read_spot(source, drafts)
    return RegionalIndex("azure", {key: usd for key, usd in prices.items() if has_intel(key[1])})


def has_intel(sku: str) -> bool:
    """Whether a size runs on Intel: neither ``a`` (AMD) nor ``p`` (Arm) among the letters after its number.

    >>> [has_intel(f"Standard_{name}") for name in ("D4s_v5", "E8ds_v6", "D4as_v5", "D4pls_v6")]
    [True, True, False, False]
    """
    features = sku.removeprefix("Standard_")[1:].partition("_")[0].lstrip("0123456789")
    return not set(features) & {"a", "p"}


def _known(drafts: Drafts, specifications: Specifications, sku: str) -> bool:
    if (SERVICE, sku) in drafts.machines:
        return True
    family = azure_family(sku)
    machine = specifications.find("azure", SERVICE, sku, family) if family else None
    if machine is None:
        reason = "capacities unknown" if family else "family not carried (only D, E, F without constrained vCPU)"
        drafts.reject(ON_DEMAND.source, reason)
        return False
    drafts.machines[SERVICE, sku] = machine
    return True


def _sell(drafts: Drafts, place_id: str, sku: str, usd: Decimal) -> None:
    drafts.price(DraftPrice(service=SERVICE, meter=sku, place_id=place_id, unit="hour", usd=usd, origin=ON_DEMAND))
    for purchase, ratio in RESERVATION_RATIOS.items():
        drafts.price(
            DraftPrice(
                service=SERVICE,
                meter=sku,
                place_id=place_id,
                unit="hour",
                usd=rounded(usd * ratio),
                purchase=purchase,
                payment_model="no_upfront",
                origin=ON_DEMAND.but(source=_RESERVATION_SOURCE, confidence="low"),
            )
        )


def _read_spot(source: Path, drafts: Drafts) -> None:
    for machine in json_document(source / "prices/spot/prices.json")["azure"]["instances"]:
        sku, usd = f"Standard_{machine['sku']}", machine.get("spot_hourly_usd")
        if usd is None or (SERVICE, sku) not in drafts.machines:
            drafts.reject(SPOT.source, "no spot price" if usd is None else "family not carried (only D, E, F)")
            continue
        drafts.price(
            DraftPrice(
                service=SERVICE,
                meter=sku,
                place_id="azure:eastus",
                unit="hour",
                usd=usd,
                purchase="spot",
                origin=SPOT,
            )
        )

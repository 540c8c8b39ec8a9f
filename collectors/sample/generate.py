"""Writes the sample estate: three months of bills of five vendors, and the inventory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Final

import pyarrow as pa

from collectors.focus.write import write_focus
from collectors.inventory.rows import DatasetRow, WorkloadRow
from collectors.inventory.write import write_inventory
from collectors.sample.activity import MONTHS
from collectors.sample.amounts import NANO_DIGITS
from collectors.sample.bills import usage_rows, usage_table
from collectors.sample.calendar import BillingMonth, billing_months
from collectors.sample.causes import CAUSES
from collectors.sample.contracts import VENDORS, Vendor
from collectors.sample.lines import Line
from collectors.sample.listing import inventory_of
from collectors.sample.parts import Platform
from collectors.sample.platform import build_platform
from collectors.sample.sundries import sundry_charges, sundry_table
from collectors.sample.usage import platform_lines
from optimizer.pricing.book import PriceBook
from optimizer.units import MONTHS_PER_YEAR

FIRST_MONTH: Final = date(2026, 8, 1)
_CENT: Final = Decimal("0.01")


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleManifest:
    """What was written. ``annual_usd`` is effective cost by vendor: the months written, times twelve over their number.

    ``bills`` are the files of ``bills/``, ``inventory`` the folder beside them. ``counts`` has workloads, datasets,
    rows, stored terabytes and the like; ``causes`` how many things show each cause of waste (``causes.CAUSES``).
    """

    folder: Path
    bills: tuple[Path, ...]
    inventory: Path
    as_of_on: date
    annual_usd: Mapping[str, Decimal]
    counts: Mapping[str, int]
    causes: Mapping[str, int]

    @property
    def files(self) -> tuple[Path, ...]:
        """Every file, bills first."""
        return (*self.bills, *sorted(self.inventory.iterdir()))

    @property
    def total_annual_usd(self) -> Decimal:
        """Annual effective cost of all vendors."""
        return sum(self.annual_usd.values(), Decimal(0))


def write_sample_estate(
    folder: Path, *, prices: PriceBook, seed: int = 7, scale: float = 1.0, first_month: date = FIRST_MONTH
) -> SampleManifest:
    """Write ``bills/<vendor>/<month>`` and ``inventory/`` below ``folder``; the same bytes for the same arguments.

    ``scale`` is the size against the reference platform (1.0: about 8.2 million dollars a year and 1.2 PB); numbers of
    workloads and datasets and the volume of work grow with it.

    Raises:
        ValueError: ``scale`` is not positive or ``first_month`` is not the first day of a month.
        MissingPrice: the book lacks a price that the estate needs.
    """
    months = billing_months(first_month)
    platform = build_platform(prices, seed=seed, scale=scale, as_of_on=months[-1].ends_on)
    lines = platform_lines(platform, prices)
    bills: list[Path] = []
    effective_nano_usd: Counter[str] = Counter()
    row_count = 0
    for vendor in VENDORS.values():
        own = [line for line in lines if line.vendor == vendor.id]
        target = folder / "bills" / vendor.id
        target.mkdir(parents=True, exist_ok=True)
        for position, month in enumerate(months):
            path = target / f"{month.name}{vendor.suffix}"
            table, month_nano_usd = _month_bill(vendor, own, month, position)
            write_focus(table, path, version=vendor.focus_version)
            bills.append(path)
            effective_nano_usd[vendor.id] += month_nano_usd
            row_count += table.num_rows
    write_inventory(inventory_of(platform, prices), folder / "inventory")
    return SampleManifest(
        folder=folder,
        bills=tuple(bills),
        inventory=folder / "inventory",
        as_of_on=months[-1].ends_on,
        annual_usd={vendor: _annual_usd(amount) for vendor, amount in effective_nano_usd.items()},
        counts=_counts(platform) | {"rows": row_count},
        causes=causes_shown(platform),
    )


def _month_bill(vendor: Vendor, lines: list[Line], month: BillingMonth, position: int) -> tuple[pa.Table, int]:
    """All rows of a vendor's month, and their effective cost in billionths of a dollar."""
    rows = usage_rows(lines, month)
    usage = usage_table(lines, rows, month, vendor)
    usage = usage.append_column("ChargeClass", pa.nulls(usage.num_rows, pa.string()))
    charges = list(sundry_charges(vendor, lines, rows, month, position))
    sundry = sundry_table(charges, month, vendor, usage.schema)
    amount = int(rows.effective_nano_usd.sum()) + sum(charge.effective_nano_usd for charge in charges)
    return pa.concat_tables([usage, sundry]), amount


def _annual_usd(nano_usd: int) -> Decimal:
    return (Decimal(nano_usd).scaleb(-NANO_DIGITS) * MONTHS_PER_YEAR / MONTHS).quantize(_CENT)


def _counts(platform: Platform) -> dict[str, int]:
    listed = [workload for workload in platform.workloads if workload.listed]
    rows: list[WorkloadRow | DatasetRow] = [
        *(workload.row for workload in listed),
        *(dataset.row for dataset in platform.datasets),
    ]
    return {
        "workloads": len(listed),
        "unlisted_workloads": len(platform.workloads) - len(listed),
        "datasets": len(platform.datasets),
        "recovery_copies": sum(dataset.row.replica_of is not None for dataset in platform.datasets),
        "lineage": len(platform.edges),
        "commitments": len(platform.commitments),
        "places": len({row.place for row in rows}),
        "business_units": len({row.business_unit for row in rows}),
        "jurisdictions": len({row.jurisdiction for row in rows}),
        "stored_gb": round(sum(dataset.stored_gb for dataset in platform.datasets)),
    }


def causes_shown(platform: Platform) -> dict[str, int]:
    """For each cause of waste, how many workloads and datasets show it."""
    shown = Counter(cause for workload in platform.workloads for cause in workload.causes)
    shown.update(cause for dataset in platform.datasets for cause in dataset.causes)
    return {cause: shown[cause] for cause in CAUSES}

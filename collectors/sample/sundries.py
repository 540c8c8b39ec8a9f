"""Charges beside usage: commitments bought, support, tax, a credit, a correction, a purchase from the marketplace."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

import numpy as np
import pyarrow as pa

from collectors.sample.amounts import NANO_DIGITS, NANO_PER_UNIT, decimals, nano_usd
from collectors.sample.bills import TIME, UsageRows, constant_columns, midnight
from collectors.sample.calendar import BillingMonth
from collectors.sample.contracts import HOST_NAMES, Vendor
from collectors.sample.geography import region_of
from collectors.sample.lines import Line

TAX_RATIO: Final = Decimal("0.008")
"""The part of VAT and GST that a bank cannot recover and that vendors charge on the bill itself; most supplies are
reverse-charged and never show here."""
MIGRATION_CREDIT_USD: Final = Decimal("2500")
"""One instalment of a vendor's migration programme."""
MARKETPLACE_USD: Final = Decimal("4200")
"""A quarter of an observability tool bought through a cloud's marketplace."""
CORRECTED_HOURS: Final = 12
"""An outage of a machine that the vendor took off a month later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """One row that is no metered usage. ``begins_on`` and ``ends_on`` bound its charge period, the end exclusive."""

    category: str
    description: str
    service_name: str
    service_category: str
    service_subcategory: str
    begins_on: date
    ends_on: date
    billed_nano_usd: int
    effective_nano_usd: int
    charge_class: str | None = None
    frequency: str = "One-Time"
    commitment_id: str | None = None
    commitment_type: str | None = None
    resource: Line | None = None


def sundry_charges(
    vendor: Vendor, lines: Sequence[Line], rows: UsageRows, month: BillingMonth, position: int
) -> Iterator[Charge]:
    """Charges of the month at ``position`` (0 the first)."""
    yield from _commitment_purchases(vendor, lines, rows, month)
    effective_nano_usd = int(rows.effective_nano_usd.sum())
    for category, ratio in (("Support", vendor.support_ratio), ("Tax", TAX_RATIO)):
        if ratio:
            amount_nano_usd = int(effective_nano_usd * ratio)
            yield Charge(
                category="Tax" if category == "Tax" else "Usage",
                description=f"{vendor.provider_name} {category.lower()} {month.name}",
                service_name=f"{vendor.provider_name} {category}",
                service_category="Other" if category == "Tax" else "Management and Governance",
                service_subcategory="Other (Other)" if category == "Tax" else "Support",
                begins_on=month.begins_on, ends_on=month.ends_on, frequency="Recurring",
                billed_nano_usd=amount_nano_usd, effective_nano_usd=amount_nano_usd,
            )  # fmt: skip
    if vendor.id == "aws" and position == 1:
        yield _one_off("Credit", "Migration programme credit", "AWS Migration", "Migration", "Resource Migration",
                       -MIGRATION_CREDIT_USD, month)  # fmt: skip
    if vendor.id == "aws" and position == 2:
        yield _one_off("Purchase", "Observability tool, quarterly subscription", "AWS Marketplace",
                       "Management and Governance", "Observability", MARKETPLACE_USD, month)  # fmt: skip
    if vendor.id == "azure" and position == 1:
        yield from _correction(lines, month)


def _one_off(
    category: str, description: str, service: str, service_category: str, subcategory: str, amount_usd: Decimal,
    month: BillingMonth,
) -> Charge:  # fmt: skip
    amount_nano_usd = int(amount_usd * NANO_PER_UNIT)
    return Charge(
        category=category, description=description, service_name=service, service_category=service_category,
        service_subcategory=subcategory, begins_on=month.begins_on, ends_on=month.ends_on,
        billed_nano_usd=amount_nano_usd, effective_nano_usd=amount_nano_usd,
    )  # fmt: skip


def _commitment_purchases(
    vendor: Vendor, lines: Sequence[Line], rows: UsageRows, month: BillingMonth
) -> Iterator[Charge]:
    """One instalment per commitment: what its used and unused hours of the month are worth, billed, not effective."""
    ids = sorted({line.commitment_id for line in lines if line.commitment_id is not None})
    owner = np.array([ids.index(line.commitment_id) if line.commitment_id else -1 for line in lines], dtype=np.int64)
    for position, commitment_id in enumerate(ids):
        worth_nano_usd = int(rows.effective_nano_usd[owner[rows.line] == position].sum())
        resource = next(line for line in lines if line.commitment_id == commitment_id)
        yield Charge(
            category="Purchase", description=f"{vendor.commitment_type} {commitment_id}, monthly instalment",
            service_name=resource.name.service_name, service_category=resource.name.category,
            service_subcategory=resource.name.subcategory, begins_on=month.begins_on, ends_on=month.ends_on,
            billed_nano_usd=worth_nano_usd, effective_nano_usd=0, frequency="Recurring",
            commitment_id=commitment_id, commitment_type=vendor.commitment_type,
        )  # fmt: skip


def _correction(lines: Sequence[Line], month: BillingMonth) -> Iterator[Charge]:
    """Hours of a machine in the month before, taken off at what they had cost."""
    for line in lines:
        if line.unit == "hour" and line.commitment_id is None and line.resource_id is not None:
            quantity_nano = np.array([CORRECTED_HOURS * NANO_PER_UNIT])
            amount_nano_usd = -int(nano_usd(quantity_nano, np.array([line.contracted_pico_usd]))[0])
            day_before = month.begins_on - timedelta(days=10)
            yield Charge(
                category="Usage", charge_class="Correction", description=line.name.description,
                service_name=line.name.service_name, service_category=line.name.category,
                service_subcategory=line.name.subcategory, begins_on=day_before,
                ends_on=day_before + timedelta(days=1), billed_nano_usd=amount_nano_usd,
                effective_nano_usd=amount_nano_usd, frequency="Usage-Based", resource=line,
            )  # fmt: skip
            return


def sundry_table(charges: Sequence[Charge], month: BillingMonth, vendor: Vendor, schema: pa.Schema) -> pa.Table:
    """The charges under the names of FOCUS 1.4, in the columns of ``schema``; quantities and unit prices are empty."""
    columns: dict[str, list[str | None]] = {
        "ChargeCategory": [charge.category for charge in charges],
        "ChargeClass": [charge.charge_class for charge in charges],
        "ChargeDescription": [charge.description for charge in charges],
        "ChargeFrequency": [charge.frequency for charge in charges],
        "CommitmentDiscountCategory": ["Usage" if charge.commitment_id else None for charge in charges],
        "CommitmentDiscountId": [charge.commitment_id for charge in charges],
        "CommitmentDiscountName": [charge.commitment_id for charge in charges],
        "CommitmentDiscountType": [charge.commitment_type for charge in charges],
        "ServiceCategory": [charge.service_category for charge in charges],
        "ServiceName": [charge.service_name for charge in charges],
        "ServiceSubcategory": [charge.service_subcategory for charge in charges],
    }
    arrays: dict[str, pa.Array[Any]] = {name: pa.array(texts, pa.string()) for name, texts in columns.items()}
    arrays |= _resource_columns(charges, vendor)
    arrays |= {
        "ChargePeriodStart": pa.array([midnight(charge.begins_on) for charge in charges], TIME),
        "ChargePeriodEnd": pa.array([midnight(charge.ends_on) for charge in charges], TIME),
    }
    billed = decimals(np.array([charge.billed_nano_usd for charge in charges], dtype=np.int64), NANO_DIGITS)
    effective = decimals(np.array([charge.effective_nano_usd for charge in charges], dtype=np.int64), NANO_DIGITS)
    arrays |= {"BilledCost": billed, "ListCost": billed, "ContractedCost": billed}
    arrays |= {"EffectiveCost": effective, "PricingCurrencyEffectiveCost": effective}
    arrays |= constant_columns(vendor, month, len(charges))
    nulls = {field.name: pa.nulls(len(charges), field.type) for field in schema if field.name not in arrays}
    return pa.table(arrays | nulls).select(schema.names)


def _resource_columns(charges: Sequence[Charge], vendor: Vendor) -> dict[str, pa.Array[Any]]:
    resources = [charge.resource for charge in charges]
    host = HOST_NAMES.get(vendor.id, vendor.provider_name)
    columns: dict[str, list[str | None]] = {
        "HostProviderName": [host] * len(charges),
        "RegionId": [None if line is None else region_of(line.place) for line in resources],
        "RegionName": [None if line is None else region_of(line.place) for line in resources],
        "ResourceId": [None if line is None else line.resource_id for line in resources],
        "ResourceName": [None if line is None else line.resource_name for line in resources],
        "SubAccountId": [None if line is None else line.sub_account_id for line in resources],
        "SubAccountName": [None if line is None else line.sub_account_name for line in resources],
        "SkuId": [None if line is None else line.sku_id for line in resources],
        "SkuMeter": [None if line is None else line.name.sku_meter for line in resources],
        "Tags": [None if line is None else line.tags for line in resources],
    }
    return {name: pa.array(texts, pa.string()) for name, texts in columns.items()}

"""A vendor's usage of a month as FOCUS rows: one a day for every line that was used that day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from collectors.sample.amounts import NANO_DIGITS, NANO_PER_UNIT, PICO_DIGITS, Integers, decimals, nano_usd
from collectors.sample.calendar import RHYTHMS, BillingMonth
from collectors.sample.contracts import HOST_NAMES, VENDORS, Vendor
from collectors.sample.geography import region_of
from collectors.sample.lines import Line

TIME: Final = pa.timestamp("us", tz="UTC")
PRICING_UNITS: Final = {
    "GB-month": "GB-Months",
    "GB": "GB",
    "request": "Requests",
    "hour": "Hours",
    "credit": "Credits",
    "DBU": "DBUs",
    "DPU-hour": "DPU-Hours",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageRows:
    """Numbers of a month's rows, each int64 ``[row]``. ``line`` and ``day`` say what and when a row is about."""

    line: Integers
    day: Integers
    quantity_nano: Integers
    list_nano_usd: Integers
    contracted_nano_usd: Integers
    effective_nano_usd: Integers
    billed_nano_usd: Integers


def usage_rows(lines: Sequence[Line], month: BillingMonth) -> UsageRows:
    """Each line's quantity spread over the days of the month and priced; days without use have no row."""
    rhythm = np.array([RHYTHMS.index(line.rhythm) for line in lines], dtype=np.intp)
    quantity = np.array([line.quantity for line in lines], dtype=np.float64)
    quantity_nano = np.rint(quantity[:, None] * month.day_ratio[rhythm] * NANO_PER_UNIT).astype(np.int64)
    line_index, day_index = np.nonzero(quantity_nano)
    used = quantity_nano[line_index, day_index]
    list_pico, contracted_pico, effective_pico = (
        np.array([getattr(line, f"{kind}_pico_usd") for line in lines], dtype=np.int64)[line_index]
        for kind in ("list", "contracted", "effective")
    )
    contracted = nano_usd(used, contracted_pico)
    committed = np.array([line.commitment_id is not None for line in lines])[line_index]
    return UsageRows(
        line=line_index.astype(np.int64),
        day=day_index.astype(np.int64),
        quantity_nano=used,
        list_nano_usd=nano_usd(used, list_pico),
        contracted_nano_usd=contracted,
        effective_nano_usd=nano_usd(used, effective_pico),
        billed_nano_usd=np.where(committed, 0, contracted),  # the commitment itself is what is billed
    )


def usage_table(lines: Sequence[Line], rows: UsageRows, month: BillingMonth, vendor: Vendor) -> pa.Table:
    """The rows under the names of FOCUS 1.4."""
    columns = _line_columns(lines)
    at = pa.array(rows.line, pa.int64())
    arrays: dict[str, pa.Array[Any]] = {name: pa.array(texts, pa.string()).take(at) for name, texts in columns.items()}
    arrays |= _day_columns(rows, month)
    arrays |= _amount_columns(lines, rows)
    return pa.table(arrays | constant_columns(vendor, month, len(rows.line)))


def constant_columns(vendor: Vendor, month: BillingMonth, count: int) -> dict[str, pa.Array[Any]]:
    """What is the same on every row of a bill."""
    texts = {
        "BillingAccountId": vendor.account_id,
        "BillingAccountName": "Bank group",
        "BillingAccountType": vendor.account_type,
        "BillingCurrency": "USD",
        "PricingCurrency": "USD",
        "InvoiceId": f"{vendor.id}-{month.name}",
        "InvoiceIssuerName": vendor.provider_name,
        "ServiceProviderName": vendor.provider_name,
        "SubAccountType": vendor.sub_account_type,
    }
    arrays: dict[str, pa.Array[Any]] = {
        name: pa.repeat(pa.scalar(text, pa.string()), count) for name, text in texts.items()
    }
    arrays["BillingPeriodStart"] = pa.repeat(pa.scalar(midnight(month.begins_on), TIME), count)
    arrays["BillingPeriodEnd"] = pa.repeat(pa.scalar(midnight(month.ends_on), TIME), count)
    return arrays


def midnight(on: date) -> datetime:
    """The first instant of a day, UTC."""
    return datetime.combine(on, time(), UTC)


def _line_columns(lines: Sequence[Line]) -> dict[str, list[str | None]]:
    units = [PRICING_UNITS[line.unit] for line in lines]
    kinds = [VENDORS[line.vendor].commitment_type if line.commitment_id else None for line in lines]
    return {
        "ChargeCategory": ["Usage"] * len(lines),
        "ChargeDescription": [line.name.description for line in lines],
        "ChargeFrequency": ["Usage-Based"] * len(lines),
        "CommitmentDiscountCategory": ["Usage" if line.commitment_id else None for line in lines],
        "CommitmentDiscountId": [line.commitment_id for line in lines],
        "CommitmentDiscountName": [line.commitment_id for line in lines],
        "CommitmentDiscountStatus": [line.commitment_status for line in lines],
        "CommitmentDiscountType": kinds,
        "CommitmentDiscountUnit": ["Hours" if line.commitment_id else None for line in lines],
        "ConsumedUnit": [
            None if line.commitment_status == "Unused" else unit for line, unit in zip(lines, units, strict=True)
        ],
        "HostProviderName": [HOST_NAMES[line.host] for line in lines],
        "PricingCategory": [line.pricing_category for line in lines],
        "PricingUnit": list(units),
        "RegionId": [region_of(line.place) for line in lines],
        "RegionName": [region_of(line.place) for line in lines],
        "ResourceId": [line.resource_id for line in lines],
        "ResourceName": [line.resource_name for line in lines],
        "ResourceType": [line.name.resource_type if line.resource_id else None for line in lines],
        "ServiceCategory": [line.name.category for line in lines],
        "ServiceName": [line.name.service_name for line in lines],
        "ServiceSubcategory": [line.name.subcategory for line in lines],
        "SkuId": [line.sku_id for line in lines],
        "SkuMeter": [line.name.sku_meter for line in lines],
        "SkuPriceId": [line.sku_price_id for line in lines],
        "SubAccountId": [line.sub_account_id for line in lines],
        "SubAccountName": [line.sub_account_name for line in lines],
        "Tags": [line.tags for line in lines],
    }


def _day_columns(rows: UsageRows, month: BillingMonth) -> dict[str, pa.Array[Any]]:
    at = pa.array(rows.day, pa.int64())
    starts = pa.array([midnight(day) for day in month.days], TIME)
    ends = pa.array([midnight(day + timedelta(days=1)) for day in month.days], TIME)
    return {"ChargePeriodStart": starts.take(at), "ChargePeriodEnd": ends.take(at)}


def _amount_columns(lines: Sequence[Line], rows: UsageRows) -> dict[str, pa.Array[Any]]:
    list_pico = np.array([line.list_pico_usd for line in lines], dtype=np.int64)[rows.line]
    contracted_pico = np.array([line.contracted_pico_usd for line in lines], dtype=np.int64)[rows.line]
    quantity = decimals(rows.quantity_nano, NANO_DIGITS)
    unused = np.array([line.commitment_status == "Unused" for line in lines])[rows.line]
    committed = np.array([line.commitment_id is not None for line in lines])[rows.line]
    nothing = pa.scalar(None, quantity.type)
    effective = decimals(rows.effective_nano_usd, NANO_DIGITS)
    return {
        "PricingQuantity": quantity,
        "ConsumedQuantity": pc.if_else(pa.array(unused), nothing, quantity),
        "CommitmentDiscountQuantity": pc.if_else(pa.array(committed), quantity, nothing),
        "ListUnitPrice": decimals(list_pico, PICO_DIGITS),
        "ContractedUnitPrice": decimals(contracted_pico, PICO_DIGITS),
        "ListCost": decimals(rows.list_nano_usd, NANO_DIGITS),
        "ContractedCost": decimals(rows.contracted_nano_usd, NANO_DIGITS),
        "EffectiveCost": effective,
        "PricingCurrencyEffectiveCost": effective,
        "BilledCost": decimals(rows.billed_nano_usd, NANO_DIGITS),
    }

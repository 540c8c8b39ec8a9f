"""Azure's billing formats as FOCUS: the FOCUS export with its gaps filled, and the amortised export translated.

The amortised export itself is translated in ``collectors.azure.amortized``.

FOCUS export (``FocusCost`` 1.0, 1.0r2, 1.2-preview; 1.0 writes times without seconds). Every cell passes as it is;
besides:

=============================  ==============================================================================
FOCUS 1.4                      native
=============================  ==============================================================================
ServiceProviderName            ServiceProviderName, else ProviderName, else ``Microsoft``
HostProviderName               HostProviderName, else ProviderName, else ``Microsoft``
SkuMeter                       SkuMeter, else x_SkuMeterName (1.0 has no SkuMeter)
InvoiceId                      InvoiceId, else x_InvoiceId
PricingCurrency                PricingCurrency, else x_PricingCurrency
SkuPriceDetails                SkuPriceDetails, else x_SkuDetails
CommitmentDiscountStatus       where Azure leaves it empty on usage with a commitment: ``Used`` when the row
                               names a resource, else ``Unused``, for unused benefit has no resource
any other column               ``x_<name>``
=============================  ==============================================================================

Source: https://learn.microsoft.com/azure/cost-management-billing/dataset-schema/cost-usage-details-focus.
"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Final

import duckdb

from collectors.azure.amortized import read_amortized, translate_amortized
from collectors.azure.native_file import NativeFile, open_native, unmapped_columns, write_translation
from collectors.errors import InvalidFocusFile
from collectors.focus.dialect import Dialect, NativeReading
from collectors.focus.totals import sum_of
from collectors.focus.versions import detect_version, missing_mandatory
from collectors.store.schema import COLUMNS, Column, Kind
from collectors.store.sql import identifier

_SUCCESSORS: Final = {
    "ServiceProviderName": ("ServiceProviderName", "ProviderName"),
    "HostProviderName": ("HostProviderName", "ProviderName"),
    "SkuMeter": ("SkuMeter", "x_SkuMeterName"),
    "InvoiceId": ("InvoiceId", "x_InvoiceId"),
    "PricingCurrency": ("PricingCurrency", "x_PricingCurrency"),
    "SkuPriceDetails": ("SkuPriceDetails", "x_SkuDetails"),
}
_SOLD_BY: Final = ("ServiceProviderName", "HostProviderName")
_SELLER: Final = "'Microsoft'"


def translate_focus(path: Path, target: Path, engine: duckdb.DuckDBPyConnection) -> None:
    """Write a file of the FOCUS export as FOCUS 1.4.

    Raises:
        InvalidFocusFile: no FOCUS file: a mandatory column of its version is missing; or not readable to its end.
    """
    native = open_native(path, engine)
    present = {name for name in _specified() if native.find(name) is not None}
    version = detect_version(present)
    missing = missing_mandatory(present, version)
    if missing:
        raise InvalidFocusFile(
            f"no column {', '.join(missing)}, which FOCUS {version} makes mandatory; nothing of this file was stored; "
            "export it again with every mandatory column",
            path=path,
            column=missing[0],
        )
    columns = {column.name: _cell(native, column) for column in COLUMNS}
    mapped = [found for column in COLUMNS if (found := native.find(column.name)) is not None]
    write_translation(native, target, engine, {**columns, **unmapped_columns(native, mapped)})


def read_focus(path: Path) -> NativeReading:
    """Rows and BilledCost of a file of the FOCUS export, by Arrow.

    Raises:
        InvalidFocusFile: it has no BilledCost, or is not readable to its end.
    """
    native = open_native(path)
    column = native.needed("BilledCost")
    rows, billed_cost = 0, Decimal(0)
    for batch in native.batches([column]):
        rows += batch.num_rows
        billed_cost += sum_of(batch.column(0))
    return NativeReading(rows=rows, billed_cost=billed_cost)


def _specified() -> tuple[str, ...]:
    return (*(column.name for column in COLUMNS), "ProviderName", "PublisherName")


def _cell(native: NativeFile, column: Column) -> str:
    """Cells pass as they are, for the ordinary checks to judge; only what is nowhere else is filled in."""
    names = _SUCCESSORS.get(column.name, (column.name,))
    found = [spelled for name in names if (spelled := native.find(name)) is not None]
    if not found:
        return f"CAST(NULL AS {column.sql_type})"
    if column.name == "CommitmentDiscountStatus":
        return _status(native)
    if column.name in _SUCCESSORS:
        filled = [native.text(spelled) for spelled in found]
        seller = [_SELLER] if column.name in _SOLD_BY else []
        return f"coalesce({', '.join([*filled, *seller, 'NULL'])})"
    if column.kind is Kind.DECIMAL and native.types[found[0]] in ("DOUBLE", "FLOAT"):
        return native.money(found[0])
    return identifier(found[0])


def _status(native: NativeFile) -> str:
    stated, commitment, category, resource = (
        native.text(native.find(name))
        for name in ("CommitmentDiscountStatus", "CommitmentDiscountId", "ChargeCategory", "ResourceId")
    )
    return (
        f"coalesce({stated}, CASE WHEN {commitment} IS NOT NULL AND lower({category}) = 'usage' "
        f"THEN CASE WHEN {resource} IS NULL THEN 'Unused' ELSE 'Used' END END)"
    )


AZURE_FOCUS: Final = Dialect(name="azure_focus", version="1", translate=translate_focus, read_natively=read_focus)
AZURE_AMORTIZED: Final = Dialect(
    name="azure_amortized", version="2", translate=translate_amortized, read_natively=read_amortized
)

DIALECTS: Final = (AZURE_FOCUS, AZURE_AMORTIZED)

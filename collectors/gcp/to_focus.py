"""The billing exports of Google Cloud as FOCUS 1.4: the detailed usage cost export, and Google's own FOCUS export.

Detailed usage cost export (https://cloud.google.com/billing/docs/how-to/export-data-bigquery-tables/detailed-usage):

==================================  =================================================================================
FOCUS                               native
==================================  =================================================================================
BilledCost                          ``cost`` + credits that lower the price; promotions are rows of their own
EffectiveCost                       BilledCost, except for commitment fees (below)
ContractedCost                      ``cost_at_effective_price_default``, else ``cost``
ListCost                            ``cost_at_list``, else ContractedCost
ListUnitPrice                       ``price.list_price`` / ``price.pricing_unit_quantity``
ContractedUnitPrice                 ``price.effective_price_default``, else ``price.effective_price``, likewise
BillingPeriodStart, -End            ``invoice.month``, which Google cuts at midnight Pacific time, as whole UTC month
ChargePeriodStart, -End             ``usage_start_time``, ``usage_end_time``
ChargeCategory, ChargeClass         ``cost_type`` and ``adjustment_info.type``: see ``collectors.gcp.charges``
BillingCurrency, PricingCurrency    ``currency``, that of the billing account
PricingQuantity, PricingUnit        ``usage.amount_in_pricing_units``, ``usage.pricing_unit``
ConsumedQuantity, ConsumedUnit      ``usage.amount``, ``usage.unit``
InvoiceIssuerName                   ``seller_name``, else Google Cloud; marketplace sellers invoice apart
ServiceProviderName                 Google Cloud, or ``seller_name`` where ``invoice.publisher_type`` is PARTNER
ServiceName, SkuId, SkuMeter        ``service.description``, ``sku.id``, ``sku.description``
SkuPriceId                          ``sku.id``:``price.tier_start_amount``
SubAccountId, SubAccountName        ``project.id``, ``project.name``
RegionId, AvailabilityZone          ``location.region``, else ``location.location`` unless global; ``location.zone``
ResourceId, ResourceName            ``resource.global_name``, else ``resource.name``; ``resource.name``
Tags                                ``labels``, then ``tags`` (namespace/key), then ``project.labels``
x_...                               everything else, structures one level deep (``x_project_number``)
==================================  =================================================================================

FOCUS export (preview, https://cloud.google.com/billing/docs/how-to/export-data-bigquery-tables/focus-export): columns
of FOCUS are kept as they are. What it lacks is filled: ServiceCategory and ServiceSubcategory from ServiceName,
InvoiceIssuerName, HostProviderName, SkuMeter from ChargeDescription, Tags from ``x_Labels``, ``x_Tags`` and
``x_ProjectLabels``. All costs, BilledCost too, are taken as Google states them; ``x_Credits`` is kept and not added.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Final

import duckdb

from collectors.errors import InvalidFocusFile
from collectors.focus.dialect import Dialect
from collectors.gcp.charges import Charges
from collectors.gcp.native import NativeColumns, open_columns, read_tally
from collectors.gcp.services import category_columns, category_sql
from collectors.store.schema import COLUMN_BY_NAME, COLUMNS, Kind
from collectors.store.sql import identifier, literal

GOOGLE: Final = "Google Cloud"
DETAILED_REQUIRED: Final = (
    "billing_account_id",
    "service.description",
    "sku.id",
    "sku.description",
    "usage_start_time",
    "usage_end_time",
    "project.id",
    "cost",
    "currency",
    "credits.amount",
    "credits.type",
    "invoice.month",
    "cost_type",
    "export_time",
)
FOCUS_REQUIRED: Final = (
    "BillingAccountId",
    "BillingCurrency",
    "BillingPeriodStart",
    "BillingPeriodEnd",
    "BilledCost",
    "EffectiveCost",
    "ListCost",
    "ContractedCost",
    "ChargeCategory",
    "ChargePeriodStart",
    "ChargePeriodEnd",
    "ServiceName",
)
_NATIVE_ROW: Final = "x_NativeRow"


def translate_detailed(native: Path, target: Path, engine: duckdb.DuckDBPyConnection) -> None:
    """Write the FOCUS rows of a file of the detailed export; a native row becomes one row or several.

    Raises:
        InvalidFocusFile: not Parquet, a column is missing, or it cannot be read to its end.
    """
    columns = open_columns(native, DETAILED_REQUIRED)
    charges = Charges(columns)
    service = f"coalesce({columns.text('service.description')}, {columns.text('service.id')})"
    shared = {
        "gcp_service": category_sql(service),
        "gcp_month": f"try_strptime(concat({columns.text('invoice.month')}, '01'), '%Y%m%d')",
        "gcp_pairs": _pairs(columns, labels="labels", tags="tags", projects="project.labels"),
        "gcp_seller": f"coalesce({columns.text('seller_name')}, {literal(GOOGLE)})",
    }
    layers = (*charges.facts(), {charges.name: f"unnest({charges.list_sql})"}, charges.per_charge(), shared)
    mapped = {**_detailed(columns, charges), "ServiceName": service}
    kept = _kept(columns)
    kept["x_credits"] = f"CASE WHEN {charges.is_charge} THEN {columns.raw('credits')} END"
    kept["x_cost_type"] = columns.raw("cost_type")
    query = f"SELECT * FROM read_parquet({literal(str(native))}, hive_partitioning = false, file_row_number = true)"
    for layer in layers:
        query = f"SELECT *, {_selected(layer)} FROM ({query})"
    _write(
        engine,
        f"SELECT {_selected({**mapped, **kept})}, file_row_number + 1 AS {_NATIVE_ROW} FROM ({query})",
        native,
        target,
    )


def translate_focus(native: Path, target: Path, engine: duckdb.DuckDBPyConnection) -> None:
    """Write the FOCUS rows of a file of Google's FOCUS export, one for each row.

    Raises:
        InvalidFocusFile: not Parquet, a column is missing, or it cannot be read to its end.
    """
    columns = open_columns(native, FOCUS_REQUIRED)
    derived = _derived(columns)
    mapped = {}
    for column in COLUMNS:
        if columns.kind(column.name) is not None:
            read = {Kind.DECIMAL: columns.decimal, Kind.TIME: columns.time}.get(column.kind, columns.raw)
            mapped[column.name] = read(column.name)
        elif column.name in derived:
            mapped[column.name] = derived[column.name]
        else:
            mapped[column.name] = f"CAST(NULL AS {column.sql_type})"
    shared = {
        "gcp_service": category_sql(columns.text("ServiceName")),
        "gcp_pairs": _pairs(columns, labels="x_Labels", tags="x_Tags", projects="x_ProjectLabels"),
    }
    query = f"SELECT *, {_selected(shared)} FROM read_parquet({literal(str(native))}, hive_partitioning = false)"
    _write(engine, f"SELECT {_selected({**mapped, **_kept(columns)})} FROM ({query})", native, target)


def _write(engine: duckdb.DuckDBPyConnection, query: str, native: Path, target: Path) -> None:
    try:
        engine.execute(f"COPY ({query}) TO {literal(str(target))} (FORMAT parquet, ROW_GROUP_SIZE 61440)")
    except duckdb.Error as fault:
        if isinstance(fault, duckdb.OutOfMemoryException) or str(target) in str(fault):
            raise
        raise InvalidFocusFile(
            f"cannot be read to its end ({str(fault).splitlines()[0]}); fetch or export it again", path=native
        ) from fault


def _selected(expressions: Mapping[str, str]) -> str:
    return ", ".join(f"{sql} AS {identifier(name)}" for name, sql in expressions.items())


def _detailed(columns: NativeColumns, charges: Charges) -> Mapping[str, str]:
    """SQL of every FOCUS column of the detailed export."""
    text, decimal = columns.text, columns.decimal
    found = {
        **charges.columns(),
        "BillingAccountId": text("billing_account_id"),
        "BillingAccountType": literal("Billing Account"),
        "BillingCurrency": text("currency"),
        "BillingPeriodStart": "gcp_month",
        "BillingPeriodEnd": "gcp_month + INTERVAL 1 MONTH",
        "ChargePeriodStart": columns.time("usage_start_time"),
        "ChargePeriodEnd": columns.time("usage_end_time"),
        "HostProviderName": literal(GOOGLE),
        "InvoiceIssuerName": "gcp_seller",
        "ServiceProviderName": f"CASE WHEN {text('invoice.publisher_type')} = 'PARTNER' THEN gcp_seller "
        f"ELSE {literal(GOOGLE)} END",
        **category_columns("gcp_service"),
        "SkuId": text("sku.id"),
        "SkuPriceId": f"{text('sku.id')} || ':' || {_trimmed(decimal('price.tier_start_amount'))}",
        "SubAccountId": text("project.id"),
        "SubAccountName": text("project.name"),
        "SubAccountType": f"CASE WHEN {text('project.id')} IS NOT NULL THEN 'Project' END",
        "RegionId": f"coalesce({text('location.region')}, nullif({text('location.location')}, 'global'))",
        "RegionName": f"nullif({text('location.location')}, 'global')",
        "AvailabilityZone": text("location.zone"),
        "ResourceId": f"coalesce({text('resource.global_name')}, {text('resource.name')})",
        "ResourceName": text("resource.name"),
        "ResourceType": f"nullif(regexp_extract({text('resource.global_name')}, '/([a-zA-Z]+)/[^/]+$', 1), '')",
        "PricingCurrency": text("currency"),
        "Tags": _object("gcp_pairs"),
    }
    lacking = {each.name: f"CAST(NULL AS {each.sql_type})" for each in COLUMNS if each.name not in found}
    return {name: {**found, **lacking}[name] for name in COLUMN_BY_NAME}


def _derived(columns: NativeColumns) -> Mapping[str, str]:
    """SQL of the FOCUS columns that Google's FOCUS export may lack."""
    text = columns.text
    provider = f"coalesce({text('ServiceProviderName')}, {text('ProviderName')}, {literal(GOOGLE)})"
    return {
        "BillingAccountType": literal("Billing Account"),
        "ChargeFrequency": f"CASE WHEN {text('ChargeCategory')} = 'Usage' THEN 'Usage-Based' ELSE 'One-Time' END",
        "HostProviderName": literal(GOOGLE),
        "InvoiceIssuerName": literal(GOOGLE),
        "PricingCurrency": text("BillingCurrency"),
        "PricingCurrencyEffectiveCost": columns.decimal("EffectiveCost"),
        **category_columns("gcp_service"),
        "ServiceProviderName": provider,
        "SkuMeter": text("ChargeDescription"),
        "SubAccountType": f"CASE WHEN {text('SubAccountId')} IS NOT NULL THEN 'Project' END",
        "Tags": _object("gcp_pairs"),
    }


def _kept(columns: NativeColumns) -> dict[str, str]:
    """What no FOCUS column takes, each under a name that starts with ``x_``."""
    found: dict[str, str] = {}
    for name, sql in columns.rest():
        kept = name if name.casefold().startswith("x_") else f"x_{name}"
        while kept.casefold() in {each.casefold() for each in found}:
            kept += "_"
        found[kept] = sql
    return found


def _pairs(columns: NativeColumns, *, labels: str, tags: str, projects: str) -> str:
    """SQL of a list of keys and values of labels and tags, the nearest first."""
    qualified = f"concat_ws('/', {_namespace(columns, tags)}, p.key)"
    lists = [
        f"[{{'key': {key}, 'value': CAST(p.value AS VARCHAR)}} FOR p IN coalesce({columns.raw(path)}, []) "
        "IF p.key IS NOT NULL]"
        for path, key in ((labels, "p.key"), (tags, qualified), (projects, "p.key"))
        if columns.kind(f"{path}.key") is not None
    ]
    return " || ".join(lists) or "CAST([] AS STRUCT(key VARCHAR, value VARCHAR)[])"


def _object(pairs: str) -> str:
    """SQL of a JSON object of a list of keys and values; of a key that comes twice the first value counts."""
    keys = f"list_distinct([p.key FOR p IN {pairs}])"
    first = f"list_transform({keys}, lambda k: list_filter({pairs}, lambda p: p.key = k)[1].value)"
    plain = f"map_from_entries({pairs})"
    is_plain = f"len({keys}) = len({pairs})"
    return (
        f"CASE WHEN len({pairs}) = 0 THEN NULL WHEN {is_plain} THEN CAST(to_json({plain}) AS VARCHAR) "
        f"ELSE CAST(to_json(map({keys}, {first})) AS VARCHAR) END"
    )


def _namespace(columns: NativeColumns, tags: str) -> str:
    for name in ("namespace", "x_namespace"):
        if columns.kind(f"{tags}.{name}") is not None:
            return f"nullif(p.{name}, '')"
    return "NULL"


def _trimmed(amount: str) -> str:
    """SQL of a decimal as text without trailing zeros."""
    return f"regexp_replace(regexp_replace(CAST({amount} AS VARCHAR), '(\\.[0-9]*?)0+$', '\\1'), '\\.$', '')"


DETAILED: Final = Dialect(
    name="gcp_detailed",
    version="1",
    suffixes=(".parquet",),
    translate=translate_detailed,
    read_natively=partial(read_tally, cost="cost", credit_list="credits"),
)
FOCUS_EXPORT: Final = Dialect(
    name="gcp_focus",
    version="1",
    suffixes=(".parquet",),
    translate=translate_focus,
    read_natively=partial(read_tally, cost="BilledCost", credit_list=None),
)
DIALECTS: Final = (DETAILED, FOCUS_EXPORT)

"""How a month of ``USAGE_IN_CURRENCY_DAILY`` becomes FOCUS 1.4.

====================================  ==============================================================================
FOCUS                                 native
====================================  ==============================================================================
BilledCost, EffectiveCost,            USAGE_IN_CURRENCY, or a resource's share of it. Snowflake charges usage to a
ContractedCost, ListCost              capacity, free or overage balance at the contract's rate; there is no list price.
BillingCurrency, PricingCurrency      CURRENCY
BillingPeriod*, ChargePeriod*         the month and the day of USAGE_DATE (UTC)
BillingAccountId, SubAccountId        ORGANIZATION_NAME, ACCOUNT_NAME
ChargeCategory                        BILLING_TYPE: support_credit, rebate -> Credit; priority support,
                                      vps_deployment_fee -> Purchase; IS_ADJUSTMENT -> Adjustment, but for the daily one
                                      of CLOUD_SERVICES, which is a part of its price; else Usage
SkuMeter, SkuId, ChargeDescription    RATING_TYPE and SERVICE_TYPE; SERVICE_TYPE; USAGE_TYPE
PricingQuantity, ConsumedQuantity     USAGE, in credits or terabytes; empty where a price rule makes it negative
HostProviderName, RegionId            REGION, for instance AWS_US_EAST_1 -> AWS, us-east-1
ResourceId, ResourceName, Allocated*  the warehouse or database of the share, see ``collectors.snowflake.allocation``
ContractApplied                       CONTRACT_NUMBER and BALANCE_SOURCE
x_...                                 every other column of the view
====================================  ==============================================================================

Source: https://docs.snowflake.com/en/sql-reference/organization-usage/usage_in_currency_daily.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import duckdb
import pyarrow as pa

from collectors.focus.dialect import Dialect, NativeReading
from collectors.focus.native_parquet import read_money_column, rows_sql, spelled_columns, write_translated
from collectors.store.sql import identifier

_MONEY: Final = pa.decimal128(38, 12)
NATIVE_TYPES: Final[dict[str, pa.DataType]] = {
    "ORGANIZATION_NAME": pa.string(),
    "CONTRACT_NUMBER": pa.string(),
    "ACCOUNT_NAME": pa.string(),
    "ACCOUNT_LOCATOR": pa.string(),
    "REGION": pa.string(),
    "SERVICE_LEVEL": pa.string(),
    "USAGE_DATE": pa.date32(),
    "USAGE_TYPE": pa.string(),
    "USAGE": _MONEY,
    "CURRENCY": pa.string(),
    "USAGE_IN_CURRENCY": _MONEY,
    "BALANCE_SOURCE": pa.string(),
    "BILLING_TYPE": pa.string(),
    "RATING_TYPE": pa.string(),
    "SERVICE_TYPE": pa.string(),
    "IS_ADJUSTMENT": pa.bool_(),
}
"""The columns of the view that a bill cannot do without, as they are kept."""
SHARES_TYPE: Final = pa.list_(
    pa.struct(
        [
            pa.field("resource_id", pa.string()),
            pa.field("resource_name", pa.string()),
            pa.field("resource_type", pa.string()),
            pa.field("share_ratio", pa.decimal128(13, 12)),
        ]
    )
)
_OWN: Final[dict[str, pa.DataType]] = {"ALLOCATION_METHOD": pa.string(), "ALLOCATION_SHARES": SHARES_TYPE}
_LARGEST_SHARED_COST: Final = 10**12
"""A cost from here on stays whole: its product with a share would not fit 38 digits."""

_KEPT: Final = {
    "SERVICE_LEVEL": "x_ServiceLevel",
    "ACCOUNT_LOCATOR": "x_AccountLocator",
    "USAGE": "x_Usage",
    "BALANCE_SOURCE": "x_BalanceSource",
    "BILLING_TYPE": "x_BillingType",
    "RATING_TYPE": "x_RatingType",
    "SERVICE_TYPE": "x_ServiceType",
    "IS_ADJUSTMENT": "x_IsAdjustment",
    "REGION": "x_SnowflakeRegion",
}

# Rows with shares become one row a share. Rounded parts go to all but the last, which takes the rest, so that they add
# up to the native amount exactly.
_SHARED_SQL: Final = """
WITH numbered AS (
    SELECT *, file_row_number + 1 AS native_row, USAGE_IN_CURRENCY::DECIMAL(38, 12) AS cost,
           USAGE::DECIMAL(38, 12) AS quantity,
           CASE WHEN abs(USAGE_IN_CURRENCY) < {largest} AND abs(coalesce(USAGE, 0)) < {largest}
                THEN ALLOCATION_SHARES ELSE [] END AS shares
    FROM {relation}
), parts AS (
    SELECT * EXCLUDE (shares), len(shares) AS share_count, unnest(range(1, greatest(len(shares), 1) + 1)) AS number,
           shares
    FROM numbered
), priced AS (
    SELECT * EXCLUDE (shares, cost, quantity), shares[number] AS share,
           {cost_part} AS cost, {quantity_part} AS quantity
    FROM parts
)
"""
_PART_SQL: Final = """
CASE WHEN share_count <= 1 THEN {amount}
     WHEN number < share_count THEN ({amount}::DECIMAL(24, 12) * shares[number].share_ratio)::DECIMAL(38, 12)
     ELSE {amount} - list_sum(list_transform(shares[1:share_count - 1],
          lambda each: ({amount}::DECIMAL(24, 12) * each.share_ratio)::DECIMAL(38, 12)))::DECIMAL(38, 12) END
"""
_COST_COLUMNS: Final = (
    "BilledCost",
    "ContractedCost",
    "EffectiveCost",
    "ListCost",
    "PricingCurrencyEffectiveCost",
)
_IS_PRICE_RULE: Final = "upper(SERVICE_TYPE) = 'CLOUD_SERVICES'"
_CATEGORY: Final = f"""CASE WHEN lower(BILLING_TYPE) IN ('support_credit', 'rebate') THEN 'Credit'
     WHEN lower(BILLING_TYPE) IN ('priority support', 'priority_support', 'vps_deployment_fee') THEN 'Purchase'
     WHEN coalesce(IS_ADJUSTMENT, false) AND NOT coalesce({_IS_PRICE_RULE}, false) THEN 'Adjustment' ELSE 'Usage' END"""
_IS_SUPPORT: Final = "coalesce(replace(lower(BILLING_TYPE), '_', ' ') = 'priority support', false)"
_BARE_REGION: Final = "regexp_replace(upper(REGION), '^.*\\.', '')"
_REGION: Final = f"""CASE
     WHEN {_BARE_REGION} LIKE 'AWS\\_%' ESCAPE '\\' OR {_BARE_REGION} LIKE 'GCP\\_%' ESCAPE '\\'
       THEN replace(lower(substr({_BARE_REGION}, 5)), '_', '-')
     WHEN {_BARE_REGION} LIKE 'AZURE\\_%' ESCAPE '\\' THEN replace(lower(substr({_BARE_REGION}, 7)), '_', '')
     ELSE REGION END"""
_HOST: Final = f"""CASE split_part({_BARE_REGION}, '_', 1) WHEN 'AWS' THEN 'AWS' WHEN 'AZURE' THEN 'Microsoft'
     WHEN 'GCP' THEN 'Google Cloud' ELSE 'Snowflake' END"""
_UNIT: Final = """CASE WHEN lower(RATING_TYPE) = 'compute' THEN 'Credits'
     WHEN replace(lower(RATING_TYPE), '_', ' ') IN ('storage', 'data transfer') THEN 'TB' END"""
_QUANTITY: Final = f"CASE WHEN quantity < 0 AND {_CATEGORY} = 'Usage' THEN NULL ELSE quantity END"
_FOCUS: Final[Mapping[str, str]] = {
    "AllocatedMethodDetails": "CASE WHEN share IS NOT NULL THEN json_object('share_ratio', share.share_ratio::VARCHAR, "
    "'method', ALLOCATION_METHOD)::VARCHAR END",
    "AllocatedMethodId": "CASE WHEN share IS NOT NULL THEN ALLOCATION_METHOD END",
    "AllocatedResourceId": "share.resource_id",
    "AllocatedResourceName": "share.resource_name",
    "BillingAccountId": "ORGANIZATION_NAME",
    "BillingAccountName": "ORGANIZATION_NAME",
    "BillingAccountType": "'Organization'",
    "BillingCurrency": "CURRENCY",
    "BillingPeriodEnd": "(date_trunc('month', USAGE_DATE) + INTERVAL 1 MONTH)::TIMESTAMP",
    "BillingPeriodStart": "date_trunc('month', USAGE_DATE)::TIMESTAMP",
    "ChargeCategory": _CATEGORY,
    "ChargeClass": "NULL::VARCHAR",
    "ChargeDescription": "coalesce(USAGE_TYPE, SERVICE_TYPE)",
    "ChargeFrequency": f"CASE WHEN {_CATEGORY} = 'Purchase' THEN 'Recurring' ELSE 'Usage-Based' END",
    "ChargePeriodEnd": "(USAGE_DATE + INTERVAL 1 DAY)::TIMESTAMP",
    "ChargePeriodStart": "USAGE_DATE::TIMESTAMP",
    "ConsumedQuantity": f"CASE WHEN {_CATEGORY} = 'Usage' THEN {_QUANTITY} END",
    "ConsumedUnit": f"CASE WHEN {_CATEGORY} = 'Usage' THEN {_UNIT} END",
    "ContractApplied": "CASE WHEN CONTRACT_NUMBER IS NOT NULL THEN json_object('contract_number', CONTRACT_NUMBER, "
    "'balance_source', BALANCE_SOURCE)::VARCHAR END",
    "HostProviderName": _HOST,
    "InvoiceIssuerName": "'Snowflake'",
    "PricingCategory": "'Standard'",
    "PricingCurrency": "CURRENCY",
    "PricingQuantity": _QUANTITY,
    "PricingUnit": _UNIT,
    "RegionId": _REGION,
    "RegionName": _REGION,
    "ResourceId": "share.resource_id",
    "ResourceName": "share.resource_name",
    "ResourceType": "share.resource_type",
    "ServiceCategory": f"CASE WHEN {_IS_SUPPORT} THEN 'Management and Governance' ELSE 'Databases' END",
    "ServiceName": f"CASE WHEN {_IS_SUPPORT} THEN 'Snowflake Support' ELSE 'Snowflake' END",
    "ServiceProviderName": "'Snowflake'",
    "ServiceSubcategory": f"CASE WHEN {_IS_SUPPORT} THEN 'Support' ELSE 'Data Warehouses' END",
    "SkuId": "coalesce(SERVICE_TYPE, USAGE_TYPE)",
    "SkuMeter": "concat_ws(': ', replace(lower(RATING_TYPE), '_', ' '), replace(lower(SERVICE_TYPE), '_', ' '))",
    "SubAccountId": "ACCOUNT_NAME",
    "SubAccountName": "ACCOUNT_NAME",
    "SubAccountType": "CASE WHEN ACCOUNT_NAME IS NOT NULL THEN 'Account' END",
    "x_AllocationBasis": "ALLOCATION_METHOD",
    "x_NativeRow": "native_row",
}


def translate(native: Path, target: Path, engine: duckdb.DuckDBPyConnection) -> None:
    """Write ``target`` from the native file, rows in its order.

    Raises:
        InvalidFocusFile: the file is no Parquet file of the view, or lacks a column of it.
    """
    spelled = _spelled(native)
    relation = rows_sql(native, spelled)
    parts = _SHARED_SQL.format(
        relation=relation,
        largest=_LARGEST_SHARED_COST,
        cost_part=_PART_SQL.format(amount="cost"),
        quantity_part=_PART_SQL.format(amount="quantity"),
    )
    columns = dict.fromkeys(_COST_COLUMNS, "cost") | dict(_FOCUS)
    columns |= {kept: name for name, kept in _KEPT.items()}
    columns |= {
        f"x_{found}": identifier(name)
        for name, found in spelled.items()
        if name not in NATIVE_TYPES and name not in _OWN
    }
    chosen = ", ".join(f"{sql} AS {identifier(name)}" for name, sql in columns.items())
    write_translated(f"{parts} SELECT {chosen} FROM priced ORDER BY native_row, number", native, target, engine)


def read_natively(native: Path) -> NativeReading:
    """Rows and the sum of USAGE_IN_CURRENCY by Arrow.

    Raises:
        InvalidFocusFile: the file is no Parquet file of the view, or lacks a column of it.
    """
    return read_money_column(native, _spelled(native)["USAGE_IN_CURRENCY"])


def _spelled(native: Path) -> dict[str, str]:
    """Name in capitals -> as the file spells it."""
    return spelled_columns(
        native,
        (*NATIVE_TYPES, *_OWN),
        fold=str.upper,
        table="USAGE_IN_CURRENCY_DAILY",
        advice="when it is the legacy version of the view, ask Snowflake Support for the current one",
    )


SNOWFLAKE_USAGE: Final = Dialect(
    name="snowflake_usage_in_currency",
    version="1",
    suffixes=(".parquet",),
    translate=translate,
    read_natively=read_natively,
)
DIALECTS: Final = (SNOWFLAKE_USAGE,)

"""How a month of ``system.billing.usage``, priced, becomes FOCUS 1.4.

====================================  ==============================================================================
FOCUS                                 native (``priced_...`` comes from the list prices and the connection)
====================================  ==============================================================================
BilledCost, EffectiveCost,            priced_cost: quantity x effective list price x (1 - discount); empty without a
ContractedCost                        list price, so that the row is rejected and counted, never taken as free
ListCost, ListUnitPrice               priced_list_cost, priced_list_unit_price
ContractedUnitPrice                   priced_contracted_unit_price
BillingCurrency, PricingCurrency      priced_currency
BillingPeriod*                        the month of usage_date
ChargePeriod*                         usage_start_time, usage_end_time
BillingAccountId, SubAccountId        account_id, workspace_id
ChargeClass                           Correction for record_type RETRACTION and RESTATEMENT; all of them are kept, and
                                      their sum is right
SkuId, SkuMeter, ChargeDescription    sku_name
PricingQuantity, PricingUnit          usage_quantity, usage_unit
ResourceId                            of usage_metadata the first of warehouse, job, pipeline, endpoint, app, database
                                      instance, notebook and cluster, as ``databricks:<workspace>/<kind>/<id>``
HostProviderName, RegionId            cloud, priced_region
InvoiceIssuerName                     Microsoft on Azure, else Databricks
ServiceCategory, ServiceSubcategory   billing_origin_product
Tags                                  custom_tags
x_VmBilledBy                          the cloud, for DBUs of classic compute: its machines stand on the cloud's bill,
                                      not here; empty for serverless, whose price includes them
x_...                                 every other column of the table
====================================  ==============================================================================

Source: https://docs.databricks.com/aws/en/admin/system-tables/billing.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import duckdb

from collectors.databricks.usage_records import NATIVE_TYPES, PRICED_TYPES
from collectors.focus.dialect import Dialect, NativeReading
from collectors.focus.native_parquet import read_money_column, rows_sql, spelled_columns, write_translated
from collectors.store.sql import identifier, literal

_RESOURCES: Final = (
    # kind, ResourceType, key of usage_metadata
    ("warehouse", "Warehouse", "warehouse_id"),
    ("job", "Job", "job_id"),
    ("pipeline", "Pipeline", "dlt_pipeline_id"),
    ("endpoint", "Endpoint", "endpoint_id"),
    ("app", "App", "app_id"),
    ("database_instance", "Database instance", "database_instance_id"),
    ("notebook", "Notebook", "notebook_id"),
    ("cluster", "Cluster", "cluster_id"),
)
_CATEGORIES: Final = (
    # pattern of billing_origin_product, category, subcategory
    ("SQL|DATABASE|LAKEBASE", "Databases", "Data Warehouses"),
    ("MODEL|SERVING|VECTOR|AI_|AGENT|FINE_TUNING|INFERENCE", "AI and Machine Learning", "AI Platforms"),
    ("NETWORKING|DATA_TRANSFER|CONNECTIVITY|EGRESS", "Networking", "Network Connectivity"),
    ("STORAGE", "Storage", "Storage Platforms"),
)
_KEPT: Final = {
    "record_id": "x_RecordId",
    "record_type": "x_RecordType",
    "ingestion_date": "x_IngestionDate",
    "billing_origin_product": "x_BillingOriginProduct",
    "product_features": "x_ProductFeatures",
    "usage_metadata": "x_UsageMetadata",
}


def _of_metadata(key: str) -> str:
    return f"nullif(json_extract_string(usage_metadata, '$.{key}'), '')"


def _first_resource(result: Mapping[str, str]) -> str:
    cases = " ".join(f"WHEN {_of_metadata(key)} IS NOT NULL THEN {result[key]}" for _, _, key in _RESOURCES)
    return f"CASE {cases} END"


def _category(position: int, otherwise: str) -> str:
    cases = " ".join(
        f"WHEN regexp_matches(upper(billing_origin_product), {literal(row[0])}) THEN {literal(row[position])}"
        for row in _CATEGORIES
    )
    return f"CASE {cases} ELSE {literal(otherwise)} END"


_IS_SERVERLESS: Final = (
    "coalesce(json_extract_string(product_features, '$.is_serverless') = 'true', false) "
    "OR upper(sku_name) LIKE '%SERVERLESS%'"
)
_IS_CORRECTION: Final = "upper(record_type) IN ('RETRACTION', 'RESTATEMENT')"
_HOST: Final = (
    "CASE upper(cloud) WHEN 'AWS' THEN 'AWS' WHEN 'AZURE' THEN 'Microsoft' WHEN 'GCP' THEN 'Google Cloud' END"
)
_FOCUS: Final[Mapping[str, str]] = {
    "BilledCost": "priced_cost",
    "BillingAccountId": "account_id",
    "BillingAccountName": "account_id",
    "BillingAccountType": "'Account'",
    "BillingCurrency": "priced_currency",
    "BillingPeriodEnd": "(date_trunc('month', usage_date) + INTERVAL 1 MONTH)::TIMESTAMP",
    "BillingPeriodStart": "date_trunc('month', usage_date)::TIMESTAMP",
    "ChargeCategory": "'Usage'",
    "ChargeClass": f"CASE WHEN {_IS_CORRECTION} THEN 'Correction' END",
    "ChargeDescription": "sku_name",
    "ChargeFrequency": "'Usage-Based'",
    "ChargePeriodEnd": "usage_end_time::TIMESTAMP",
    "ChargePeriodStart": "usage_start_time::TIMESTAMP",
    "ConsumedQuantity": "usage_quantity::DECIMAL(38, 12)",
    "ConsumedUnit": "usage_unit",
    "ContractedCost": "priced_cost",
    "ContractedUnitPrice": "priced_contracted_unit_price",
    "EffectiveCost": "priced_cost",
    "HostProviderName": _HOST,
    "InvoiceIssuerName": "CASE WHEN upper(cloud) = 'AZURE' THEN 'Microsoft' ELSE 'Databricks' END",
    "ListCost": "priced_list_cost",
    "ListUnitPrice": "priced_list_unit_price",
    "PricingCategory": "'Standard'",
    "PricingCurrency": "priced_currency",
    "PricingCurrencyContractedUnitPrice": "priced_contracted_unit_price",
    "PricingCurrencyEffectiveCost": "priced_cost",
    "PricingCurrencyListUnitPrice": "priced_list_unit_price",
    "PricingQuantity": "usage_quantity::DECIMAL(38, 12)",
    "PricingUnit": "usage_unit",
    "RegionId": "priced_region",
    "RegionName": "priced_region",
    "ResourceId": _first_resource(
        {key: f"concat('databricks:', workspace_id, '/{kind}/', {_of_metadata(key)})" for kind, _, key in _RESOURCES}
    ),
    "ResourceName": _first_resource({key: _of_metadata(key) for _, _, key in _RESOURCES}),
    "ResourceType": _first_resource({key: literal(name) for _, name, key in _RESOURCES}),
    "ServiceCategory": _category(1, "Analytics"),
    "ServiceName": "'Databricks'",
    "ServiceProviderName": "'Databricks'",
    "ServiceSubcategory": _category(2, "Data Processing"),
    "SkuId": "sku_name",
    "SkuMeter": "sku_name",
    "SkuPriceId": "priced_id",
    "SubAccountId": "workspace_id",
    "SubAccountName": "workspace_id",
    "SubAccountType": "CASE WHEN workspace_id IS NOT NULL THEN 'Workspace' END",
    "Tags": "nullif(custom_tags, '{}')",
    "x_VmBilledBy": f"CASE WHEN upper(usage_unit) = 'DBU' AND NOT ({_IS_SERVERLESS}) THEN lower(cloud) END",
}


def translate(native: Path, target: Path, engine: duckdb.DuckDBPyConnection) -> None:
    """Write ``target`` from the native file, row by row in its order.

    Raises:
        InvalidFocusFile: the file is no Parquet file of priced usage, or lacks a column of it.
    """
    spelled = _spelled(native)
    relation = rows_sql(native, spelled)
    columns = dict(_FOCUS) | {kept: name for name, kept in _KEPT.items()}
    columns |= {
        f"x_{found}": identifier(name)
        for name, found in spelled.items()
        if name not in NATIVE_TYPES and name not in PRICED_TYPES
    }
    chosen = ", ".join(f"{sql} AS {identifier(name)}" for name, sql in columns.items())
    write_translated(f"SELECT {chosen} FROM {relation} ORDER BY file_row_number", native, target, engine)


def read_natively(native: Path) -> NativeReading:
    """Rows and the sum of priced_cost by Arrow.

    Raises:
        InvalidFocusFile: the file is no Parquet file of priced usage, or lacks a column of it.
    """
    return read_money_column(native, _spelled(native)["priced_cost"])


def _spelled(native: Path) -> dict[str, str]:
    """Name in small letters -> as the file spells it."""
    return spelled_columns(
        native,
        (*NATIVE_TYPES, *PRICED_TYPES),
        fold=str.lower,
        table="system.billing.usage",
        advice="collect it again with a principal that sees the whole table",
    )


DATABRICKS_USAGE: Final = Dialect(
    name="databricks_usage",
    version="1",
    suffixes=(".parquet",),
    translate=translate,
    read_natively=read_natively,
)
DIALECTS: Final = (DATABRICKS_USAGE,)

"""Meters of Snowflake's billing view: compute by warehouse, storage by account, data transfer.

Source: usage types of SNOWFLAKE.ORGANIZATION_USAGE, https://docs.snowflake.com/en/sql-reference/organization-usage.
"""

from __future__ import annotations

from collectors.sample.geography import region_of
from collectors.sample.meters.name import MeterName
from collectors.sample.parts import Use


def meter_name(use: Use) -> MeterName:
    """The name of a use on the Snowflake bill."""
    if use.meter.startswith("credit."):
        sku_meter, resource_type = "compute", "Warehouse"
        description = f"WAREHOUSE_METERING {use.meter.removeprefix('credit.')}"
    elif use.meter == "storage":
        sku_meter, resource_type, description = "storage", "Account", "average stored terabytes of the account"
    else:
        sku_meter, resource_type = "data transfer", "Warehouse"
        description = f"data transfer from {region_of(use.place)}"
    return MeterName(
        service_name="Snowflake", category="Databases", subcategory="Data Warehouses",
        sku_meter=sku_meter, resource_type=resource_type, description=description,
    )  # fmt: skip

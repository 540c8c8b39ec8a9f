"""SKU names of Databricks, ``<TIER>_<PRODUCT>``.

Source: sku_name of system.billing.usage, https://docs.databricks.com/aws/en/admin/system-tables/billing.
"""

from __future__ import annotations

from typing import Final

from collectors.sample.geography import region_of
from collectors.sample.meters.name import MeterName
from collectors.sample.parts import Use

_PRODUCT: Final = {
    "dbu.jobs": ("PREMIUM_JOBS_COMPUTE", "Cluster", "Analytics", "Data Processing"),
    "dbu.all_purpose": ("PREMIUM_ALL_PURPOSE_COMPUTE", "Cluster", "Analytics", "Data Processing"),
    "dbu.sql_serverless": ("PREMIUM_SERVERLESS_SQL_COMPUTE", "Warehouse", "Databases", "Data Warehouses"),
}


def meter_name(use: Use) -> MeterName:
    """The name of a use on the Databricks bill; transfer out of a serverless warehouse stands there too."""
    if use.service.endswith("_transfer"):
        return MeterName(
            service_name="Databricks", category="Networking", subcategory="Network Connectivity",
            sku_meter="PREMIUM_INTERNET_EGRESS", resource_type="Warehouse",
            description=f"data transfer from {region_of(use.place)}",
        )  # fmt: skip
    sku_meter, resource_type, category, subcategory = _PRODUCT[use.meter]
    return MeterName(
        service_name="Databricks", category=category, subcategory=subcategory,
        sku_meter=sku_meter, resource_type=resource_type, description=f"{sku_meter} in {region_of(use.place)}",
    )  # fmt: skip

"""Meter names of Azure as they stand in ChargeDescription, for FOCUS 1.0 has no SkuMeter.

Source: meter names of the Azure retail price list, https://learn.microsoft.com/rest/api/cost-management/retail-prices/.
"""

from __future__ import annotations

from collectors.sample.geography import provider_of
from collectors.sample.meters.name import MeterName, split_meter
from collectors.sample.parts import Use


def meter_name(use: Use) -> MeterName:
    """The name of a use on the Azure bill."""
    if use.service == "azure_blob":
        return _blob(use)
    if use.service == "azure_transfer":
        same_cloud = use.to_place is not None and provider_of(use.to_place) == "azure"
        description = "Inter-Region Data Transfer" if same_cloud else "Standard Data Transfer Out"
        return MeterName(
            service_name="Bandwidth", category="Networking", subcategory="Network Connectivity",
            sku_meter=description, resource_type="microsoft.storage/storageaccounts", description=description,
        )  # fmt: skip
    size = use.meter.removeprefix("Standard_").replace("_", " ")
    description = f"{size} Spot" if use.purchase == "spot" else size
    return MeterName(
        service_name="Virtual Machines", category="Compute", subcategory="Virtual Machines",
        sku_meter=description, resource_type="microsoft.compute/virtualmachines", description=description,
    )  # fmt: skip


def _blob(use: Use) -> MeterName:
    kind, tier = split_meter(use.meter)
    name = tier.capitalize()
    description = {
        "storage": f"{name} LRS Data Stored",
        "put": f"{name} Write Operations",
        "transition": f"{name} Write Operations",
        "get": f"{name} Read Operations",
        "retrieval": f"{name} Data Retrieval",
    }[kind]
    return MeterName(
        service_name="Storage", category="Storage", subcategory="Object Storage",
        sku_meter=description, resource_type="microsoft.storage/storageaccounts", description=description,
    )  # fmt: skip

"""SKU descriptions of Google Cloud as they stand in ChargeDescription.

Source: SKU descriptions of the Cloud Billing catalogue, https://cloud.google.com/skus. Google bills cores and memory of
a machine as two SKUs; this bill has one line per machine, whose price is their sum.
"""

from __future__ import annotations

from typing import Final

from collectors.sample.geography import provider_of, region_of
from collectors.sample.meters.name import MeterName, split_meter
from collectors.sample.parts import Use

_CITY: Final = {"us-central1": "US", "europe-west6": "Zurich", "asia-southeast1": "Singapore"}


def meter_name(use: Use) -> MeterName:
    """The name of a use on the Google Cloud bill."""
    region = region_of(use.place)
    if use.service == "gcp_gcs":
        return _storage(use)
    if use.service == "gcp_bigquery":
        return MeterName(
            service_name="BigQuery", category="Databases", subcategory="Data Warehouses", sku_meter="Analysis",
            resource_type="Project", description=f"Analysis ({region})",
        )  # fmt: skip
    if use.service == "gcp_transfer":
        receiver = use.to_place or use.place
        same_cloud = provider_of(receiver) == "gcp"
        target = f"Inter Region Egress from {_CITY[region]} to {_CITY[region_of(receiver)]}" if same_cloud else (
            f"Internet Egress from {_CITY[region]} to other clouds"
        )  # fmt: skip
        return MeterName(
            service_name="Networking", category="Networking", subcategory="Network Connectivity",
            sku_meter=f"Network {target}", resource_type="Bucket", description=f"Network {target}",
        )  # fmt: skip
    series = use.meter.partition("-")[0].upper()
    spot = "Spot Preemptible " if use.purchase == "spot" else ""
    description = f"{spot}{series} Instance {use.meter} running in {_CITY[region]}"
    return MeterName(
        service_name="Compute Engine", category="Compute", subcategory="Virtual Machines",
        sku_meter=description, resource_type="Instance", description=description,
    )  # fmt: skip


def _storage(use: Use) -> MeterName:
    kind, tier = split_meter(use.meter)
    name, city = tier.capitalize(), _CITY[region_of(use.place)]
    description = {
        "storage": f"{name} Storage {city} Regional",
        "put": f"Regional {name} Class A Operations",
        "transition": f"Regional {name} Class A Operations",
        "get": f"Regional {name} Class B Operations",
        "retrieval": f"{name} Data Retrieval",
    }[kind]
    return MeterName(
        service_name="Cloud Storage", category="Storage", subcategory="Object Storage",
        sku_meter=description, resource_type="Bucket", description=description,
    )  # fmt: skip

"""Usage types of AWS: a region prefix (none for Virginia), then the meter.

Source: the usage types of the AWS Cost and Usage Report, https://docs.aws.amazon.com/cur/latest/userguide/.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from collectors.sample.geography import provider_of, region_of
from collectors.sample.meters.name import MeterName, split_meter
from collectors.sample.parts import Use

REGION_PREFIX: Final[Mapping[str, str]] = MappingProxyType(
    {
        "us-east-1": "USE1", "us-west-2": "USW2", "ca-central-1": "CAN1", "sa-east-1": "SAE1",
        "eu-west-1": "EUW1", "eu-west-2": "EUW2", "eu-central-1": "EUC1",
        "ap-southeast-1": "APS1", "ap-northeast-1": "APN1", "ap-southeast-2": "APS2", "ap-south-1": "APS3",
    }
)  # fmt: skip
_STORAGE: Final = {
    "standard": "ByteHrs",
    "standard_ia": "SIA-ByteHrs",
    "glacier_ir": "GIR-ByteHrs",
    "glacier_flexible": "GlacierByteHrs",
    "deep_archive": "GDA-ByteHrs",
}
_TIER: Final = {
    "standard": "",
    "standard_ia": "SIA-",
    "glacier_ir": "GIR-",
    "glacier_flexible": "Glacier-",
    "deep_archive": "GDA-",
}


def meter_name(use: Use) -> MeterName:
    """The name of a use on the AWS bill."""
    if use.service == "aws_s3":
        return _s3(use)
    if use.service == "aws_transfer":
        return _transfer(use)
    if use.service == "aws_ec2":
        kind = "SpotUsage" if use.purchase == "spot" else "BoxUsage"
        return MeterName(
            service_name="Amazon Elastic Compute Cloud", category="Compute", subcategory="Virtual Machines",
            sku_meter=_prefixed(use, f"{kind}:{use.meter}"), resource_type="Instance",
            description=f"{use.meter} Linux instance hour in {region_of(use.place)}",
        )  # fmt: skip
    if use.service == "aws_glue":
        return MeterName(
            service_name="AWS Glue", category="Analytics", subcategory="Data Processing",
            sku_meter=_prefixed(use, "ETL-DPU-Hour"), resource_type="Job",
            description="per Data Processing Unit-Hour for AWS Glue ETL job",
        )  # fmt: skip
    return MeterName(
        service_name="Amazon Athena", category="Analytics", subcategory="Analytics Platforms",
        sku_meter=_prefixed(use, "DataScannedInTB"), resource_type="Workgroup",
        description="per Terabyte for DataScannedInTB",
    )  # fmt: skip


def _prefixed(use: Use, usage_type: str) -> str:
    region = region_of(use.place)
    return usage_type if region == "us-east-1" else f"{REGION_PREFIX[region]}-{usage_type}"


def _s3(use: Use) -> MeterName:
    kind, tier = split_meter(use.meter)
    usage_type, description = {
        "storage": (f"TimedStorage-{_STORAGE[tier]}", f"per GB-month of storage used in {tier}"),
        "put": (f"Requests-{_TIER[tier]}Tier1", f"per 1,000 PUT, COPY, POST or LIST requests to {tier}"),
        "transition": (f"Requests-{_TIER[tier]}Tier1", f"per 1,000 lifecycle transition requests to {tier}"),
        "get": (f"Requests-{_TIER[tier]}Tier2", f"per 10,000 GET and all other requests to {tier}"),
        "retrieval": (f"Retrieval-{_TIER[tier].rstrip('-')}", f"per GB retrieved from {tier}"),
    }[kind]
    return MeterName(
        service_name="Amazon Simple Storage Service", category="Storage", subcategory="Object Storage",
        sku_meter=_prefixed(use, usage_type), resource_type="Bucket", description=description,
    )  # fmt: skip


def _transfer(use: Use) -> MeterName:
    receiver = use.to_place or use.place
    if provider_of(receiver) == "aws":
        pair = f"{REGION_PREFIX[region_of(use.place)]}-{REGION_PREFIX[region_of(receiver)]}"
        usage_type, description = f"{pair}-AWS-Out-Bytes", f"data transfer to {region_of(receiver)}"
    else:
        usage_type, description = _prefixed(use, "DataTransfer-Out-Bytes"), "data transfer out to the internet"
    return MeterName(
        service_name="AWS Data Transfer", category="Networking", subcategory="Network Connectivity",
        sku_meter=usage_type, resource_type="Bucket", description=description,
    )  # fmt: skip

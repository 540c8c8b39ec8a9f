"""Resource and account ids in each vendor's own form, derived from the sample's names."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from collectors.sample.contracts import VENDORS
from collectors.sample.geography import region_of

_AWS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "bucket": "arn:aws:s3:::bank-{name}",
        "vm": "arn:aws:ec2:{region}:{account}:instance/i-{digits}",
        "cluster": "arn:aws:autoscaling:{region}:{account}:autoScalingGroup/{name}",
        "glue": "arn:aws:glue:{region}:{account}:job/{name}",
        "warehouse": "arn:aws:athena:{region}:{account}:workgroup/{name}",
    }
)
_AZURE_KIND: Final[Mapping[str, str]] = MappingProxyType(
    {
        "bucket": "microsoft.storage/storageaccounts/st{digits}",
        "vm": "microsoft.compute/virtualmachines/{name}",
        "cluster": "microsoft.compute/virtualmachinescalesets/{name}",
    }
)
_GCP: Final[Mapping[str, str]] = MappingProxyType(
    {
        "bucket": "//storage.googleapis.com/projects/_/buckets/bank-{name}",
        "vm": "//compute.googleapis.com/projects/{account}/zones/{region}-a/instances/{name}",
        "cluster": "//compute.googleapis.com/projects/{account}/regions/{region}/instanceGroups/{name}",
        "warehouse": "//bigquery.googleapis.com/projects/{name}",
    }
)


def sub_account_id(vendor: str, business_unit: str) -> str:
    """Account, subscription, project or workspace of a business unit at a vendor."""
    digest = hashlib.sha256(f"{vendor}/{business_unit}".encode()).hexdigest()
    if vendor == "aws":
        return str(int(digest[:12], 16) % 9 * 10**11 + int(digest[12:22], 16) % 10**11 + 10**11)[:12]
    if vendor == "azure":
        return f"{digest[:8]}-{digest[8:12]}-4{digest[13:16]}-8{digest[17:20]}-{digest[20:32]}"
    if vendor == "databricks":
        return str(int(digest[:13], 16))
    return f"bank-{business_unit}"


def native_resource_id(vendor: str, key: str, place: str, business_unit: str) -> str:
    """The id on the vendor's bill of a resource that the sample calls ``kind/name`` or ``kind/name/number``."""
    kind, _, rest = key.partition("/")
    name = rest.replace("/", "-")
    account = sub_account_id(vendor, business_unit)
    facts = {
        "name": name,
        "region": region_of(place),
        "account": account,
        "digits": hashlib.sha256(key.encode()).hexdigest()[:17],
    }
    if vendor == "aws":
        return _AWS[kind].format(**facts)
    if vendor == "gcp":
        return _GCP[kind].format(**facts)
    if vendor == "azure":
        group = f"/subscriptions/{account}/resourcegroups/rg-{business_unit}/providers/"
        return group + _AZURE_KIND[kind].format(**facts)
    return f"{VENDORS[vendor].account_id}/{account}/{kind}/{name}"

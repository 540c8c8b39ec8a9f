"""Connections to AWS: billing exports in S3, and what may be read besides."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Final

from collectors.connections.base import Connection

_FOLDERS: Final = ("inventories", "storage_lens", "access_logs", "trails")
_FOLDER: Final = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/\S*)?")
ESTATE: Final = ("accounts", "commitments", "advice")
_REGION: Final = r"[a-z]{2}(-[a-z]+)+-\d+"
_WORKLOAD: Final = "workload:"


@dataclass(frozen=True, slots=True, kw_only=True)
class AwsExport(Connection):
    """An export delivered to ``s3://<bucket>/<prefix>/<export>/``.

    ``credentials = "workload:PATH"`` names the file of a web identity token, as a cluster mounts it; it is exchanged
    for the role ``role_arn``.

    Attributes:
        role_arn: role to assume with the credentials, with ``external_id`` when the role asks for one.
        calls_per_day: most calls of Cost Explorer a UTC day (each costs 0.01 USD), counted while the collector is open.
        estate: what is read of the estate besides: ``accounts`` of the organisation, ``commitments`` (savings plans
            and the reserved instances of ``region`` and ``metric_regions``), ``advice`` of the Cost Optimization Hub.
        metric_regions: regions whose bucket sizes are read from CloudWatch.
        inventories, storage_lens, access_logs, trails: ``s3://bucket/prefix`` of S3 Inventory configurations, Storage
            Lens exports, S3 server access logs and CloudTrail data events.
        price_services: service codes whose price lists are read for ``region`` and ``metric_regions``, for instance
            ``AmazonS3``.
    """

    PROVIDER: ClassVar[str] = "aws"
    TOTAL_IS_CHARGED: ClassVar[bool] = True
    ENDPOINTS: ClassVar[tuple[str, ...]] = (
        "s3",
        "sts",
        "cost_explorer",
        "cloudwatch",
        "savings_plans",
        "ec2",
        "cost_optimization_hub",
        "organizations",
        "pricing",
        "invoicing",
    )
    PATTERNS: ClassVar[Mapping[str, tuple[str, str]]] = {
        "bucket": (r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", "the name of an S3 bucket"),
        "export": (r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}", "the name of the export as AWS shows it"),
        "region": (_REGION, "an AWS region such as us-east-1"),
        "role_arn": (r"arn:aws[a-z-]*:iam::\d{12}:role/.+", "the ARN of an IAM role"),
    }

    bucket: str
    export: str
    region: str
    prefix: str = ""
    role_arn: str | None = None
    external_id: str | None = None
    calls_per_day: int = 24
    estate: tuple[str, ...] = ()
    metric_regions: tuple[str, ...] = ()
    inventories: tuple[str, ...] = ()
    storage_lens: tuple[str, ...] = ()
    access_logs: tuple[str, ...] = ()
    trails: tuple[str, ...] = ()
    price_services: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        Connection.__post_init__(self)
        object.__setattr__(self, "prefix", self.prefix.strip("/"))
        for name in _FOLDERS:
            for folder in getattr(self, name):
                if _FOLDER.fullmatch(folder) is None:
                    raise ValueError(f"{name} names {folder!r}; expected s3://bucket or s3://bucket/prefix")
        for name in self.estate:
            if name not in ESTATE:
                raise ValueError(f"estate names {name!r}; expected some of {', '.join(ESTATE)}")
        for region in self.metric_regions:
            if re.fullmatch(_REGION, region) is None:
                raise ValueError(f"metric_regions names {region!r}, which is not an AWS region such as us-east-1")
        if self.credentials.startswith(_WORKLOAD) and self.role_arn is None:
            raise ValueError('role_arn is missing; credentials = "workload:PATH" are exchanged for a role, so name it')
        if self.external_id is not None and self.role_arn is None:
            raise ValueError("external_id is given without role_arn; name the role that asks for it, or remove it")

    @property
    def regions(self) -> tuple[str, ...]:
        """``region`` and ``metric_regions``, each once."""
        return tuple(dict.fromkeys((self.region, *self.metric_regions)))

    @property
    def base_key(self) -> str:
        """Key prefix of everything that the export writes, ending in a slash."""
        return f"{self.prefix}/{self.export}/" if self.prefix else f"{self.export}/"

    @property
    def origin(self) -> str:
        """The export's folder in S3."""
        return f"s3://{self.bucket}/{self.base_key}"

    def default_source(self) -> str:
        """``aws:<export>``."""
        return f"aws:{self.export}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AwsFocusExport(AwsExport):
    """FOCUS 1.0 or 1.2 of Data Exports."""

    KIND: ClassVar[str] = "focus_export"
    MEANING: ClassVar[str] = "the FOCUS export of AWS Data Exports in an S3 bucket"


@dataclass(frozen=True, slots=True, kw_only=True)
class AwsCostAndUsageReport2(AwsExport):
    """CUR 2.0 of Data Exports."""

    KIND: ClassVar[str] = "cur_2_export"
    MEANING: ClassVar[str] = "the CUR 2.0 export of AWS Data Exports in an S3 bucket"


@dataclass(frozen=True, slots=True, kw_only=True)
class AwsLegacyReport(AwsExport):
    """The Cost and Usage Report as it was before Data Exports."""

    KIND: ClassVar[str] = "legacy_cur"
    MEANING: ClassVar[str] = "a legacy Cost and Usage Report in an S3 bucket"

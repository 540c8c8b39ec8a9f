"""AWS: the FOCUS export of Data Exports, collected from its S3 bucket."""

from collectors.aws.billing import (
    CollectReport,
    CollectWindow,
    EmptyPeriod,
    MissingPeriod,
    StoredPeriod,
    UnchangedPeriod,
    collect_focus_export,
)
from collectors.aws.client import s3_client

__all__ = [
    "CollectReport",
    "CollectWindow",
    "EmptyPeriod",
    "MissingPeriod",
    "StoredPeriod",
    "UnchangedPeriod",
    "collect_focus_export",
    "s3_client",
]

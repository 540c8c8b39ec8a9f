"""Connections: which bills to collect from where. ``KINDS`` are all there are; importing this loads no vendor's SDK."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from collectors.connections import file
from collectors.connections.aws import AwsCostAndUsageReport2, AwsExport, AwsFocusExport, AwsLegacyReport
from collectors.connections.azure import AzureAmortizedExport, AzureExport, AzureFocusExport
from collectors.connections.base import Connection
from collectors.connections.databricks import DatabricksSystemTables
from collectors.connections.focus_files import FocusFolder
from collectors.connections.gcp import GcpBilling, GcpBillingFiles, GcpBillingTable, GcpDetailedTable, GcpFocusTable
from collectors.connections.snowflake import SnowflakeUsage

KINDS: Final[tuple[type[Connection], ...]] = (
    AwsFocusExport,
    AwsCostAndUsageReport2,
    AwsLegacyReport,
    AzureFocusExport,
    AzureAmortizedExport,
    GcpFocusTable,
    GcpDetailedTable,
    GcpBillingFiles,
    SnowflakeUsage,
    DatabricksSystemTables,
    FocusFolder,
)


def read_connections(path: Path) -> tuple[Connection, ...]:
    """The connections of a TOML file of any of ``KINDS``; see ``collectors.connections.file``."""
    return file.read_connections(path, KINDS)


__all__ = [
    "KINDS",
    "AwsCostAndUsageReport2",
    "AwsExport",
    "AwsFocusExport",
    "AwsLegacyReport",
    "AzureAmortizedExport",
    "AzureExport",
    "AzureFocusExport",
    "Connection",
    "DatabricksSystemTables",
    "FocusFolder",
    "GcpBilling",
    "GcpBillingFiles",
    "GcpBillingTable",
    "GcpDetailedTable",
    "GcpFocusTable",
    "SnowflakeUsage",
    "read_connections",
]

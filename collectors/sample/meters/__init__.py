"""How each vendor names what it bills: one module per vendor, in the manner of its own cost export."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from collectors.sample.meters import aws, azure, databricks, gcp, snowflake
from collectors.sample.meters.name import MeterName
from collectors.sample.parts import Use

METER_NAMES: Final[Mapping[str, Callable[[Use], MeterName]]] = MappingProxyType(
    {
        "aws": aws.meter_name,
        "azure": azure.meter_name,
        "gcp": gcp.meter_name,
        "snowflake": snowflake.meter_name,
        "databricks": databricks.meter_name,
    }
)
"""Vendor of the bill -> the name it gives to a use."""

__all__ = ["METER_NAMES", "MeterName"]

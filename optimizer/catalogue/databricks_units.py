"""Databricks units: how many DBU a machine or a SQL warehouse consumes in an hour."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from optimizer.catalogue.entry import UnitSize

SOURCE: Final = "https://www.databricks.com/product/pricing/product-pricing/instance-types"

DBU_PER_VCPU_HOUR: Final[Mapping[str, float]] = MappingProxyType(
    {"general": 0.1725, "compute": 0.1525, "memory": 0.225}
)
"""DBU an hour of a classic (not Photon) job machine, per vCPU, by machine family.

From 4-vCPU machines: general m5.xlarge 0.69, compute c5.xlarge 0.61, memory r5.xlarge 0.90 DBU an hour. The list goes
by machine size and grows in proportion to it; machines of other clouds and generations differ by up to a fifth, so the
figure is ``estimated`` for all of them.
"""

SQL_SERVERLESS_SIZES: Final = tuple(
    UnitSize(name=name, units_per_hour=dbu)
    for name, dbu in (
        ("2X-Small", 4.0),
        ("X-Small", 6.0),
        ("Small", 12.0),
        ("Medium", 24.0),
        ("Large", 40.0),
        ("X-Large", 80.0),
        ("2X-Large", 144.0),
        ("3X-Large", 272.0),
        ("4X-Large", 528.0),
    )
)
SQL_SERVERLESS_DBU_PER_VCPU_HOUR: Final = 0.375
"""A Small warehouse consumes 12 DBU an hour for 4 workers of 8 vCPU: 12 / 32."""

"""Facts of warehouse sizes: what a running warehouse consumes in an hour."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

_SIZES: Final = ("XS", "S", "M", "L", "XL", "2XL", "3XL", "4XL", "5XL", "6XL")

WAREHOUSE_CREDITS_PER_HOUR: Final[Mapping[str, int]] = MappingProxyType(
    {size: 2**doubling for doubling, size in enumerate(_SIZES)}
)
"""Snowflake Gen1 standard warehouses: XS 1 credit an hour, each size twice the one before, 6XL 512.

Source: Snowflake Service Consumption Table, table 1(a), https://www.snowflake.com/legal-files/CreditConsumptionTable.pdf.
Gen2 warehouses consume 1.35 times this on AWS; they are not sold in every region and are not in this table.
"""

MINIMUM_BILLED_SECONDS: Final = 60
"""A warehouse is billed by the second, with this minimum every time it resumes (same source)."""

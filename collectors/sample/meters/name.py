"""What a bill says about a meter."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterName:
    """``sku_meter`` stands in FOCUS 1.1 and later, ``description`` in every version."""

    service_name: str
    category: str
    subcategory: str
    sku_meter: str
    description: str
    resource_type: str


def split_meter(meter: str) -> tuple[str, str]:
    """Kind and tier of a storage meter of the price book.

    >>> split_meter("storage.standard_ia")
    ('storage', 'standard_ia')
    """
    kind, _, tier = meter.partition(".")
    return kind, tier

"""What the company pays against list prices, and who bills it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Vendor:
    """One of the five that send bills. ``negotiated_ratio`` is taken off every list price except spot.

    ``focus_version`` and ``suffix`` are those of the vendor's export; ``support_ratio`` is on top of usage.
    """

    id: str
    provider_name: str
    account_id: str
    account_type: str
    sub_account_type: str
    focus_version: str
    suffix: str
    negotiated_ratio: Decimal
    support_ratio: Decimal
    commitment_type: str


VENDORS: Final[Mapping[str, Vendor]] = MappingProxyType(
    {
        "aws": Vendor(
            id="aws", provider_name="AWS", account_id="100200300400", account_type="Payer account",
            sub_account_type="Linked account", focus_version="1.2", suffix=".parquet",
            negotiated_ratio=Decimal("0.06"), support_ratio=Decimal("0.03"), commitment_type="Reserved Instance",
        ),
        "azure": Vendor(
            id="azure", provider_name="Microsoft", account_id="8611537", account_type="Billing account",
            sub_account_type="Subscription", focus_version="1.0", suffix=".csv.gz",
            negotiated_ratio=Decimal("0.05"), support_ratio=Decimal("0.02"), commitment_type="Reservation",
        ),
        "gcp": Vendor(
            id="gcp", provider_name="Google Cloud", account_id="01F2A3-B4C5D6-E7F809", account_type="Billing account",
            sub_account_type="Project", focus_version="1.0", suffix=".csv.gz",
            negotiated_ratio=Decimal("0.05"), support_ratio=Decimal("0.02"), commitment_type="Committed Use Discount",
        ),
        "snowflake": Vendor(
            id="snowflake", provider_name="Snowflake", account_id="BANKORG", account_type="Organization",
            sub_account_type="Account", focus_version="1.3", suffix=".csv",
            negotiated_ratio=Decimal("0.10"), support_ratio=Decimal(0), commitment_type="Capacity",
        ),
        "databricks": Vendor(
            id="databricks", provider_name="Databricks", account_id="6d1f4c2e-0b7a-4e53-9a31-5cf2d86b7e10",
            account_type="Account", sub_account_type="Workspace", focus_version="1.4", suffix=".parquet",
            negotiated_ratio=Decimal("0.08"), support_ratio=Decimal(0), commitment_type="Commit Units",
        ),
    }
)  # fmt: skip
"""Discounts are what a yearly spend of one to three million dollars commonly obtains; versions are what each vendor's
own export writes."""

HOST_NAMES: Final[Mapping[str, str]] = MappingProxyType(
    {vendor: VENDORS[vendor].provider_name for vendor in ("aws", "azure", "gcp")}
)

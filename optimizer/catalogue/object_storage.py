"""Object storage: which service keeps objects at which provider's places, and which tiers are open to whom."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from optimizer.pricing.storage_facts import STORAGE_TIERS

SERVICE_OF_HOST: Final[Mapping[str, str]] = MappingProxyType({"aws": "aws_s3", "azure": "azure_blob", "gcp": "gcp_gcs"})

RETIRED: Final = "retired"
"""Service of the candidate that deletes a stale duplicate: no bill, no bytes."""

READ_FREE_OF_RETRIEVAL: Final = frozenset(
    {("aws_s3", "standard"), ("aws_s3", "intelligent_tiering"), ("azure_blob", "hot"), ("gcp_gcs", "standard")}
)
"""Tiers that have no retrieval charge by the vendors' definition: no price row is needed to know that."""

COPIES_ONLY: Final = frozenset({("aws_s3", "onezone_ia")})
"""Tiers that lose data with one zone and are sold for data that exists elsewhere: offered to recovery copies alone."""


def tiers_of(service: str) -> tuple[str, ...]:
    """Tiers of a service from hottest to coldest."""
    found = [(facts.rank, tier) for (owner, tier), facts in STORAGE_TIERS.items() if owner == service]
    return tuple(tier for _, tier in sorted(found))

"""Facts of object-storage tiers that are not prices: minimum durations, billable sizes, overheads, restores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

_AWS: Final = "https://aws.amazon.com/s3/storage-classes/ and https://aws.amazon.com/s3/pricing/"
_AZURE: Final = "https://learn.microsoft.com/azure/storage/blobs/access-tiers-overview"
_GCP: Final = "https://cloud.google.com/storage/docs/storage-classes"


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageTierFacts:
    """What a tier demands of the objects in it.

    ``minimum_days``: an object deleted or moved earlier is billed up to this age. ``minimum_object_kib``: a smaller
    object is billed as if this big. ``overhead_kib`` is added to every object at the tier's own rate and
    ``standard_overhead_kib`` at the rate of ``storage.standard`` of the same service. ``retrievable_online`` is False
    where a read must be asked for and waited for, up to ``restore_hours`` under the standard option.
    ``per_object_monitoring`` is True where every object of at least 128 KiB pays the meter ``monitoring.<tier>``.
    """

    rank: int
    minimum_days: int
    minimum_object_kib: int
    overhead_kib: int
    standard_overhead_kib: int
    retrievable_online: bool
    restore_hours: float
    zones: int
    per_object_monitoring: bool
    source: str


def _tier(
    rank: int,
    source: str,
    *,
    minimum_days: int = 0,
    minimum_object_kib: int = 0,
    overhead_kib: int = 0,
    standard_overhead_kib: int = 0,
    restore_hours: float = 0.0,
    zones: int = 3,
    per_object_monitoring: bool = False,
) -> StorageTierFacts:
    return StorageTierFacts(
        rank=rank,
        minimum_days=minimum_days,
        minimum_object_kib=minimum_object_kib,
        overhead_kib=overhead_kib,
        standard_overhead_kib=standard_overhead_kib,
        retrievable_online=restore_hours == 0,
        restore_hours=restore_hours,
        zones=zones,
        per_object_monitoring=per_object_monitoring,
        source=source,
    )


STORAGE_TIERS: Final[Mapping[tuple[str, str], StorageTierFacts]] = MappingProxyType(
    {
        ("aws_s3", "standard"): _tier(0, _AWS),
        ("aws_s3", "intelligent_tiering"): _tier(1, _AWS, per_object_monitoring=True),
        ("aws_s3", "standard_ia"): _tier(2, _AWS, minimum_days=30, minimum_object_kib=128),
        ("aws_s3", "onezone_ia"): _tier(3, _AWS, minimum_days=30, minimum_object_kib=128, zones=1),
        ("aws_s3", "glacier_ir"): _tier(4, _AWS, minimum_days=90, minimum_object_kib=128),
        ("aws_s3", "glacier_flexible"): _tier(
            5, _AWS, minimum_days=90, overhead_kib=32, standard_overhead_kib=8, restore_hours=5.0
        ),
        ("aws_s3", "deep_archive"): _tier(
            6, _AWS, minimum_days=180, overhead_kib=32, standard_overhead_kib=8, restore_hours=12.0
        ),
        ("azure_blob", "hot"): _tier(0, _AZURE, zones=1),
        ("azure_blob", "cool"): _tier(1, _AZURE, minimum_days=30, zones=1),
        ("azure_blob", "cold"): _tier(2, _AZURE, minimum_days=90, zones=1),
        ("azure_blob", "archive"): _tier(3, _AZURE, minimum_days=180, restore_hours=15.0, zones=1),
        ("gcp_gcs", "standard"): _tier(0, _GCP),
        ("gcp_gcs", "nearline"): _tier(1, _GCP, minimum_days=30),
        ("gcp_gcs", "coldline"): _tier(2, _GCP, minimum_days=90),
        ("gcp_gcs", "archive"): _tier(3, _GCP, minimum_days=365),
    }
)
"""(service, tier) -> facts; ``rank`` ascends from the hottest tier. Azure tiers are locally redundant (LRS)."""

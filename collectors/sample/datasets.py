"""Datasets in the lake: primaries by kind, with their age bands and the tiers that they are in today."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from collectors.inventory.rows import BandRow, DatasetRow
from collectors.sample import activity
from collectors.sample.causes import COLD_DATA_IN_HOT_TIERS, UNMANAGED_LIFECYCLE_RATIO
from collectors.sample.draws import Draws
from collectors.sample.geography import provider_of
from collectors.sample.parts import SampleDataset
from collectors.sample.sites import draw_sites, scaled_count

BAND_AGES: Final = ((0, 30), (30, 90), (90, 365), (365, None))
STORAGE_SERVICE: Final[Mapping[str, str]] = MappingProxyType({"aws": "aws_s3", "azure": "azure_blob", "gcp": "gcp_gcs"})
MANAGED_TIERS: Final[Mapping[str, tuple[str, str, str, str]]] = MappingProxyType(
    {
        "aws_s3": ("standard", "standard", "standard_ia", "glacier_ir"),
        "azure_blob": ("hot", "hot", "cool", "cold"),
        "gcp_gcs": ("standard", "standard", "nearline", "coldline"),
    }
)
"""Tier per age band where somebody wrote a lifecycle rule."""
_PROVIDERS: Final = {"aws": 0.56, "azure": 0.28, "gcp": 0.16}


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetKind:
    """``stored_ratio`` and ``read_ratio`` are shares per age band of ``BAND_AGES``."""

    name: str
    count_ratio: float
    size_ratio: float
    stored_ratio: tuple[float, float, float, float]
    read_ratio: tuple[float, float, float, float]
    objects_per_gb: float


KINDS: Final = (
    DatasetKind(
        name="landing", count_ratio=0.20, size_ratio=1.4, objects_per_gb=60.0,
        stored_ratio=(0.08, 0.14, 0.40, 0.38), read_ratio=(0.86, 0.11, 0.03, 0.0),
    ),
    DatasetKind(
        name="curated", count_ratio=0.28, size_ratio=1.2, objects_per_gb=8.0,
        stored_ratio=(0.15, 0.20, 0.35, 0.30), read_ratio=(0.70, 0.20, 0.09, 0.01),
    ),
    DatasetKind(
        name="marts", count_ratio=0.20, size_ratio=0.5, objects_per_gb=10.0,
        stored_ratio=(0.40, 0.30, 0.20, 0.10), read_ratio=(0.75, 0.15, 0.08, 0.02),
    ),
    DatasetKind(
        name="logs", count_ratio=0.12, size_ratio=1.3, objects_per_gb=25.0,
        stored_ratio=(0.10, 0.20, 0.50, 0.20), read_ratio=(0.95, 0.05, 0.0, 0.0),
    ),
    DatasetKind(
        name="retention", count_ratio=0.08, size_ratio=1.8, objects_per_gb=4.0,
        stored_ratio=(0.02, 0.04, 0.16, 0.78), read_ratio=(1.0, 0.0, 0.0, 0.0),
    ),
    DatasetKind(
        name="features", count_ratio=0.12, size_ratio=0.4, objects_per_gb=12.0,
        stored_ratio=(0.50, 0.30, 0.15, 0.05), read_ratio=(0.80, 0.15, 0.05, 0.0),
    ),
)  # fmt: skip
"""Landing zones and logs grow and age; marts and features are rebuilt; retention is kept because a law says so."""


def primary_datasets(draws: Draws, scale: float, stored_gb: float) -> list[SampleDataset]:
    """Primaries that hold ``stored_gb`` together, not read or written by anyone yet."""
    count = scaled_count(activity.PRIMARY_DATASETS, scale)
    kinds = draws.spread({kind: kind.count_ratio for kind in KINDS}, count)
    sites = draw_sites(draws, count, _PROVIDERS)
    weights = draws.shares(count, activity.SIZE_SIGMA) * [kind.size_ratio for kind in kinds]
    sizes_gb = weights / weights.sum() * stored_gb
    unmanaged = draws.chosen(count, UNMANAGED_LIFECYCLE_RATIO)
    built = []
    for index, (kind, site) in enumerate(zip(kinds, sites, strict=True)):
        service = STORAGE_SERVICE[provider_of(site.place)]
        dataset_id = f"{kind.name}-{site.business_unit}-{index + 1:03d}"
        bands = _bands(dataset_id, kind, service, float(sizes_gb[index]), managed=not unmanaged[index])
        written_gb = bands[0].stored_gb  # what is younger than a month was written this month
        row = DatasetRow(
            dataset_id=dataset_id,
            name=f"{kind.name} of {site.business_unit}",
            service=service,
            content_hash=draws.hexadecimal(),
            replica_of=None,
            written_gb_per_month=written_gb,
            put_requests_per_month=round(written_gb * kind.objects_per_gb, 1),
            **site.tags,
        )
        causes = frozenset({COLD_DATA_IN_HOT_TIERS}) if unmanaged[index] else frozenset[str]()
        built.append(
            SampleDataset(
                row=row,
                resource_id=f"bucket/{dataset_id}",
                bands=bands,
                objects_per_gb=kind.objects_per_gb,
                causes=causes,
            )
        )
    return built


def _bands(dataset_id: str, kind: DatasetKind, service: str, stored_gb: float, *, managed: bool) -> tuple[BandRow, ...]:
    tiers = MANAGED_TIERS[service]
    return tuple(
        BandRow(
            dataset_id=dataset_id,
            tier=tiers[band] if managed else tiers[0],
            min_age_days=youngest,
            max_age_days=oldest,
            stored_gb=round(stored_gb * ratio, 3),
            object_count=float(round(stored_gb * ratio * kind.objects_per_gb)),
            retrieved_gb_per_month=0.0,
            get_requests_per_month=0.0,
        )
        for band, ((youngest, oldest), ratio) in enumerate(zip(BAND_AGES, kind.stored_ratio, strict=True))
    )


def read_ratio_of(dataset: SampleDataset) -> tuple[float, float, float, float]:
    """Share of a primary's reads per age band."""
    return next(kind.read_ratio for kind in KINDS if dataset.row.dataset_id.startswith(f"{kind.name}-"))

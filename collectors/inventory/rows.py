"""Rows of the inventory tables. Field names and order are the column names and order of the files."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkloadRow:
    """Something that runs (``workloads``). Demand is a month's; see ``optimizer.domain.estate.Demand``."""

    workload_id: str
    name: str
    role: str
    place: str
    service: str
    sku: str
    purchase: str
    business_unit: str
    environment: str
    data_class: str
    jurisdiction: str
    owner: str
    vcpu_hours: float
    memory_gib: float
    peak_vcpu: float
    running_hours: float
    instances: int
    scanned_gb: float
    interruptible: bool
    migration_labour_hours: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceRow:
    """Which workload or dataset a ``ResourceId`` of the bills belongs to (``resources``)."""

    resource_id: str
    belongs_to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsumerRow:
    """Where somebody waits for a workload, and how long the round trip may take (``consumers``)."""

    workload_id: str
    place: str
    max_rtt_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetRow:
    """Something that is kept in object storage (``datasets``). Equal ``content_hash`` means equal content."""

    dataset_id: str
    name: str
    place: str
    service: str
    business_unit: str
    environment: str
    data_class: str
    jurisdiction: str
    owner: str
    content_hash: str
    replica_of: str | None
    written_gb_per_month: float
    put_requests_per_month: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BandRow:
    """One age band of a dataset (``dataset_bands``); ``max_age_days`` None means: any older."""

    dataset_id: str
    tier: str
    min_age_days: int
    max_age_days: int | None
    stored_gb: float
    object_count: float
    retrieved_gb_per_month: float
    get_requests_per_month: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LineageRow:
    """A workload reads or writes a dataset every month (``lineage``)."""

    workload_id: str
    dataset_id: str
    direction: str
    gb_per_month: float
    max_rtt_ms: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitmentRow:
    """A promise to pay that already stands (``commitments``); ``place`` None means: valid anywhere."""

    commitment_id: str
    provider: str
    service: str
    place: str | None
    monthly_usd: Decimal
    ends_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """All tables of one folder, rows in file order. ``read_inventory`` returns only validated ones."""

    workloads: tuple[WorkloadRow, ...]
    resources: tuple[ResourceRow, ...]
    consumers: tuple[ConsumerRow, ...]
    datasets: tuple[DatasetRow, ...]
    dataset_bands: tuple[BandRow, ...]
    lineage: tuple[LineageRow, ...]
    commitments: tuple[CommitmentRow, ...]

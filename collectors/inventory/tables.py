"""The inventory's tables: which file holds which rows, with which columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from collectors.inventory.cells import (
    ANY_TEXT,
    DATE,
    DAYS,
    FLAG,
    HOURS_OF_MONTH,
    INSTANCES,
    MONEY,
    NUMBER,
    OPTIONAL_DAYS,
    OPTIONAL_NUMBER,
    OPTIONAL_PLACE,
    OPTIONAL_TEXT,
    PLACE,
    TEXT,
    Kind,
    one_of,
)
from collectors.inventory.rows import (
    BandRow,
    CommitmentRow,
    ConsumerRow,
    DatasetRow,
    LineageRow,
    ResourceRow,
    WorkloadRow,
)
from optimizer.domain.estate import ROLES

SUFFIXES: Final = (".csv", ".parquet")


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One table. ``key`` are the columns that together stand only once in the file."""

    name: str
    row_type: type[Any]
    columns: Mapping[str, Kind]
    key: tuple[str, ...]


_TAGS: Final = {
    "business_unit": TEXT,
    "environment": TEXT,
    "data_class": TEXT,
    "jurisdiction": ANY_TEXT,
    "owner": ANY_TEXT,
}

TABLES: Final = (
    Table(
        name="workloads",
        row_type=WorkloadRow,
        columns={
            "workload_id": TEXT,
            "name": TEXT,
            "role": one_of(*ROLES),
            "place": PLACE,
            "service": TEXT,
            "sku": TEXT,
            "purchase": one_of("on_demand", "spot", "committed_1y", "committed_3y"),
            **_TAGS,
            "vcpu_hours": NUMBER,
            "memory_gib": NUMBER,
            "peak_vcpu": NUMBER,
            "running_hours": HOURS_OF_MONTH,
            "instances": INSTANCES,
            "scanned_gb": NUMBER,
            "interruptible": FLAG,
            "migration_labour_hours": NUMBER,
        },
        key=("workload_id",),
    ),
    Table(
        name="datasets",
        row_type=DatasetRow,
        columns={
            "dataset_id": TEXT,
            "name": TEXT,
            "place": PLACE,
            "service": TEXT,
            **_TAGS,
            "content_hash": TEXT,
            "replica_of": OPTIONAL_TEXT,
            "written_gb_per_month": NUMBER,
            "put_requests_per_month": NUMBER,
        },
        key=("dataset_id",),
    ),
    Table(
        name="dataset_bands",
        row_type=BandRow,
        columns={
            "dataset_id": TEXT,
            "tier": TEXT,
            "min_age_days": DAYS,
            "max_age_days": OPTIONAL_DAYS,
            "stored_gb": NUMBER,
            "object_count": NUMBER,
            "retrieved_gb_per_month": NUMBER,
            "get_requests_per_month": NUMBER,
        },
        key=("dataset_id", "min_age_days"),
    ),
    Table(
        name="resources",
        row_type=ResourceRow,
        columns={"resource_id": TEXT, "belongs_to": TEXT},
        key=("resource_id",),
    ),
    Table(
        name="consumers",
        row_type=ConsumerRow,
        columns={"workload_id": TEXT, "place": PLACE, "max_rtt_ms": NUMBER},
        key=("workload_id", "place"),
    ),
    Table(
        name="lineage",
        row_type=LineageRow,
        columns={
            "workload_id": TEXT,
            "dataset_id": TEXT,
            "direction": one_of("read", "write"),
            "gb_per_month": NUMBER,
            "max_rtt_ms": OPTIONAL_NUMBER,
        },
        key=("workload_id", "dataset_id", "direction"),
    ),
    Table(
        name="commitments",
        row_type=CommitmentRow,
        columns={
            "commitment_id": TEXT,
            "provider": TEXT,
            "service": TEXT,
            "place": OPTIONAL_PLACE,
            "monthly_usd": MONEY,
            "ends_on": DATE,
        },
        key=("commitment_id",),
    ),
)
"""Every table of an inventory folder, in the order in which faults are reported."""

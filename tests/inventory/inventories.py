"""Small inventories, and a strategy that draws valid ones."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from collectors.inventory import (
    BandRow,
    CommitmentRow,
    ConsumerRow,
    DatasetRow,
    Inventory,
    LineageRow,
    ResourceRow,
    WorkloadRow,
)

_TAGS = {
    "business_unit": "cards",
    "environment": "production",
    "data_class": "internal",
    "jurisdiction": "US",
    "owner": "cards@bank.example",
}


def workload(workload_id: str = "etl", **changes: Any) -> WorkloadRow:
    """A Spark job group."""
    facts: dict[str, Any] = {
        "workload_id": workload_id, "name": "nightly", "role": "batch_compute", "place": "aws:us-east-1",
        "service": "aws_ec2", "sku": "m5.4xlarge", "purchase": "on_demand", **_TAGS, "vcpu_hours": 1200.5,
        "memory_gib": 44.8, "peak_vcpu": 10.9, "running_hours": 310.0, "instances": 3, "scanned_gb": 0.0,
        "interruptible": True, "migration_labour_hours": 24.0,
    }  # fmt: skip
    return WorkloadRow(**(facts | changes))


def dataset(dataset_id: str = "landing", **changes: Any) -> DatasetRow:
    """A landing zone."""
    facts: dict[str, Any] = {
        "dataset_id": dataset_id, "name": "events", "place": "aws:us-east-1", "service": "aws_s3", **_TAGS,
        "content_hash": "ab12", "replica_of": None, "written_gb_per_month": 120.0, "put_requests_per_month": 7200.0,
    }  # fmt: skip
    return DatasetRow(**(facts | changes))


def band(dataset_id: str = "landing", begins: int = 0, ends: int | None = None, **changes: Any) -> BandRow:
    """One age band."""
    facts: dict[str, Any] = {
        "dataset_id": dataset_id, "tier": "standard", "min_age_days": begins, "max_age_days": ends,
        "stored_gb": 1000.0, "object_count": 60000.0, "retrieved_gb_per_month": 300.0,
        "get_requests_per_month": 37500.0,
    }  # fmt: skip
    return BandRow(**(facts | changes))


def small_inventory() -> Inventory:
    """One workload, a dataset in two bands with a replica, a read, a consumer, a commitment."""
    return Inventory(
        workloads=(workload(),),
        resources=(
            ResourceRow(resource_id="arn:1", belongs_to="etl"),
            ResourceRow(resource_id="arn:2", belongs_to="landing"),
        ),
        consumers=(ConsumerRow(workload_id="etl", place="aws:us-east-1", max_rtt_ms=60.0),),
        datasets=(dataset(), dataset("landing-copy", replica_of="landing", place="aws:us-west-2")),
        dataset_bands=(band(begins=0, ends=30), band(begins=30), band("landing-copy")),
        lineage=(
            LineageRow(
                workload_id="etl", dataset_id="landing", direction="read", gb_per_month=300.0, max_rtt_ms=None
            ),
        ),
        commitments=(
            CommitmentRow(
                commitment_id="ri-1", provider="aws", service="aws_ec2", place="aws:us-east-1",
                monthly_usd=Decimal("1200.50"), ends_on=date(2027, 3, 1),
            ),
        ),
    )  # fmt: skip


_IDS = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1, max_size=12)
_AMOUNTS = st.floats(min_value=0, max_value=1e15)
_PLACES = st.sampled_from(("aws:us-east-1", "azure:uksouth", "gcp:europe-west6"))


@st.composite
def inventories(draw: st.DrawFn) -> Inventory:
    """Valid inventories with awkward texts and numbers."""
    ids = draw(st.lists(_IDS, min_size=2, max_size=8, unique=True))
    cut = draw(st.integers(1, len(ids) - 1))
    workload_ids, dataset_ids = ids[:cut], ids[cut:]
    workloads = tuple(
        workload(
            workload_id, name=draw(_IDS), place=draw(_PLACES), vcpu_hours=draw(_AMOUNTS), memory_gib=draw(_AMOUNTS),
            running_hours=draw(st.floats(0, 730)), instances=draw(st.integers(1, 10**6)),
            interruptible=draw(st.booleans()), jurisdiction=draw(st.sampled_from(("", "US"))),
        )
        for workload_id in workload_ids
    )  # fmt: skip
    edges = draw(
        st.lists(
            st.tuples(st.sampled_from(workload_ids), st.sampled_from(dataset_ids), st.sampled_from(("read", "write"))),
            unique=True,
            max_size=6,
        )
    )
    primary = dataset_ids[0]
    return Inventory(
        workloads=workloads,
        resources=tuple(ResourceRow(resource_id=f"r/{thing}", belongs_to=thing) for thing in ids),
        consumers=(),
        datasets=tuple(
            dataset(
                dataset_id, content_hash=draw(_IDS), written_gb_per_month=draw(_AMOUNTS),
                replica_of=draw(st.sampled_from((None, primary))) if dataset_id != primary else None,
            )
            for dataset_id in dataset_ids
        ),
        dataset_bands=tuple(
            each
            for dataset_id in dataset_ids
            for each in (band(dataset_id, 0, 30, stored_gb=draw(_AMOUNTS)), band(dataset_id, 30))
        ),
        lineage=tuple(
            LineageRow(
                workload_id=reader, dataset_id=read, direction=direction, gb_per_month=draw(_AMOUNTS),
                max_rtt_ms=draw(st.none() | st.floats(0, 1e6)),
            )
            for reader, read, direction in edges
        ),
        commitments=tuple(
            CommitmentRow(
                commitment_id="c", provider="aws", service="aws_ec2", place=draw(st.none() | _PLACES),
                monthly_usd=draw(st.decimals(0, 10**9, places=2)), ends_on=draw(st.dates()),
            )
            for _ in range(draw(st.integers(0, 1)))
        ),
    )  # fmt: skip

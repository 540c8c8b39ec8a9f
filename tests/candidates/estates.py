"""Small estates made by hand."""

from __future__ import annotations

from datetime import date
from typing import Any

from optimizer.candidates import CandidateSet
from optimizer.domain.estate import AgeBand, BilledMonth, Dataset, Demand, Estate, Tags, Workload
from optimizer.domain.policy import Policy
from tests.candidates.books import EAST

AS_OF_ON = date(2026, 11, 1)
TAGS = Tags(business_unit="markets")


def demand(**changed: Any) -> Demand:
    """Two instances of 2.8 vCPU at the peak and 8 GiB, up 200 hours, 700 vCPU-hours of work."""
    given: dict[str, Any] = {
        "vcpu_hours": 700.0,
        "memory_gib": 8.0,
        "peak_vcpu": 2.8,
        "running_hours": 200.0,
        "instances": 2,
    }
    return Demand(**given | changed)


def workload(**changed: Any) -> Workload:
    """A virtual machine workload at EAST on m5.4xlarge that costs 320 USD a month and takes 40 hours to migrate."""
    given: dict[str, Any] = {
        "id": "w",
        "name": "w",
        "role": "virtual_machine",
        "place_id": EAST,
        "service": "aws_ec2",
        "sku": "m5.4xlarge",
        "purchase": "on_demand",
        "tags": TAGS,
        "demand": demand(),
        "billed": BilledMonth(compute_micro_usd=320_000_000),
        "migration_labour_hours": 40.0,
    }
    return Workload(**given | changed)


def band(tier: str = "standard", begin: int = 0, end: int | None = None, **changed: Any) -> AgeBand:
    """1,000 GB in a million objects, never read."""
    given: dict[str, Any] = {"stored_gb": 1000.0, "object_count": 1_000_000.0}
    return AgeBand(tier=tier, min_age_days=begin, max_age_days=end, **given | changed)


def dataset(**changed: Any) -> Dataset:
    """One open band of S3 Standard at EAST, billed 20 USD a month."""
    given: dict[str, Any] = {
        "id": "d",
        "name": "d",
        "place_id": EAST,
        "service": "aws_s3",
        "tags": TAGS,
        "bands": (band(),),
        "billed": BilledMonth(storage_micro_usd=20_000_000),
    }
    return Dataset(**given | changed)


def estate(*things: Workload | Dataset, **changed: Any) -> Estate:
    """An estate of the things given."""
    given: dict[str, Any] = {
        "name": "test",
        "as_of_on": AS_OF_ON,
        "billing_months": ("2026-10",),
        "workloads": tuple(thing for thing in things if isinstance(thing, Workload)),
        "datasets": tuple(thing for thing in things if isinstance(thing, Dataset)),
        "flows": (),
    }
    return Estate(**given | changed)


def policy(**changed: Any) -> Policy:
    """Target utilisation 0.7, on demand only, one month of dual run, 100 USD an hour, horizon 36 months."""
    given: dict[str, Any] = {"name": "test", "labour_usd_per_hour": 100, "dual_run_months": 1.0}
    return Policy(**given | changed)


def row_of(candidates: CandidateSet, candidate_id: str) -> int:
    """Index of a candidate by id."""
    return candidates.candidate_ids.index(candidate_id)


def monthly_micro_usd(candidates: CandidateSet, candidate_id: str) -> int:
    """Monthly charge of a candidate by id."""
    return int(candidates.components_micro_usd[row_of(candidates, candidate_id)].sum())

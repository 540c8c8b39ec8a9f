"""Commitments that already stand, and the fleets that they pay for today."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from collectors.sample.causes import ON_DEMAND_WHERE_STEADY
from collectors.sample.geography import provider_of
from collectors.sample.parts import SampleCommitment, SampleWorkload
from optimizer.pricing.book import PriceBook
from optimizer.units import MONTHS_PER_YEAR

UNUSED_RATIO: Final = 0.06
"""Machines bought beyond those that run now: fleets have shrunk since the commitment was signed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitmentPlan:
    """``covered_ratio`` of the steady machine hours of ``service`` at ``place`` are paid by it."""

    id: str
    service: str
    place: str
    purchase: str
    months_left: int
    covered_ratio: float


PLANS: Final = (
    CommitmentPlan(
        id="ri-virginia", service="aws_ec2", place="aws:us-east-1", purchase="committed_1y",
        months_left=5, covered_ratio=0.6,
    ),
    CommitmentPlan(
        id="ri-oregon", service="aws_ec2", place="aws:us-west-2", purchase="committed_1y",
        months_left=3, covered_ratio=0.5,
    ),
    CommitmentPlan(
        id="ri-ireland", service="aws_ec2", place="aws:eu-west-1", purchase="committed_3y",
        months_left=14, covered_ratio=0.6,
    ),
    CommitmentPlan(
        id="ri-london", service="aws_ec2", place="aws:eu-west-2", purchase="committed_1y",
        months_left=9, covered_ratio=0.5,
    ),
    CommitmentPlan(
        id="res-eastus", service="azure_vm", place="azure:eastus", purchase="committed_1y",
        months_left=8, covered_ratio=0.6,
    ),
    CommitmentPlan(
        id="res-dublin", service="azure_vm", place="azure:northeurope", purchase="committed_1y",
        months_left=6, covered_ratio=0.5,
    ),
    CommitmentPlan(
        id="res-uksouth", service="azure_vm", place="azure:uksouth", purchase="committed_3y",
        months_left=20, covered_ratio=0.6,
    ),
    CommitmentPlan(
        id="cud-iowa", service="gcp_gce", place="gcp:us-central1", purchase="committed_1y",
        months_left=11, covered_ratio=0.6,
    ),
    CommitmentPlan(
        id="cud-zurich", service="gcp_gce", place="gcp:europe-west6", purchase="committed_3y",
        months_left=2, covered_ratio=0.6,
    ),
)  # fmt: skip
"""Signed by the platform team for the places that it runs itself; everybody else pays by the hour."""


def commit(
    workloads: list[SampleWorkload], prices: PriceBook, as_of_on: date
) -> tuple[list[SampleWorkload], tuple[SampleCommitment, ...]]:
    """The workloads, steady fleets covered where a plan covers them, and the commitments that cover any."""
    covered_by: dict[str, CommitmentPlan] = {}
    commitments = []
    for plan in PLANS:
        fleets = _covered(workloads, prices, plan)
        if fleets:
            covered_by.update({fleet.row.workload_id: plan for fleet in fleets})
            commitments.append(_commitment(fleets, plan, as_of_on))
    return [_paid_by(workload, covered_by.get(workload.row.workload_id)) for workload in workloads], tuple(commitments)


def _covered(workloads: list[SampleWorkload], prices: PriceBook, plan: CommitmentPlan) -> list[SampleWorkload]:
    """Whole fleets, smallest first, up to the plan's share of the machines; at least one when any is eligible."""
    eligible = [
        workload
        for workload in workloads
        if workload.steady
        and workload.listed
        and workload.row.place == plan.place
        and (offer := prices.machine(plan.place, plan.service, workload.row.sku)) is not None
        and offer.usd_per_hour(plan.purchase) is not None
    ]
    eligible.sort(key=lambda workload: (workload.row.instances, workload.row.workload_id))
    budget = plan.covered_ratio * sum(workload.row.instances for workload in eligible)
    covered: list[SampleWorkload] = []
    for workload in eligible:
        if not covered or sum(fleet.row.instances for fleet in covered) + workload.row.instances <= budget:
            covered.append(workload)
    return covered


def _commitment(fleets: list[SampleWorkload], plan: CommitmentPlan, as_of_on: date) -> SampleCommitment:
    used: dict[str, float] = {}
    for fleet in fleets:
        used[fleet.row.sku] = used.get(fleet.row.sku, 0.0) + fleet.row.instances
    return SampleCommitment(
        id=plan.id,
        vendor=provider_of(plan.place),
        service=plan.service,
        place=plan.place,
        purchase=plan.purchase,
        ends_on=_months_later(as_of_on, plan.months_left),
        capacity_by_sku=tuple((sku, machines * (1 + UNUSED_RATIO)) for sku, machines in sorted(used.items())),
        used_by_sku=tuple(sorted(used.items())),
    )


def _months_later(on: date, months: int) -> date:
    """The first of the month ``months`` after that of ``on``."""
    index = on.year * MONTHS_PER_YEAR + on.month - 1 + months
    return date(index // MONTHS_PER_YEAR, index % MONTHS_PER_YEAR + 1, 1)


def _paid_by(workload: SampleWorkload, plan: CommitmentPlan | None) -> SampleWorkload:
    if plan is None:
        return workload
    return replace(
        workload,
        row=replace(workload.row, purchase=plan.purchase),
        uses=tuple(replace(use, purchase=plan.purchase, commitment_id=plan.id) for use in workload.uses),
        causes=workload.causes - {ON_DEMAND_WHERE_STEADY},
    )

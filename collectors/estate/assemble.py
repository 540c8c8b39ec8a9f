"""Inventory rows and matched cost become the workloads, datasets and commitments of an estate."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from collectors.estate.duplicates import find_duplicates
from collectors.estate.matching import ThingCost
from collectors.inventory import DatasetRow, Inventory, WorkloadRow
from optimizer.domain.estate import AgeBand, Commitment, Consumer, Dataset, Demand, Tags, Workload
from optimizer.units import micro_usd_rounded

_NOT_BILLED = ThingCost()


def assemble_workloads(inventory: Inventory, costs: Mapping[str, ThingCost]) -> tuple[Workload, ...]:
    """Every workload of the inventory, sorted by id, with what the bills show for it (nothing: zero)."""
    resource_ids = _resource_ids(inventory)
    consumers: defaultdict[str, list[Consumer]] = defaultdict(list)
    for row in inventory.consumers:
        consumers[row.workload_id].append(Consumer(place_id=row.place, max_rtt_ms=row.max_rtt_ms))
    known_commitments = {row.commitment_id for row in inventory.commitments}
    return tuple(
        _workload(
            row,
            costs.get(row.workload_id, _NOT_BILLED),
            resource_ids.get(row.workload_id, ()),
            tuple(consumers[row.workload_id]),
            known_commitments,
        )
        for row in sorted(inventory.workloads, key=lambda row: row.workload_id)
    )


def assemble_datasets(inventory: Inventory, costs: Mapping[str, ThingCost]) -> tuple[Dataset, ...]:
    """Every dataset of the inventory, sorted by id, bands from young to old."""
    resource_ids = _resource_ids(inventory)
    original_of = find_duplicates(inventory)
    bands: defaultdict[str, list[AgeBand]] = defaultdict(list)
    for row in sorted(inventory.dataset_bands, key=lambda row: (row.dataset_id, row.min_age_days)):
        band = AgeBand(
            tier=row.tier,
            min_age_days=row.min_age_days,
            max_age_days=row.max_age_days,
            stored_gb=row.stored_gb,
            object_count=row.object_count,
            retrieved_gb_per_month=row.retrieved_gb_per_month,
            get_requests_per_month=row.get_requests_per_month,
        )
        bands[row.dataset_id].append(band)
    return tuple(
        _dataset(
            row,
            costs.get(row.dataset_id, _NOT_BILLED),
            resource_ids.get(row.dataset_id, ()),
            tuple(bands[row.dataset_id]),
            original_of.get(row.dataset_id),
        )
        for row in sorted(inventory.datasets, key=lambda row: row.dataset_id)
    )


def assemble_commitments(inventory: Inventory) -> tuple[Commitment, ...]:
    """Every commitment of the inventory, sorted by id."""
    return tuple(
        Commitment(
            id=row.commitment_id,
            provider=row.provider,
            service=row.service,
            place_id=row.place,
            monthly_micro_usd=micro_usd_rounded(row.monthly_usd),
            ends_on=row.ends_on,
        )
        for row in sorted(inventory.commitments, key=lambda row: row.commitment_id)
    )


def covering_commitment(cost: ThingCost, known: set[str]) -> str | None:
    """The known commitment that covers most of a workload's cost; ties: the smaller id; None when none does."""
    covering = {name: amount for name, amount in cost.by_commitment.items() if name in known}
    return min(covering, key=lambda name: (-covering[name], name)) if covering else None


def _workload(
    row: WorkloadRow,
    cost: ThingCost,
    resource_ids: tuple[str, ...],
    consumers: tuple[Consumer, ...],
    known_commitments: set[str],
) -> Workload:
    billing_account_id, sub_account_id = cost.account()
    commitment_id = covering_commitment(cost, known_commitments)
    committed = sum(amount for name, amount in cost.by_commitment.items() if name in known_commitments)
    return Workload(
        id=row.workload_id,
        name=row.name,
        role=row.role,
        place_id=row.place,
        service=row.service,
        sku=row.sku,
        purchase=row.purchase,
        tags=_tags(row),
        demand=Demand(
            vcpu_hours=row.vcpu_hours,
            memory_gib=row.memory_gib,
            peak_vcpu=row.peak_vcpu,
            running_hours=row.running_hours,
            instances=row.instances,
            scanned_gb=row.scanned_gb,
            interruptible=row.interruptible,
        ),
        billed=cost.billed(),
        resource_ids=resource_ids,
        consumers=consumers,
        migration_labour_hours=row.migration_labour_hours,
        committed_micro_usd=max(committed, 0),
        commitment_id=commitment_id,
        billing_account_id=billing_account_id,
        sub_account_id=sub_account_id,
    )


def _dataset(
    row: DatasetRow,
    cost: ThingCost,
    resource_ids: tuple[str, ...],
    bands: tuple[AgeBand, ...],
    duplicate_of: str | None,
) -> Dataset:
    billing_account_id, sub_account_id = cost.account()
    return Dataset(
        id=row.dataset_id,
        name=row.name,
        place_id=row.place,
        service=row.service,
        tags=_tags(row),
        bands=bands,
        billed=cost.billed(),
        written_gb_per_month=row.written_gb_per_month,
        put_requests_per_month=row.put_requests_per_month,
        replica_of=row.replica_of,
        duplicate_of=duplicate_of,
        resource_ids=resource_ids,
        billing_account_id=billing_account_id,
        sub_account_id=sub_account_id,
    )


def _tags(row: WorkloadRow | DatasetRow) -> Tags:
    return Tags(
        business_unit=row.business_unit,
        environment=row.environment,
        data_class=row.data_class,
        jurisdiction=row.jurisdiction,
        owner=row.owner,
    )


def _resource_ids(inventory: Inventory) -> dict[str, tuple[str, ...]]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    for row in inventory.resources:
        found[row.belongs_to].append(row.resource_id)
    return {thing_id: tuple(sorted(names)) for thing_id, names in found.items()}

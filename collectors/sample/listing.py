"""The sample platform as its company's inventory would list it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

from collectors.inventory.rows import (
    CommitmentRow,
    ConsumerRow,
    Inventory,
    LineageRow,
    ResourceRow,
)
from collectors.sample.native_ids import native_resource_id
from collectors.sample.parts import Platform, SampleCommitment, Use
from optimizer.errors import MissingPrice
from optimizer.pricing.book import PriceBook
from optimizer.units import HOURS_PER_MONTH

_CENT: Final = Decimal("0.01")


def inventory_of(platform: Platform, prices: PriceBook) -> Inventory:
    """Everything that is listed; what nobody entered is on the bills only."""
    workloads = [workload for workload in platform.workloads if workload.listed]
    datasets = [dataset for dataset in platform.datasets if dataset.listed]
    return Inventory(
        workloads=tuple(workload.row for workload in workloads),
        resources=tuple(_resources(platform)),
        consumers=tuple(
            ConsumerRow(workload_id=workload.row.workload_id, place=place, max_rtt_ms=max_rtt_ms)
            for workload in workloads
            for place, max_rtt_ms in workload.consumers
        ),
        datasets=tuple(dataset.row for dataset in datasets),
        dataset_bands=tuple(band for dataset in datasets for band in dataset.bands),
        lineage=tuple(
            LineageRow(
                workload_id=edge.workload_id,
                dataset_id=edge.dataset_id,
                direction=edge.direction,
                gb_per_month=edge.gb_per_month,
                max_rtt_ms=edge.max_rtt_ms,
            )
            for edge in platform.edges
        ),
        commitments=tuple(_commitment(commitment, prices) for commitment in platform.commitments),
    )


def _resources(platform: Platform) -> Iterator[ResourceRow]:
    for workload in platform.workloads:
        if workload.listed:
            by_id = {_native(use, workload.row.business_unit): None for use in workload.uses if use.resource_id}
            for resource_id in by_id:
                yield ResourceRow(resource_id=resource_id, belongs_to=workload.row.workload_id)
    for dataset in platform.datasets:
        if dataset.listed:
            row = dataset.row
            vendor = row.place.partition(":")[0]
            resource_id = native_resource_id(vendor, dataset.resource_id, row.place, row.business_unit)
            yield ResourceRow(resource_id=resource_id, belongs_to=row.dataset_id)


def _native(use: Use, business_unit: str) -> str:
    return native_resource_id(use.vendor, use.resource_id or "", use.place, business_unit)


def _commitment(commitment: SampleCommitment, prices: PriceBook) -> CommitmentRow:
    monthly_usd = Decimal(0)
    for sku, capacity in commitment.capacity_by_sku:
        offer = prices.machine(commitment.place, commitment.service, sku)
        usd_per_hour = None if offer is None else offer.usd_per_hour(commitment.purchase)
        if usd_per_hour is None:
            raise MissingPrice(f"{commitment.service} {sku} has no {commitment.purchase} price at {commitment.place}")
        monthly_usd += usd_per_hour * Decimal(repr(capacity)) * HOURS_PER_MONTH
    return CommitmentRow(
        commitment_id=commitment.id,
        provider=commitment.vendor,
        service=commitment.service,
        place=commitment.place,
        monthly_usd=monthly_usd.quantize(_CENT, rounding=ROUND_HALF_EVEN),
        ends_on=commitment.ends_on,
    )

"""All bill lines of a platform: every resource, data transfer, unused commitments, account-level storage."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from collectors.sample.lake_uses import dataset_uses, transfer_uses
from collectors.sample.lines import Line, Owner, lines_of, owner_tags
from collectors.sample.parts import Platform, SampleCommitment, SampleDataset, SampleWorkload, Use
from collectors.sample.unit_prices import UnitPrices
from optimizer.pricing.book import PriceBook
from optimizer.units import HOURS_PER_MONTH

SNOWFLAKE_ACCOUNT_GB: Final = 1_500.0
"""Stages and history that a Snowflake account keeps itself; its tables lie in the lake."""
PLATFORM_TEAM: Final = Owner(id="platform", business_unit="platform", tags=None)
"""Whose account pays for what belongs to nobody in particular."""


def platform_lines(platform: Platform, book: PriceBook) -> list[Line]:
    """Every line, in the order of the platform.

    Raises:
        MissingPrice: the book does not sell what the platform uses.
    """
    prices = UnitPrices(book)
    owners = resource_owners(platform)
    lines = [
        line for use in _uses(platform) for line in lines_of(use, owners.get(use.resource_id, PLATFORM_TEAM), prices)
    ]
    for commitment in platform.commitments:
        lines.extend(_unused_lines(commitment, prices))
    return lines


def resource_owners(platform: Platform) -> dict[str | None, Owner]:
    """Owner of every resource, by the sample's own resource key."""
    owners: dict[str | None, Owner] = {}
    for workload in platform.workloads:
        owner = _owner(workload)
        owners.update(dict.fromkeys(workload.resource_ids, owner))
    for dataset in platform.datasets:
        owners[dataset.resource_id] = _owner(dataset)
    return owners


def _owner(thing: SampleWorkload | SampleDataset) -> Owner:
    row = thing.row
    thing_id = thing.row.workload_id if isinstance(thing, SampleWorkload) else thing.row.dataset_id
    tags = owner_tags(row.business_unit, row.environment, thing_id, row.jurisdiction) if thing.listed else None
    return Owner(id=thing_id, business_unit=row.business_unit, tags=tags)


def _uses(platform: Platform) -> Iterator[Use]:
    for workload in platform.workloads:
        yield from workload.uses
    for dataset in platform.datasets:
        yield from dataset_uses(dataset)
    yield from transfer_uses(
        platform.edges,
        {workload.row.workload_id: workload for workload in platform.workloads},
        {dataset.row.dataset_id: dataset for dataset in platform.datasets},
    )
    for place in sorted({workload.row.place for workload in platform.workloads if workload.row.service == "snowflake"}):
        yield Use(
            vendor="snowflake", service="snowflake", meter="storage", place=place, resource_id=None,
            quantity=SNOWFLAKE_ACCOUNT_GB, rhythm="even",
        )  # fmt: skip


def _unused_lines(commitment: SampleCommitment, prices: UnitPrices) -> Iterator[Line]:
    """Committed machines that nobody runs: no resource, and the committed price for each hour, at list as well."""
    used = dict(commitment.used_by_sku)
    for sku, capacity in commitment.capacity_by_sku:
        use = Use(
            vendor=commitment.vendor, service=commitment.service, meter=sku, place=commitment.place, resource_id=None,
            quantity=(capacity - used[sku]) * HOURS_PER_MONTH, rhythm="always_on",
            purchase=commitment.purchase, commitment_id=commitment.id,
        )  # fmt: skip
        for line in lines_of(use, PLATFORM_TEAM, prices):
            yield replace(
                line,
                commitment_status="Unused",
                list_pico_usd=line.effective_pico_usd,
                contracted_pico_usd=line.effective_pico_usd,
            )

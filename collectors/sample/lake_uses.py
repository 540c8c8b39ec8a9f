"""What datasets and the data between them are billed for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Final

from collectors.inventory.rows import BandRow
from collectors.sample.datasets import MANAGED_TIERS
from collectors.sample.geography import provider_of
from collectors.sample.parts import Edge, SampleDataset, SampleWorkload, Use

_BAND_MONTHS: Final = {0: 1.0, 30: 2.0, 90: 9.0, 365: 24.0}
"""How long data stay in the band that begins at this age; the oldest is kept for about two years more."""


def dataset_uses(dataset: SampleDataset) -> Iterator[Use]:
    """Storage by tier, requests, retrieval from cool tiers, and the requests that move objects between tiers."""
    hottest = MANAGED_TIERS[dataset.row.service][0]
    by_tier: dict[str, list[BandRow]] = defaultdict(list)
    for band in dataset.bands:
        by_tier[band.tier].append(band)
    written_tier = dataset.bands[0].tier
    amounts = [(f"put.{written_tier}", dataset.row.put_requests_per_month, "even")]
    for tier, bands in by_tier.items():
        amounts.append((f"storage.{tier}", sum(band.stored_gb for band in bands), "even"))
        amounts.append((f"get.{tier}", sum(band.get_requests_per_month for band in bands), "weekday"))
        if tier != hottest:
            amounts.append((f"retrieval.{tier}", sum(band.retrieved_gb_per_month for band in bands), "weekday"))
        if tier != written_tier:
            amounts.append((f"transition.{tier}", _ageing_objects(bands[0]), "even"))
    for meter, quantity, rhythm in amounts:
        if quantity > 0:
            yield Use(
                vendor=provider_of(dataset.row.place),
                service=dataset.row.service,
                meter=meter,
                place=dataset.row.place,
                resource_id=dataset.resource_id,
                quantity=quantity,
                rhythm=rhythm,
            )


def _ageing_objects(band: BandRow) -> float:
    """Objects that grow into a band in a month: those in it, spread over the time that they stay."""
    return band.object_count / _BAND_MONTHS[band.min_age_days]


def transfer_uses(
    edges: tuple[Edge, ...], workloads: Mapping[str, SampleWorkload], datasets: Mapping[str, SampleDataset]
) -> Iterator[Use]:
    """Data that leave a place: reads from afar, writes to afar, and what recovery copies receive."""
    for edge in edges:
        workload, dataset = workloads[edge.workload_id], datasets[edge.dataset_id]
        if edge.direction == "read":
            yield from _transfer(
                provider_of(dataset.row.place),
                dataset.resource_id,
                dataset.row.place,
                workload.row.place,
                edge.gb_per_month,
            )
        else:
            # of a classic Databricks cluster the last use is its machines, whose cloud bills the egress
            sender = workload.uses[-1]
            yield from _transfer(
                sender.vendor, sender.resource_id, workload.row.place, dataset.row.place, edge.gb_per_month
            )
    for dataset in datasets.values():
        if dataset.row.replica_of is not None:
            primary = datasets[dataset.row.replica_of]
            yield from _transfer(
                provider_of(primary.row.place), primary.resource_id, primary.row.place, dataset.row.place,
                dataset.row.written_gb_per_month,
            )  # fmt: skip


def _transfer(
    vendor: str, resource_id: str | None, from_place: str, to_place: str, gb_per_month: float
) -> Iterator[Use]:
    if from_place == to_place or gb_per_month == 0:
        return
    same_cloud = provider_of(from_place) == provider_of(to_place)
    yield Use(
        vendor=vendor,
        service=f"{provider_of(from_place)}_transfer",
        meter="inter_region" if same_cloud else "internet",
        place=from_place,
        resource_id=resource_id,
        quantity=gb_per_month,
        rhythm="weekday",
        to_place=to_place,
    )

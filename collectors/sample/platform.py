"""Puts the sample platform together: what runs, what is kept, who reads what, what is committed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Final

from collectors.sample import activity
from collectors.sample.causes import (
    EXPENSIVE_RATIO,
    EXPENSIVE_REGION_WITHOUT_REASON,
    READER_FAR_FROM_DATA,
)
from collectors.sample.commitments import commit
from collectors.sample.copies import misplace, recovery_copies, resized, stale_duplicates
from collectors.sample.datasets import primary_datasets
from collectors.sample.draws import Draws
from collectors.sample.geography import PLACES, provider_of
from collectors.sample.lineage import draw_lineage, with_reads
from collectors.sample.machine_fleets import machine_fleets
from collectors.sample.machines import standard_machine
from collectors.sample.organisation import is_critical
from collectors.sample.parts import Platform, SampleWorkload
from collectors.sample.spark_jobs import spark_jobs
from collectors.sample.warehouses import warehouses
from optimizer.pricing.book import PriceBook

_REFERENCE_VCPU: Final = 16
"""Regions are compared by the price of the company's commonest machine."""


def build_platform(prices: PriceBook, *, seed: int, scale: float, as_of_on: date) -> Platform:
    """The platform at a scale; the same arguments give the same platform.

    Raises:
        ValueError: ``scale`` is not positive.
        MissingPrice: the book does not sell what the company runs where it runs it.
    """
    if not scale > 0:
        raise ValueError(f"scale is {scale}; expected a positive number, 1 for the whole platform")
    draws = Draws(seed)
    workloads = (
        machine_fleets(draws, prices, scale) + spark_jobs(draws, prices, scale) + warehouses(draws, prices, scale)
    )
    primaries = misplace(draws, primary_datasets(draws, scale, activity.STORED_GB * scale), scale)
    copies = recovery_copies(draws, primaries) + stale_duplicates(draws, primaries, scale)
    # the stated volume is that of everything in the lake, copies included
    factor = activity.STORED_GB * scale / sum(dataset.stored_gb for dataset in (*primaries, *copies))
    primaries, copies = resized(primaries, factor), resized(copies, factor)
    lineage = draw_lineage(draws, workloads, primaries)
    workloads, commitments = commit(workloads, prices, as_of_on)
    expensive = _expensive_places(prices)
    return Platform(
        workloads=tuple(_with_location_causes(workload, lineage.far_readers, expensive) for workload in workloads),
        datasets=(*with_reads(primaries, lineage.edges), *copies),
        edges=lineage.edges,
        commitments=commitments,
    )


def _expensive_places(prices: PriceBook) -> frozenset[str]:
    """Places where the reference machine costs over a tenth more than at the cloud's cheapest in the same continent.

    South America and Oceania have one region per cloud in this company, which compares with North America and Asia.
    """
    neighbours = {"SA": "NA", "OC": "AS"}
    usd_per_hour = {
        place: standard_machine(prices, place, "general", _REFERENCE_VCPU).usd_per_hour() for place in PLACES
    }
    area = {}
    for place in PLACES:
        continent = prices.place(place).continent
        area[place] = provider_of(place), neighbours.get(continent, continent)
    expensive = set()
    for place, amount_usd in usd_per_hour.items():
        peers_usd = [usd_per_hour[other] for other in PLACES if area[other] == area[place]]
        if amount_usd and float(amount_usd) > EXPENSIVE_RATIO * float(min(peer for peer in peers_usd if peer)):
            expensive.add(place)
    return frozenset(expensive)


def _with_location_causes(
    workload: SampleWorkload, far_readers: frozenset[str], expensive: frozenset[str]
) -> SampleWorkload:
    if not workload.listed:
        return workload
    row = workload.row
    causes = set(workload.causes)
    if row.workload_id in far_readers:
        causes.add(READER_FAR_FROM_DATA)
    if row.place in expensive and not is_critical(row.data_class) and not workload.consumers:
        causes.add(EXPENSIVE_REGION_WITHOUT_REASON)
    return replace(workload, causes=frozenset(causes))

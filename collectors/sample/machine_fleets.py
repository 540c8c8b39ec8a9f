"""Fleets of machines that never stop: Kafka brokers, Airflow, applications, and a few that nobody listed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from collectors.inventory.rows import WorkloadRow
from collectors.sample import activity
from collectors.sample.causes import causes_of, oversize_steps
from collectors.sample.draws import Draws
from collectors.sample.geography import BY_CODE, provider_of
from collectors.sample.machines import MACHINE_SERVICE, SIZES_VCPU, larger, standard_machine
from collectors.sample.parts import SampleWorkload, Use
from collectors.sample.sites import Site, draw_sites, scaled_count
from optimizer.pricing.book import PriceBook
from optimizer.pricing.machines import MachineOffer
from optimizer.units import HOURS_PER_MONTH

_CLOUDS: Final = {"aws": 0.52, "azure": 0.33, "gcp": 0.15}
_APPLICATIONS: Final = (
    "pricing-engine", "risk-engine", "ledger", "gateway", "fraud-scoring", "limits", "reference-feed", "reports",
    "portal", "matching", "document-store", "model-serving",
)  # fmt: skip
FITTING_PEAK_RATIO: Final = (0.52, 0.68)
"""Peak load of a fitting machine: above what the next smaller could carry at a 70 % target, below that target."""
FITTING_MEMORY_RATIO: Final = (0.55, 0.9)
MEAN_OF_PEAK_RATIO: Final = (0.45, 0.75)
"""Mean load of a machine that never stops, against its peak."""
WAITING_USERS_RATIO: Final = 0.5
"""Applications that people or payment systems wait for."""
WAITING_RTT_MS: Final = (30.0, 60.0, 120.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fleet:
    """``vcpu`` is the fitting size of one machine; ``steps`` how many sizes larger it was bought."""

    id: str
    name: str
    site: Site
    family: str
    vcpu: int
    instances: int
    steps: int
    labour_hours: float


def machine_fleets(draws: Draws, prices: PriceBook, scale: float) -> list[SampleWorkload]:
    """Brokers, schedulers and applications, then fleets that are billed but not in the inventory."""
    fleets = [
        *_fixed(draws, scale, activity.BROKER_CLUSTERS, "kafka", "memory", 16, activity.BROKERS_PER_CLUSTER),
        *_fixed(draws, scale, activity.SCHEDULER_CLUSTERS, "airflow", "general", 8, 3),
        *_applications(draws, scale),
    ]
    unlisted = _fixed(draws, scale, activity.UNLISTED_FLEETS, "unlisted", "general", 16, 3)
    waiting = draws.chosen(len(fleets), WAITING_USERS_RATIO)
    built = [_workload(draws, prices, fleet, waits) for fleet, waits in zip(fleets, waiting, strict=True)]
    return built + [_workload(draws, prices, fleet, False, listed=False) for fleet in unlisted]


def _fixed(draws: Draws, scale: float, count: int, kind: str, family: str, vcpu: int, instances: int) -> list[_Fleet]:
    """Clusters of one design. Brokers and schedulers stand on the two clouds whose landing zones carry production."""
    number = scaled_count(count, scale)
    sites = draw_sites(draws, number, {"aws": 0.5, "azure": 0.5})
    return [
        _Fleet(
            id=f"{kind}-{site.business_unit}-{index + 1:02d}",
            name=f"{kind} of {site.business_unit}",
            site=site,
            family=family,
            vcpu=vcpu,
            instances=instances,
            steps=steps,
            labour_hours=160.0 if kind == "kafka" else 80.0,
        )
        for index, (site, steps) in enumerate(zip(sites, oversize_steps(draws, np.ones(number)), strict=True))
    ]


def _applications(draws: Draws, scale: float) -> list[_Fleet]:
    number = scaled_count(activity.APPLICATION_FLEETS, scale)
    sites = draw_sites(draws, number, _CLOUDS)
    wanted_vcpu = draws.shares(number, activity.SIZE_SIGMA) * activity.APPLICATION_VCPU * scale
    families = draws.spread({"general": 0.7, "memory": 0.3}, number)
    fleets = []
    for index, (site, steps) in enumerate(zip(sites, oversize_steps(draws, wanted_vcpu), strict=True)):
        # about four machines a fleet: the largest standard size that still leaves four, but at least 2 vCPU
        vcpu = max(size for size in SIZES_VCPU[:4] if size <= max(2.0, wanted_vcpu[index] / 4))
        kind = _APPLICATIONS[index % len(_APPLICATIONS)]
        fleets.append(
            _Fleet(
                id=f"{kind}-{site.business_unit}-{index + 1:03d}",
                name=f"{kind} of {site.business_unit}",
                site=site,
                family=families[index],
                vcpu=vcpu,
                instances=max(1, round(wanted_vcpu[index] / vcpu)),
                steps=steps,
                labour_hours=float(draws.whole(40, 120)),
            )
        )
    return fleets


def _workload(draws: Draws, prices: PriceBook, fleet: _Fleet, waits: bool, *, listed: bool = True) -> SampleWorkload:
    site = fleet.site
    machine = standard_machine(prices, site.place, fleet.family, larger(fleet.vcpu, fleet.steps))
    fitting = standard_machine(prices, site.place, fleet.family, fleet.vcpu)
    row = _row(draws, fleet, machine.sku, fitting)
    uses = tuple(
        Use(
            vendor=provider_of(site.place),
            service=row.service,
            meter=machine.sku,
            place=site.place,
            resource_id=f"vm/{fleet.id}/{number}",
            quantity=float(HOURS_PER_MONTH),
            rhythm="always_on",
        )
        for number in range(1, fleet.instances + 1)
    )
    oversized = machine.vcpu > fitting.vcpu
    return SampleWorkload(
        row=row,
        uses=uses,
        consumers=(_waiting_user(draws, prices, site),) if waits and site.environment == "production" else (),
        causes=causes_of(oversized=oversized, on_demand_steady=True) if listed else frozenset(),
        steady=True,
        listed=listed,
    )


def _row(draws: Draws, fleet: _Fleet, sku: str, fitting: MachineOffer) -> WorkloadRow:
    """Demand is that of fitting machines; ``sku`` is what was bought."""
    peak_vcpu = fitting.vcpu * draws.between(*FITTING_PEAK_RATIO)
    mean_vcpu = peak_vcpu * draws.between(*MEAN_OF_PEAK_RATIO)
    return WorkloadRow(
        workload_id=fleet.id,
        name=fleet.name,
        role="virtual_machine",
        service=MACHINE_SERVICE[provider_of(fleet.site.place)],
        sku=sku,
        purchase="on_demand",
        vcpu_hours=round(mean_vcpu * fleet.instances * HOURS_PER_MONTH, 1),
        memory_gib=round(fitting.memory_gib * draws.between(*FITTING_MEMORY_RATIO), 1),
        peak_vcpu=round(peak_vcpu, 2),
        running_hours=float(HOURS_PER_MONTH),
        instances=fleet.instances,
        scanned_gb=0.0,
        interruptible=False,
        migration_labour_hours=fleet.labour_hours,
        **fleet.site.tags,
    )


def _waiting_user(draws: Draws, prices: PriceBook, site: Site) -> tuple[str, float]:
    """Users sit at the owner's first home; the limit is one that today's place keeps."""
    home = BY_CODE[site.jurisdiction].homes[0]
    today_ms = float(prices.rtt_ms([site.place, home])[0][0, 1]) if home != site.place else 0.0
    limits = [limit for limit in WAITING_RTT_MS if limit > today_ms]
    return home, draws.one(limits) if limits else round(today_ms * 1.25, 1)

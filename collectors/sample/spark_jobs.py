"""Spark job groups: Databricks job clusters, Glue, and clusters of plain machines."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Final

from collectors.inventory.rows import WorkloadRow
from collectors.sample import activity
from collectors.sample.causes import (
    INTERACTIVE_JOBS_RATIO,
    JOBS_ON_INTERACTIVE_CLUSTERS,
    OVERSIZED,
    SPOT_RATIO,
    is_noticed,
    oversize_steps,
)
from collectors.sample.draws import Draws
from collectors.sample.geography import provider_of
from collectors.sample.machines import MACHINE_SERVICE, standard_machine
from collectors.sample.parts import SampleWorkload, Use
from collectors.sample.sites import Site, draw_sites, scaled_count
from optimizer.catalogue.databricks_units import DBU_PER_VCPU_HOUR
from optimizer.pricing.book import PriceBook

FITTING_UTILISATION_RATIO: Final = (0.52, 0.66)
"""CPU really used by a cluster of fitting size, over the hours that it runs."""
NIGHTLY_HOURS: Final = (180.0, 620.0)
"""Hours a month in which any job of a group runs."""
INTERRUPTIBLE_RATIO: Final = 0.5
"""Job groups without a deadline in the night; the rest feed reports that a supervisor waits for."""
HOURS_PER_WORKFLOW: Final = 16
"""Porting and testing one workflow on another engine: two days."""
DPU_VCPU: Final = 4.0
DPU_GIB: Final = 16.0
_PROVIDERS: Final = {
    "databricks": {"aws": 0.6, "azure": 0.4},
    "aws_glue": {"aws": 1.0},
    "machines": {"aws": 0.45, "azure": 0.3, "gcp": 0.25},
}
"""Databricks runs on AWS and Azure; Glue exists on AWS only."""


_SHORT_NAMES: Final = {"databricks": "databricks", "aws_glue": "glue", "machines": "vm"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Group:
    """``vcpu_hours`` is work done; ``provisioned_vcpu_hours`` what is up for it."""

    id: str
    engine: str
    site: Site
    vcpu_hours: float
    provisioned_vcpu_hours: float
    running_hours: float
    steps: int
    interruptible: bool
    interactive: bool
    spot: bool


def spark_jobs(draws: Draws, prices: PriceBook, scale: float) -> list[SampleWorkload]:
    """All job groups; together they do the ETL that ``activity`` states."""
    engines = {engine: scaled_count(count, scale) for engine, count in activity.SPARK_JOB_GROUPS.items()}
    total = sum(engines.values())
    workflows = draws.spread(dict.fromkeys(range(total), 1.0), round(activity.DAILY_WORKFLOWS * scale))
    built: list[SampleWorkload] = []
    for engine, count in engines.items():
        for group in _groups(draws, prices, scale, engine, count):
            serving = workflows.count(len(built))
            built.append(_workload(prices, draws, group, serving))
    return built


def _groups(draws: Draws, prices: PriceBook, scale: float, engine: str, count: int) -> list[_Group]:
    sites = draw_sites(draws, count, _PROVIDERS[engine], partial(_is_sold, prices, engine))
    work = (
        draws.shares(count, activity.SIZE_SIGMA) * activity.SPARK_VCPU_HOURS * activity.SPARK_WORK_RATIO[engine] * scale
    )
    interruptible = draws.chosen(count, INTERRUPTIBLE_RATIO)
    interactive = draws.chosen(count, INTERACTIVE_JOBS_RATIO)
    spot = draws.chosen(count, SPOT_RATIO)
    steps = oversize_steps(draws, work)
    noticed = is_noticed(work)
    groups = []
    for index, site in enumerate(sites):
        used_ratio = draws.between(*FITTING_UTILISATION_RATIO) / 2 ** steps[index]
        groups.append(
            _Group(
                id=f"spark-{_SHORT_NAMES[engine]}-{site.business_unit}-{index + 1:03d}",
                engine=engine,
                site=site,
                vcpu_hours=float(work[index]),
                provisioned_vcpu_hours=float(work[index]) / used_ratio,
                running_hours=round(draws.between(*NIGHTLY_HOURS), 1),
                steps=steps[index],
                interruptible=interruptible[index],
                interactive=interactive[index] and engine == "databricks" and not noticed[index],
                spot=spot[index] and interruptible[index],
            )
        )
    return groups


def _is_sold(prices: PriceBook, engine: str, place: str) -> bool:
    meters = {"databricks": ("dbu.jobs", "dbu.all_purpose"), "aws_glue": ("dpu_hour",)}.get(engine, ())
    return all(prices.schedule(service=engine, meter=meter, place_id=place) is not None for meter in meters)


def _workload(prices: PriceBook, draws: Draws, group: _Group, workflows: int) -> SampleWorkload:
    build = {"databricks": _databricks, "aws_glue": _glue, "machines": _machines}[group.engine]
    service, sku, purchase, vcpu, memory_gib, instances, uses = build(prices, draws, group)
    row = WorkloadRow(
        workload_id=group.id,
        name=f"{group.site.business_unit} etl ({workflows} daily workflows)",
        role="batch_compute",
        service=service,
        sku=sku,
        purchase=purchase,
        vcpu_hours=round(group.vcpu_hours, 1),
        memory_gib=round(memory_gib * 0.7, 1),
        peak_vcpu=round(vcpu * 0.68, 2),
        running_hours=group.running_hours,
        instances=instances,
        scanned_gb=0.0,
        interruptible=group.interruptible,
        migration_labour_hours=float(draws.whole(8, 24) + HOURS_PER_WORKFLOW * workflows),
        **group.site.tags,
    )
    causes = {OVERSIZED} if group.steps else set()
    if group.interactive:
        causes.add(JOBS_ON_INTERACTIVE_CLUSTERS)
    return SampleWorkload(row=row, uses=uses, causes=frozenset(causes))


_Built = tuple[str, str, str, float, float, int, tuple[Use, ...]]


def _cluster(prices: PriceBook, group: _Group, family: str) -> tuple[float, float, int, Use]:
    """vCPU and GiB of a node, number of nodes, and the machine hours on the cloud's bill."""
    node = standard_machine(prices, group.site.place, family, 16 if group.provisioned_vcpu_hours > 10_000 else 8)
    nodes = max(1, round(group.provisioned_vcpu_hours / (node.vcpu * group.running_hours)))
    use = Use(
        vendor=provider_of(group.site.place),
        service=MACHINE_SERVICE[provider_of(group.site.place)],
        meter=node.sku,
        place=group.site.place,
        resource_id=f"cluster/{group.id}",
        quantity=group.provisioned_vcpu_hours / node.vcpu,
        rhythm="weekday",
        purchase="spot" if group.spot and node.usd_per_hour("spot") is not None else "on_demand",
    )
    return node.vcpu, node.memory_gib, nodes, use


def _machines(prices: PriceBook, draws: Draws, group: _Group) -> _Built:
    vcpu, memory_gib, nodes, use = _cluster(prices, group, draws.one(("general", "general", "memory")))
    return use.service, use.meter, use.purchase, vcpu, memory_gib, nodes, (use,)


def _databricks(prices: PriceBook, draws: Draws, group: _Group) -> _Built:
    """DBU on Databricks' bill, the machines on the cloud's: the two halves of one cluster.

    On Azure too, where Microsoft would sell the units itself: the company buys them from Databricks in one contract.
    """
    family = draws.one(("general", "general", "memory"))
    vcpu, memory_gib, nodes, machine_use = _cluster(prices, group, family)
    meter = "dbu.all_purpose" if group.interactive else "dbu.jobs"
    units = Use(
        vendor="databricks",
        service="databricks",
        meter=meter,
        place=group.site.place,
        resource_id=f"dbu/{group.id}",
        quantity=group.provisioned_vcpu_hours * DBU_PER_VCPU_HOUR[family],
        rhythm="weekday",
    )
    return "databricks", meter, machine_use.purchase, vcpu, memory_gib, nodes, (units, machine_use)


def _glue(prices: PriceBook, draws: Draws, group: _Group) -> _Built:
    dpu_hours = group.provisioned_vcpu_hours / DPU_VCPU
    workers = max(2, round(dpu_hours / group.running_hours))
    use = Use(
        vendor="aws",
        service="aws_glue",
        meter="dpu_hour",
        place=group.site.place,
        resource_id=f"glue/{group.id}",
        quantity=dpu_hours,
        rhythm="weekday",
    )
    return "aws_glue", "G.1X", "on_demand", DPU_VCPU, DPU_GIB, workers, (use,)

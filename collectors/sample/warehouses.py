"""SQL warehouses that run 2,000 transformation models and the analysts' queries: Snowflake, Databricks SQL, by scan."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Final

from collectors.inventory.rows import WorkloadRow
from collectors.sample import activity
from collectors.sample.causes import OVERSIZED, oversize_steps
from collectors.sample.draws import Draws
from collectors.sample.geography import BY_CODE, provider_of
from collectors.sample.parts import SampleWorkload, Use
from collectors.sample.sites import Site, draw_sites, scaled_count
from optimizer.catalogue.databricks_units import SQL_SERVERLESS_DBU_PER_VCPU_HOUR, SQL_SERVERLESS_SIZES
from optimizer.catalogue.sql_warehouse import SNOWFLAKE_VCPU_PER_CREDIT
from optimizer.pricing.book import PriceBook
from optimizer.pricing.warehouse_facts import WAREHOUSE_CREDITS_PER_HOUR

FITTING_UTILISATION_RATIO: Final = (0.5, 0.66)
"""CPU used of a warehouse of fitting size while it is up; queries queue above, so nobody plans for more."""
LONGEST_RUNNING_HOURS: Final = 420.0
"""A fitting warehouse is the smallest that does its month's work in this time: nights and working days."""
HOURS_PER_MODEL: Final = 3
"""Porting and reconciling one model in another dialect of SQL."""
GIB_PER_VCPU: Final = 2.0
DASHBOARD_RATIO: Final = 0.3
"""Warehouses that people wait for, and how long the round trip may take."""
DASHBOARD_RTT_MS: Final = 150.0
_PROVIDERS: Final = {
    "snowflake": {"aws": 0.65, "azure": 0.35},
    "databricks": {"aws": 0.5, "azure": 0.5},
    "gcp_bigquery": {"gcp": 1.0},
    "aws_athena": {"aws": 1.0},
}
_METERS: Final = {
    "snowflake": ("credit.enterprise", "credit.business_critical"),
    "databricks": ("dbu.sql_serverless",),
    "gcp_bigquery": ("scan",),
    "aws_athena": ("scan",),
}
CAPACITY_ENGINES: Final = ("snowflake", "databricks")
"""Engines billed for what is up; the others for what is read. They send bills of their own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Warehouse:
    """``vcpu_hours`` and ``scanned_gb`` are a month's demand, whatever engine serves it."""

    id: str
    engine: str
    site: Site
    models: int
    vcpu_hours: float
    scanned_gb: float
    steps: int


def warehouses(draws: Draws, prices: PriceBook, scale: float) -> list[SampleWorkload]:
    """All warehouses; together they do the work that ``activity`` states."""
    engines = {engine: scaled_count(count, scale) for engine, count in activity.WAREHOUSES.items()}
    models = draws.spread(
        dict.fromkeys(range(sum(engines.values())), 1.0), round(activity.TRANSFORMATION_MODELS * scale)
    )
    built: list[SampleWorkload] = []
    for engine, count in engines.items():
        sites = draw_sites(draws, count, _PROVIDERS[engine], partial(_is_sold, prices, engine))
        work = draws.shares(count, activity.SIZE_SIGMA) * activity.WAREHOUSE_VCPU_HOURS[engine] * scale
        steps = oversize_steps(draws, work)
        for index, site in enumerate(sites):
            warehouse = _Warehouse(
                id=f"wh-{engine.partition('_')[2] or engine}-{site.business_unit}-{index + 1:03d}",
                engine=engine,
                site=site,
                models=models.count(len(built)),
                vcpu_hours=float(work[index]),
                scanned_gb=float(work[index]) * draws.between(*activity.SCANNED_GB_PER_VCPU_HOUR),
                steps=steps[index],
            )
            built.append(_workload(draws, warehouse))
    return built


def _is_sold(prices: PriceBook, engine: str, place: str) -> bool:
    meters = _METERS[engine]
    return all(prices.schedule(service=engine, meter=meter, place_id=place) is not None for meter in meters)


def _build(draws: Draws, warehouse: _Warehouse) -> tuple[str, float, float, Use]:
    """SKU, vCPU of the warehouse, hours that it is up, and what is billed for it."""
    engine = warehouse.engine
    if engine not in CAPACITY_ENGINES:
        hours = draws.between(120.0, LONGEST_RUNNING_HOURS)
        return "on_demand", 0.0, hours, _use(warehouse, engine, "scan", warehouse.scanned_gb)
    used_ratio = draws.between(*FITTING_UTILISATION_RATIO)
    vcpu_per_unit = SNOWFLAKE_VCPU_PER_CREDIT if engine == "snowflake" else 1 / SQL_SERVERLESS_DBU_PER_VCPU_HOUR
    sizes = _sizes(engine)
    units = warehouse.vcpu_hours / used_ratio / vcpu_per_unit
    fitting = next(
        (size for size, (_, rate) in enumerate(sizes) if units / rate <= LONGEST_RUNNING_HOURS), len(sizes) - 1
    )
    hours = units / sizes[fitting][1]
    name, rate = sizes[min(fitting + warehouse.steps, len(sizes) - 1)]
    if engine == "databricks":
        return (
            f"sql_serverless-{name}",
            rate * vcpu_per_unit,
            hours,
            _use(warehouse, engine, "dbu.sql_serverless", rate * hours),
        )
    edition = "business_critical" if warehouse.site.is_critical else "enterprise"
    return f"{edition}-{name}", rate * vcpu_per_unit, hours, _use(warehouse, engine, f"credit.{edition}", rate * hours)


def _sizes(engine: str) -> list[tuple[str, float]]:
    """Size names and units an hour, ascending."""
    if engine == "snowflake":
        return [(name, float(rate)) for name, rate in WAREHOUSE_CREDITS_PER_HOUR.items()]
    return [(size.name, size.units_per_hour) for size in SQL_SERVERLESS_SIZES]


def _use(warehouse: _Warehouse, service: str, meter: str, quantity: float) -> Use:
    place = warehouse.site.place
    return Use(
        vendor=service if service in CAPACITY_ENGINES else provider_of(place),
        service=service,
        meter=meter,
        place=place,
        resource_id=f"warehouse/{warehouse.id}",
        quantity=quantity,
        rhythm="weekday",
    )


def _workload(draws: Draws, warehouse: _Warehouse) -> SampleWorkload:
    sku, vcpu, hours, use = _build(draws, warehouse)
    site = warehouse.site
    # a warehouse sold by scan has no size of its own: its demand is what a fitting machine for the work would be
    fitting_vcpu = vcpu / 2**warehouse.steps if vcpu else max(4.0, warehouse.vcpu_hours / hours / 0.6)
    waits = draws.between(0, 1) < DASHBOARD_RATIO and site.environment == "production"
    row = WorkloadRow(
        workload_id=warehouse.id,
        name=f"{site.business_unit} {'dashboards and ' if waits else ''}models ({warehouse.models} models)",
        role="sql_warehouse",
        service=warehouse.engine,
        sku=sku,
        purchase="on_demand",
        vcpu_hours=round(warehouse.vcpu_hours, 1),
        memory_gib=round(fitting_vcpu * GIB_PER_VCPU, 1),
        peak_vcpu=round(fitting_vcpu * 0.68, 2),
        running_hours=round(hours, 1),
        instances=1,
        scanned_gb=round(warehouse.scanned_gb, 1),
        interruptible=False,
        migration_labour_hours=float(24 + HOURS_PER_MODEL * warehouse.models),
        **site.tags,
    )
    home = BY_CODE[site.jurisdiction].homes[0]
    return SampleWorkload(
        row=row,
        uses=(use,),
        consumers=((home, DASHBOARD_RTT_MS),) if waits else (),
        causes=frozenset({OVERSIZED}) if warehouse.steps and vcpu else frozenset(),
    )

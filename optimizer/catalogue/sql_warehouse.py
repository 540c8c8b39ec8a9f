"""SQL warehouses: billed by running capacity (credits, DBU) or by bytes read."""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt

from optimizer.catalogue import databricks_units
from optimizer.catalogue.demand_columns import DemandColumns
from optimizer.catalogue.entry import ALL_HOSTS, Limit, RoleCatalogue, ServiceEntry, SizingBand, UnitSize
from optimizer.catalogue.limits import GUARDED_DATA_CLASSES, SCAN_IS_MEASURED, WORK_IS_MEASURED
from optimizer.pricing.warehouse_facts import WAREHOUSE_CREDITS_PER_HOUR

SNOWFLAKE_EDITIONS: Final = ("standard", "enterprise", "business_critical")
SNOWFLAKE_VCPU_PER_CREDIT: Final = 8.0
"""An XS warehouse is one machine of 8 vCPU and consumes 1 credit an hour; every size doubles both (Gen1)."""

_WAREHOUSE: Final = SizingBand(
    low_ratio=0.7,
    expected_ratio=1.0,
    high_ratio=1.6,
    confidence="low",
    source="no published conversion between engines: equal vCPU-hours, with the spread of public TPC-DS comparisons",
)
_SCAN: Final = SizingBand(
    low_ratio=0.6,
    expected_ratio=1.0,
    high_ratio=1.7,
    confidence="low",
    source="bytes read depend on clustering and columns touched, which change with the table layout",
)


def snowflake_edition_of(demand: DemandColumns) -> npt.NDArray[np.object_]:
    """Edition that each workload needs: today's on Snowflake, else by class of data, ``[workload]``."""
    editions = [
        (_edition_in(sku) if service == "snowflake" else "")
        or ("business_critical" if data_class in GUARDED_DATA_CLASSES else "enterprise")
        for service, sku, data_class in zip(demand.service, demand.sku, demand.data_class, strict=True)
    ]
    return np.array(editions, dtype=object)


@cache
def _edition_in(sku: str) -> str:
    """The edition that a size or edition name contains, '' when it contains none."""
    plain = sku.lower().replace("-", "_").replace(" ", "_")
    return next((edition for edition in SNOWFLAKE_EDITIONS if edition in plain), "")


def _needs(edition: str) -> Limit:
    return Limit(
        name=f"edition_is_{edition}",
        because="an edition in use today is kept, for features in use are unknown; restricted and regulated data need "
        "the edition with customer-managed keys, anything else takes enterprise",
        allows=lambda demand: np.asarray(snowflake_edition_of(demand) == edition, dtype=bool),
    )


def _snowflake(edition: str) -> ServiceEntry:
    return ServiceEntry(
        service="snowflake",
        hosts=ALL_HOSTS,
        billing="work_unit",
        sizing=_WAREHOUSE,
        source="https://www.snowflake.com/legal-files/CreditConsumptionTable.pdf",
        edition=edition,
        meter=f"credit.{edition}",
        units_per_vcpu_hour=1 / SNOWFLAKE_VCPU_PER_CREDIT,
        sizes=tuple(
            UnitSize(name=f"{edition}-{size}", units_per_hour=float(credits_per_hour))
            for size, credits_per_hour in WAREHOUSE_CREDITS_PER_HOUR.items()
        ),
        units_confidence="estimated",
        limits=(WORK_IS_MEASURED, _needs(edition)),
    )


def _by_scan(service: str, host: str, source: str, *, effort_ratio: float) -> ServiceEntry:
    return ServiceEntry(
        service=service,
        hosts=(host,),
        billing="scan",
        sizing=_SCAN,
        source=source,
        meter="scan",
        effort_ratio=effort_ratio,
        limits=(SCAN_IS_MEASURED,),
    )


SQL_WAREHOUSE: Final = RoleCatalogue(
    role="sql_warehouse",
    entries=(
        *(_snowflake(edition) for edition in SNOWFLAKE_EDITIONS),
        ServiceEntry(
            service="databricks",
            hosts=ALL_HOSTS,
            billing="work_unit",
            sizing=_WAREHOUSE,
            source=databricks_units.SOURCE,
            meter="dbu.sql_serverless",
            units_per_vcpu_hour=databricks_units.SQL_SERVERLESS_DBU_PER_VCPU_HOUR,
            sizes=databricks_units.SQL_SERVERLESS_SIZES,
            units_confidence="estimated",
            limits=(WORK_IS_MEASURED,),
        ),
        _by_scan("gcp_bigquery", "gcp", "https://cloud.google.com/bigquery/pricing", effort_ratio=1.2),
        _by_scan("aws_athena", "aws", "https://aws.amazon.com/athena/pricing/", effort_ratio=1.0),
        _by_scan(
            "azure_synapse", "azure", "https://azure.microsoft.com/pricing/details/synapse-analytics/", effort_ratio=1.1
        ),
    ),
)

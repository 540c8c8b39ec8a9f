"""Batch compute: Spark and similar work that is measured in vCPU-hours and may spread over as many machines as pay."""

from __future__ import annotations

from typing import Final

from optimizer.catalogue import databricks_units
from optimizer.catalogue.entry import ALL_HOSTS, RoleCatalogue, ServiceEntry, SizingBand, UnitSize
from optimizer.catalogue.limits import WORK_IS_MEASURED

_GLUE_SOURCE: Final = (
    "https://docs.aws.amazon.com/glue/latest/dg/add-job.html: 1 DPU = 4 vCPU and 16 GB, at least 2 DPU"
)

_SPARK_ON_MACHINES: Final = SizingBand(
    low_ratio=0.9,
    expected_ratio=1.0,
    high_ratio=1.4,
    confidence="estimated",
    source="the same open-source Spark on x86 vCPUs; the upper end is idle and starting clusters, hidden by a service",
)
_GLUE: Final = SizingBand(
    low_ratio=0.9,
    expected_ratio=1.0,
    high_ratio=1.3,
    confidence="estimated",
    source="the same open-source Spark; fixed worker shapes leave up to 30 % of a DPU unused",
)
_DATABRICKS: Final = SizingBand(
    low_ratio=0.7,
    expected_ratio=0.95,
    high_ratio=1.1,
    confidence="estimated",
    source="classic runtime without Photon; the vendor reports less CPU for the same Spark work, to be measured",
)


def _spark_on(service: str, host: str) -> ServiceEntry:
    """Self-managed Spark: arriving takes half as much work again, for scheduling, scaling and upgrades are ours."""
    return ServiceEntry(
        service=service,
        hosts=(host,),
        billing="machine",
        sizing=_SPARK_ON_MACHINES,
        source="Spark on the cloud's own machines: no price but theirs",
        effort_ratio=1.5,
        limits=(WORK_IS_MEASURED,),
    )


BATCH_COMPUTE: Final = RoleCatalogue(
    role="batch_compute",
    entries=(
        _spark_on("aws_ec2", "aws"),
        _spark_on("azure_vm", "azure"),
        _spark_on("gcp_gce", "gcp"),
        ServiceEntry(
            service="aws_glue",
            hosts=("aws",),
            billing="work_unit",
            sizing=_GLUE,
            source=_GLUE_SOURCE,
            meter="dpu_hour",
            units_per_vcpu_hour=0.25,
            sizes=tuple(
                UnitSize(name=f"{dpu}-dpu", units_per_hour=float(dpu)) for dpu in (2, 4, 8, 16, 32, 64, 128, 256)
            ),
            effort_ratio=0.8,
            limits=(WORK_IS_MEASURED,),
        ),
        ServiceEntry(
            service="databricks",
            hosts=ALL_HOSTS,
            billing="machine",
            sizing=_DATABRICKS,
            source=databricks_units.SOURCE,
            meter="dbu.jobs",
            units_confidence="estimated",
            effort_ratio=0.8,
            limits=(WORK_IS_MEASURED,),
        ),
    ),
)

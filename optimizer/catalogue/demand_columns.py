"""Demand of many workloads of one role as columns, so that a catalogue entry judges all of them at once."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from optimizer.catalogue.machine_names import is_arm
from optimizer.domain.estate import Workload


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DemandColumns:
    """Shapes ``[workload]``; quantities a month as in ``optimizer.domain.estate.Demand``, per instance where said so.

    ``node`` is the index of the workload among all nodes. ``runs_on_arm`` says that today's machine is ARM.
    ``measured_ratio`` is the expected work ratio of the service on which the work was measured (1 where unknown).
    """

    node: npt.NDArray[np.int32]
    vcpu_hours: npt.NDArray[np.float64]
    memory_gib: npt.NDArray[np.float64]
    peak_vcpu: npt.NDArray[np.float64]
    running_hours: npt.NDArray[np.float64]
    instances: npt.NDArray[np.float64]
    scanned_gb: npt.NDArray[np.float64]
    interruptible: npt.NDArray[np.bool_]
    runs_on_arm: npt.NDArray[np.bool_]
    measured_ratio: npt.NDArray[np.float64]
    data_class: npt.NDArray[np.object_]
    service: npt.NDArray[np.object_]
    sku: npt.NDArray[np.object_]

    def __len__(self) -> int:
        return len(self.node)

    def where(self, rows: npt.NDArray[np.int64]) -> DemandColumns:
        """The workloads at ``rows``, in that order."""
        return DemandColumns(**{column.name: getattr(self, column.name)[rows] for column in dataclasses.fields(self)})


def demand_columns(
    workloads: Sequence[Workload], nodes: Sequence[int], ratios: Mapping[str, float] = MappingProxyType({})
) -> DemandColumns:
    """Columns of ``workloads``, whose node indices are ``nodes``; ``ratios`` are work ratios by service of today."""
    demands = [workload.demand for workload in workloads]

    def floats(values: list[float]) -> npt.NDArray[np.float64]:
        return np.array(values, dtype=np.float64)

    return DemandColumns(
        node=np.array(nodes, dtype=np.int32),
        vcpu_hours=floats([demand.vcpu_hours for demand in demands]),
        memory_gib=floats([demand.memory_gib for demand in demands]),
        peak_vcpu=floats([demand.peak_vcpu for demand in demands]),
        running_hours=floats([demand.running_hours for demand in demands]),
        instances=floats([demand.instances for demand in demands]),
        scanned_gb=floats([demand.scanned_gb for demand in demands]),
        interruptible=np.array([demand.interruptible for demand in demands], dtype=bool),
        runs_on_arm=np.array([is_arm(workload.service, workload.sku) for workload in workloads], dtype=bool),
        measured_ratio=floats([ratios.get(workload.service, 1.0) for workload in workloads]),
        data_class=np.array([workload.tags.data_class for workload in workloads], dtype=object),
        service=np.array([workload.service for workload in workloads], dtype=object),
        sku=np.array([workload.sku for workload in workloads], dtype=object),
    )

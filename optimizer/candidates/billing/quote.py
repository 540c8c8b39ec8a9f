"""A monthly charge for many workloads at one service, place and purchase term, before it becomes candidates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from optimizer.catalogue.demand_columns import DemandColumns
from optimizer.catalogue.entry import ServiceEntry


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Quote:
    """Columns ``[workload]``, in the order of the demand asked about.

    ``compute_micro_usd`` is float64 at list price, not yet rounded; ``worst_micro_usd`` is the same work where the
    price may turn out worse by the nature of the purchase (spot that has to run on demand). ``vcpu`` and
    ``memory_gib`` are what is switched on while it runs. Where ``is_capable`` or ``is_priced`` is False the other
    columns mean nothing.
    """

    purchase: str
    sku: npt.NDArray[np.int32]
    compute_micro_usd: npt.NDArray[np.float64]
    worst_micro_usd: npt.NDArray[np.float64]
    confidence: npt.NDArray[np.int8]
    vcpu: npt.NDArray[np.float64]
    memory_gib: npt.NDArray[np.float64]
    is_capable: npt.NDArray[np.bool_]
    is_priced: npt.NDArray[np.bool_]


def unquoted(
    demand: DemandColumns, *, purchase: str, is_capable: npt.NDArray[np.bool_], is_priced: npt.NDArray[np.bool_]
) -> Quote:
    """A quote without a charge: nobody here is both capable and priced."""
    count = len(demand)
    return Quote(
        purchase=purchase,
        sku=np.zeros(count, dtype=np.int32),
        compute_micro_usd=np.zeros(count),
        worst_micro_usd=np.zeros(count),
        confidence=np.zeros(count, dtype=np.int8),
        vcpu=np.zeros(count),
        memory_gib=np.zeros(count),
        is_capable=is_capable,
        is_priced=is_priced,
    )


def work_ratio(entry: ServiceEntry, demand: DemandColumns) -> npt.NDArray[np.float64]:
    """Expected work at ``entry`` per unit of work measured today, ``[workload]``: exactly 1 within a service.

    Both services' expected ratios count: work of 0.95 on Databricks is 1.0 on plain machines, and the other way round.
    """
    return np.where(demand.service == entry.service, 1.0, entry.sizing.expected_ratio / demand.measured_ratio)


def within_limits(entry: ServiceEntry, demand: DemandColumns) -> npt.NDArray[np.bool_]:
    """Whether every limit of ``entry`` allows each workload, ``[workload]``."""
    allowed = np.ones(len(demand), dtype=bool)
    for limit in entry.limits:
        allowed &= limit.allows(demand)
    return allowed

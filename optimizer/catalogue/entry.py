"""What the catalogue says of one service: how it is billed, what it cannot do, how sure its sizing is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from optimizer.catalogue.demand_columns import DemandColumns

Billing = Literal["machine", "work_unit", "scan"]
ALL_HOSTS: Final = ("aws", "azure", "gcp")


@dataclass(frozen=True, slots=True, kw_only=True)
class SizingBand:
    """Work here per unit of work measured elsewhere (ratio of vCPU-hours, or of GB scanned): an estimate with a band.

    It applies when a workload changes service; within a service the ratio is exactly 1.
    """

    low_ratio: float
    expected_ratio: float
    high_ratio: float
    confidence: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """Something a service cannot do: ``allows`` maps demand columns to bool ``[workload]``."""

    name: str
    because: str
    allows: Callable[[DemandColumns], npt.NDArray[np.bool_]]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitSize:
    """A size that can be switched on: ``units_per_hour`` of the billing unit while it runs."""

    name: str
    units_per_hour: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceEntry:
    """A service that can do a role's job, at places of the providers in ``hosts``.

    ``machine`` billing pays machines by the hour: of ``machine_service`` (by host where the service has none of its
    own) plus ``machine_unit_meter`` per hour by machine family. ``work_unit`` billing pays ``meter`` at
    ``units_per_vcpu_hour``, in one of ``sizes``. ``scan`` billing pays ``meter`` per GB read.
    ``effort_ratio`` scales the labour of arriving from another service.
    """

    service: str
    hosts: tuple[str, ...]
    billing: Billing
    sizing: SizingBand
    source: str
    edition: str = ""
    meter: str = ""
    units_per_vcpu_hour: float = 0.0
    sizes: tuple[UnitSize, ...] = ()
    units_confidence: str = "seen"
    effort_ratio: float = 1.0
    limits: tuple[Limit, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleCatalogue:
    """The services that can stand in for each other in one role."""

    role: str
    entries: tuple[ServiceEntry, ...]

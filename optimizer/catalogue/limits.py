"""Limits that several services share."""

from __future__ import annotations

from typing import Final

from optimizer.catalogue.entry import Limit

GUARDED_DATA_CLASSES: Final = ("restricted", "regulated")
"""Classes of data whose handling a law prescribes."""

WORK_IS_MEASURED: Final = Limit(
    name="work_is_measured",
    because="a service billed by capacity can be sized only where vCPU-hours are known",
    allows=lambda demand: demand.vcpu_hours > 0,
)

SCAN_IS_MEASURED: Final = Limit(
    name="scan_is_measured",
    because="a service billed by bytes read can be priced only where scanned GB are known",
    allows=lambda demand: demand.scanned_gb > 0,
)

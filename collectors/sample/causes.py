"""Why the sample platform wastes money: each cause, how common it is, and how many things show it.

A cause changes what the company runs or where it keeps things, never an amount of money.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import numpy as np
import numpy.typing as npt

from collectors.sample.draws import Draws

COLD_DATA_IN_HOT_TIERS: Final = "cold_data_in_hot_tiers"
ON_DEMAND_WHERE_STEADY: Final = "on_demand_where_steady"
OVERSIZED: Final = "oversized"
READER_FAR_FROM_DATA: Final = "reader_far_from_data"
STALE_DUPLICATE: Final = "stale_duplicate"
EXPENSIVE_REGION_WITHOUT_REASON: Final = "expensive_region_without_reason"
JOBS_ON_INTERACTIVE_CLUSTERS: Final = "jobs_on_interactive_clusters"

CAUSES: Final[Mapping[str, str]] = MappingProxyType(
    {
        COLD_DATA_IN_HOT_TIERS: "no lifecycle rule: data of any age stays in the hottest tier",
        ON_DEMAND_WHERE_STEADY: "machines that never stop are paid by the hour",
        OVERSIZED: "machines or warehouses one or two sizes larger than their load",
        READER_FAR_FROM_DATA: "a job reads a dataset of another cloud or region, every byte paid on the way out",
        STALE_DUPLICATE: "a copy left behind in another cloud that nobody reads or writes",
        EXPENSIVE_REGION_WITHOUT_REASON: "stands in a region over a tenth dearer than the cheapest of the same cloud "
        "and continent although neither law nor a waiting user asks for it",
        JOBS_ON_INTERACTIVE_CLUSTERS: "scheduled jobs on all-purpose clusters, at a multiple of the jobs rate",
    }
)

OVERSIZE_STEPS: Final = {0: 0.62, 1: 0.31, 2: 0.07}
"""Sizes above the fitting one. Fleets are sized for a peak that somebody feared; providers' own advisors report about
half of all machines as larger than needed."""
NOTICED_FROM_MEANS: Final = 2.0
UNMANAGED_LIFECYCLE_RATIO: Final = 0.62
"""Datasets without any lifecycle rule."""
FAR_READER_RATIO: Final = 0.18
"""Batch jobs and warehouses with one input in another cloud or region."""
INTERACTIVE_JOBS_RATIO: Final = 0.18
"""Databricks job groups that run on the clusters they were written on."""
SPOT_RATIO: Final = 0.4
"""Interruptible Spark clusters that already run on spot, where the book knows a spot price."""
EXPENSIVE_RATIO: Final = 1.10
"""A region counts as expensive from this multiple of the cheapest one."""


def oversize_steps(draws: Draws, work: npt.NDArray[np.float64]) -> list[int]:
    """For each fleet, how many sizes it is too large, given the work of each ``[fleet]``.

    What is noticed is at most one size too large.
    """
    steps = draws.spread(OVERSIZE_STEPS, len(work))
    return [min(step, 1) if noticed else step for step, noticed in zip(steps, is_noticed(work), strict=True)]


def is_noticed(work: npt.NDArray[np.float64]) -> list[bool]:
    """For each fleet, whether it does so much more than the mean that someone looks at its bill."""
    return [bool(noticed) for noticed in work > NOTICED_FROM_MEANS * work.mean()]


def causes_of(*, oversized: bool = False, on_demand_steady: bool = False) -> frozenset[str]:
    """The causes as a set."""
    named = ((OVERSIZED, oversized), (ON_DEMAND_WHERE_STEADY, on_demand_steady))
    return frozenset(cause for cause, shown in named if shown)

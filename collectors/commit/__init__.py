"""The commit protocol: from what a vendor has delivered to periods in the store, checked, and never half.

Unit of work is one version of one billing period of one connection. Manifest first; what is unchanged costs nothing;
what is torn waits; what is empty or missing never erases; what was checked is written down beside it.
"""

from collectors.commit.collect import collect_bills
from collectors.commit.kept_aside import KeptAside, rows_kept_aside
from collectors.commit.overlaps import Overlap, find_overlaps
from collectors.commit.reconcile import reconcile
from collectors.commit.replay import ReplayedPeriod, replay_outdated
from collectors.commit.report import (
    CollectReport,
    EmptyPeriod,
    FailedPeriod,
    MissingPeriod,
    PeriodOutcome,
    StoredPeriod,
    UnchangedPeriod,
)
from collectors.commit.standing import PeriodStanding, period_standings

__all__ = [
    "CollectReport",
    "EmptyPeriod",
    "FailedPeriod",
    "KeptAside",
    "MissingPeriod",
    "Overlap",
    "PeriodOutcome",
    "PeriodStanding",
    "ReplayedPeriod",
    "StoredPeriod",
    "UnchangedPeriod",
    "collect_bills",
    "find_overlaps",
    "period_standings",
    "reconcile",
    "replay_outdated",
    "rows_kept_aside",
]

"""What was checked of a stored period, what closed it, and how its source counts: records of the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from collectors.store.versions import CostByCurrency, PeriodVersion

Level = Literal["rows", "native_total", "independent_total"]
CheckStatus = Literal["matched", "mismatch", "not_available"]
LEVELS: Final[tuple[Level, ...]] = ("rows", "native_total", "independent_total")


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodCheck:
    """One level of reconciliation of one version of a period.

    Attributes:
        source, period, version_fingerprint: the version that was checked.
        level: ``rows`` (manifest = parsed = loaded), ``native_total`` (money before = after normalisation), or
            ``independent_total`` (money as the vendor tells it by another way).
        status: ``not_available`` when the vendor tells nothing to compare with.
        expected, found: the two figures, as text with their currencies.
        detail: in words, what was compared and within which tolerance.
        checked_at: aware moment, in UTC.
    """

    source: str
    period: str
    version_fingerprint: str
    level: Level
    status: CheckStatus
    expected: str
    found: str
    detail: str
    checked_at: datetime

    @property
    def outcome(self) -> str:
        """The status in words, and when it was found."""
        return f"{self.status.replace('_', ' ')} ({self.checked_at:%Y-%m-%d %H:%M} UTC)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """What closed a period: a final total that its rows matched. A later version with other money reopens it."""

    source: str
    period: str
    costs: CostByCurrency
    effective_costs: CostByCurrency
    row_count: int
    rejected_row_count: int
    evidence: str
    closed_at: datetime

    def holds(self, version: PeriodVersion) -> bool:
        """Whether a version has the money and the rows that were closed."""
        return (
            dict(self.costs) == dict(version.billed_cost)
            and dict(self.effective_costs) == dict(version.effective_cost)
            and (self.row_count, self.rejected_row_count) == (version.rows, version.rejected_rows)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceSetting:
    """How a source counts, as its connection says; a source without one counts and is billed directly."""

    source: str
    provider: str
    counts: bool
    billed_through: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryCall:
    """How a delivery was ingested, so that it can be normalised again from its raw files.

    ``files`` are (SHA-256, suffix, name when delivered); ``source`` and ``period`` are what the caller demanded, if
    anything.
    """

    fingerprint: str
    dialect: str
    source: str | None
    period: str | None
    files: tuple[tuple[str, str, str], ...]

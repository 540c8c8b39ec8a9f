"""What collecting did: one outcome for every month of the window."""

from __future__ import annotations

from dataclasses import dataclass

from collectors.errors import CollectorError
from collectors.focus.report import IngestReport


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPeriod:
    """A delivery that was fetched and ingested."""

    period: str
    report: IngestReport


@dataclass(frozen=True, slots=True, kw_only=True)
class UnchangedPeriod:
    """A delivery that is in the store already; no data file was fetched."""

    period: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingPeriod:
    """A month of the window of which the vendor shows nothing: not ready, which is not the same as no cost.

    ``kept_rows`` are those that the store holds of it all the same, from when the vendor still showed it: they stay.
    """

    period: str
    kept_rows: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class EmptyPeriod:
    """A delivery without a row.

    ``kept_rows`` are those that the store holds of the month from before: they stay, and a person decides.
    """

    period: str
    kept_rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedPeriod:
    """A delivery that could not be brought in; what the store holds of the month stays as it was."""

    period: str
    error: CollectorError


PeriodOutcome = StoredPeriod | UnchangedPeriod | MissingPeriod | EmptyPeriod | FailedPeriod


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectReport:
    """What collecting from one connection did, an outcome for every month of the window."""

    connection: str
    source: str
    outcomes: tuple[PeriodOutcome, ...]
    seconds: float

    @property
    def changed(self) -> bool:
        """Whether the store now shows other rows than before."""
        return any(isinstance(each, StoredPeriod) and not each.report.unchanged for each in self.outcomes)

    @property
    def failures(self) -> tuple[FailedPeriod, ...]:
        """The months that could not be brought in."""
        return tuple(each for each in self.outcomes if isinstance(each, FailedPeriod))

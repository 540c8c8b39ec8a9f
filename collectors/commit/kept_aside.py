"""Rows that the store keeps aside because they cannot be used: why, how many, at what cost."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from collectors.focus.findings import Findings
from collectors.store.store import IngestStore
from collectors.store.versions import CostByCurrency, PeriodVersion


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptAside:
    """Rows of one delivery that cannot be used, for one reason.

    Attributes:
        source: whose bill it is.
        periods: the months that are current as that delivery brought them; one, unless it was ingested by hand.
        meaning: why the rows cannot be used.
        rows: how many.
        cost: their BilledCost as far as it can be read, by currency (``unknown`` where that is not to be read).
        examples: up to three, ``<file>:<row>``, rows counted from 1 below the header.
    """

    source: str
    periods: tuple[str, ...]
    meaning: str
    rows: int
    cost: CostByCurrency
    examples: tuple[str, ...]

    def concerns(self, version: PeriodVersion) -> bool:
        """Whether a version came with them."""
        return self.source == version.source and version.period in self.periods


def rows_kept_aside(store: IngestStore) -> tuple[KeptAside, ...]:
    """What the current versions keep aside, by source and delivery.

    Raises:
        StoreError: the store cannot be read.
    """
    periods: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    reports: dict[tuple[str, str], str] = {}
    for (source, period), (delivery, report) in store.reports().items():
        periods[source, delivery].append(period)
        reports[source, delivery] = report
    return tuple(
        KeptAside(
            source=source,
            periods=tuple(periods[source, delivery]),
            meaning=each.meaning,
            rows=each.rows,
            cost=each.cost,
            examples=each.examples,
        )
        for (source, delivery), report in reports.items()
        for each in Findings.from_json(report).rejections
    )

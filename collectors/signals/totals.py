"""Accesses added up over billing months, only where they are covered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from collectors.signals.coverage import Coverage, Window, covered_ratio
from collectors.signals.store import SignalStore

_TOTALS_SQL: Final = """
SELECT event.source, event.scope, dataset_uri, principal, job, op, CAST(sum(requests) AS BIGINT),
       CAST(coalesce(sum(bytes), 0) AS DOUBLE), CAST(coalesce(sum(requests) FILTER (bytes IS NULL), 0) AS BIGINT)
FROM access_events AS event JOIN coverage
  ON event.source = coverage.source AND event.scope = coverage.scope
 AND event.accessed_at >= coverage.from_at AND event.accessed_at < coverage.to_at
WHERE strftime(accessed_at, '%Y-%m') IN (SELECT unnest(?)) AND op IN ('read', 'write', 'restore')
GROUP BY ALL ORDER BY ALL
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessTotal:
    """What one principal and job did to one dataset in the covered part of the months, by one source.

    ``moved_bytes`` is of the requests that say how much moved; ``requests_without_bytes`` are those that do not.
    """

    source: str
    scope: str
    dataset_uri: str
    principal: str
    job: str
    op: str
    requests: int
    moved_bytes: float
    requests_without_bytes: int


def access_totals(signals: SignalStore, months: Sequence[str]) -> tuple[AccessTotal, ...]:
    """Reads, writes and restores of the months (``2026-09``), in a fixed order.

    Raises:
        StoreError: the signals cannot be read.
    """
    with signals.connect() as connection:
        rows = connection.execute(_TOTALS_SQL, [list(months)]).fetchall()
    return tuple(
        AccessTotal(
            source=source,
            scope=scope,
            dataset_uri=uri,
            principal=principal,
            job=job,
            op=op,
            requests=requests,
            moved_bytes=moved_bytes,
            requests_without_bytes=without,
        )
        for source, scope, uri, principal, job, op, requests, moved_bytes, without in rows
    )


def covered_ratios(coverage: Sequence[Coverage], months: Sequence[str]) -> dict[tuple[str, str], float]:
    """(source, scope) -> which part of the months it watched, for all that watched any of it."""
    whole = [month_window(month) for month in months]
    windows: dict[tuple[str, str], list[Window]] = {}
    for each in coverage:
        windows.setdefault((each.source, each.scope), []).append(each.window)
    ratios = {key: covered_ratio(found, whole) for key, found in windows.items()}
    return {key: ratio for key, ratio in ratios.items() if ratio > 0}


def month_window(month: str) -> Window:
    """The times of a month.

    >>> month_window("2026-12").to_at.isoformat()
    '2027-01-01T00:00:00+00:00'
    """
    year, number = (int(part) for part in month.split("-"))
    following = (year + 1, 1) if number == 12 else (year, number + 1)
    return Window(from_at=datetime(year, number, 1, tzinfo=UTC), to_at=datetime(*following, 1, tzinfo=UTC))

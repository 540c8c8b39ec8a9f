"""How every stored period stands: open or closed, checked or not, and whether recommendations may rest on it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from collectors.commit.kept_aside import KeptAside, rows_kept_aside
from collectors.commit.overlaps import Overlap, find_overlaps
from collectors.store.checks import Closing, PeriodCheck
from collectors.store.store import IngestStore
from collectors.store.versions import PeriodVersion

PeriodState = Literal["open", "provisional", "closed", "reopened"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodStanding:
    """One stored period.

    Attributes:
        version: what readers see of it.
        counts: whether its source is part of the estate.
        state: ``open`` while its month runs; ``provisional`` until a final total matches; then ``closed``; ``reopened``
            when money or rows changed after that, or a later total differs.
        evidence: what closed it, when something did.
        checks: what was checked of this version.
        overlaps: other sources with the same charges.
        kept_aside: rows that came with it and cannot be used, by reason.
        withheld: why no recommendation may rest on this month; '' when one may.
    """

    version: PeriodVersion
    counts: bool
    state: PeriodState
    evidence: str
    checks: tuple[PeriodCheck, ...]
    overlaps: tuple[Overlap, ...]
    kept_aside: tuple[KeptAside, ...]
    withheld: str

    @property
    def independent_outcome(self) -> str:
        """How this version compares with the vendor's own total, and when that was asked for; in words."""
        found = [check.outcome for check in self.checks if check.level == "independent_total"]
        return found[0] if found else "not checked"


def period_standings(
    store: IngestStore, *, now: datetime, overlaps: tuple[Overlap, ...] | None = None
) -> tuple[PeriodStanding, ...]:
    """Every current version in the order (source, period); ``overlaps`` are the store's, when they are known."""
    checks = store.checks()
    closings = {(each.source, each.period): each for each in store.closings()}
    uncounted = {each.source for each in store.settings() if not each.counts}
    overlaps = find_overlaps(store) if overlaps is None else overlaps
    kept_aside = rows_kept_aside(store)
    month = now.strftime("%Y-%m")
    standings = []
    for version in store.periods():
        closing = closings.get((version.source, version.period))
        last_checks = [each for each in checks if (each.source, each.period) == (version.source, version.period)]
        own_checks = tuple(each for each in last_checks if each.version_fingerprint == version.fingerprint)
        own_overlaps = tuple(
            each for each in overlaps if each.period == version.period and version.source in each.sources
        )
        counts = version.source not in uncounted
        standings.append(
            PeriodStanding(
                version=version,
                counts=counts,
                state=_state(version, closing, own_checks, month),
                evidence=closing.evidence if closing is not None else "",
                checks=own_checks,
                overlaps=own_overlaps,
                kept_aside=tuple(each for each in kept_aside if each.concerns(version)),
                withheld=_why_withheld(version, last_checks, own_overlaps) if counts else "",
            )
        )
    return tuple(standings)


def _state(version: PeriodVersion, closing: Closing | None, checks: tuple[PeriodCheck, ...], month: str) -> PeriodState:
    if closing is None:
        return "open" if version.period >= month else "provisional"
    differs = any(check.status == "mismatch" for check in checks)
    return "closed" if closing.holds(version) and not differs else "reopened"


def _why_withheld(version: PeriodVersion, last_checks: list[PeriodCheck], overlaps: tuple[Overlap, ...]) -> str:
    """One sentence, or '' when the period adds up and stands once."""
    for check in last_checks:
        if check.status == "mismatch" and check.version_fingerprint != version.fingerprint:
            return (
                f"{version.period} of {version.source} did not match ({check.found} stored, {check.expected} expected) "
                "and has changed since, but was not compared again; run `placement collect`"
            )
        if check.status == "mismatch":
            return (
                f"{version.period} of {version.source} does not match: {check.found} stored, {check.expected} expected "
                f"({check.detail})"
            )
    return overlaps[0].meaning if overlaps else ""

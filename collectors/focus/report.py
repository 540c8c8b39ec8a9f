"""What an ingest did, in numbers: rows, rejects, oddities, totals."""

from __future__ import annotations

from dataclasses import dataclass

from collectors.focus.dialect import NativeReading
from collectors.focus.findings import Findings, Oddity, Rejection, add_costs
from collectors.store.versions import CostByCurrency, PeriodVersion


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestReport:
    """What one call of ``ingest_files`` did.

    ``unchanged`` says that nothing was written, because all of it was there already; rows, oddities and rejections are
    then those of the first time. ``replaced`` are the versions that readers saw before, for each one superseded.
    ``delivery`` is the fingerprint under which the ledger knows the call's files; ``native`` what a second, independent
    reading of them found.
    ``rows`` counts usable rows, so ``rows + rejected_rows`` is every row of the files.
    """

    versions: tuple[PeriodVersion, ...]
    replaced: tuple[PeriodVersion, ...]
    oddities: tuple[Oddity, ...]
    rejections: tuple[Rejection, ...]
    rows: int
    rejected_rows: int
    billed_cost: CostByCurrency
    effective_cost: CostByCurrency
    rejected_cost: CostByCurrency
    seconds: float
    unchanged: bool
    delivery: str
    native: NativeReading

    @classmethod
    def of(
        cls,
        versions: tuple[PeriodVersion, ...],
        findings: Findings,
        *,
        replaced: tuple[PeriodVersion, ...],
        seconds: float,
        delivery: str,
    ) -> IngestReport:
        """The report of a delivery that became ``versions``."""
        return cls(
            versions=versions,
            replaced=replaced,
            oddities=findings.oddities,
            rejections=findings.rejections,
            rows=sum(version.rows for version in versions),
            rejected_rows=sum(version.rejected_rows for version in versions),
            billed_cost=add_costs(version.billed_cost for version in versions),
            effective_cost=add_costs(version.effective_cost for version in versions),
            rejected_cost=add_costs(version.rejected_cost for version in versions),
            seconds=seconds,
            unchanged=all(version.unchanged for version in versions) and bool(versions),
            delivery=delivery,
            native=findings.native,
        )

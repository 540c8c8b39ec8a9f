"""Describing estates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from api.dependencies import Services
from api.errors import UnknownEstate
from api.estates.names import DEFAULT_ESTATE
from api.estates.repository import current_periods, newest_answer
from api.estates.schemas import CheckBody, CoverageFiguresBody, EstateDetail, FreshnessBody, PeriodBody, TotalsBody
from collectors.commit import PeriodStanding
from optimizer.units import usd


def describe_estate(services: Services, estate_id: str) -> EstateDetail:
    """An estate with its periods.

    Raises:
        UnknownEstate: there is no such estate.
        StoreError: the ingest store cannot be read.
    """
    if estate_id != DEFAULT_ESTATE:
        raise UnknownEstate(f"there is no estate {estate_id!r}; GET /v1/estates lists them")
    standings, fingerprint = current_periods(services.settings, now=services.clock())
    periods = [standing.version for standing in standings if standing.counts]
    return EstateDetail(
        id=estate_id,
        fingerprint=fingerprint,
        freshness=FreshnessBody(
            newest_period=max((version.period for version in periods), default=None),
            last_ingested_at=max((version.ingested_at for version in periods), default=None),
        ),
        totals=TotalsBody(
            rows=sum(version.rows for version in periods),
            rejected_rows=sum(version.rejected_rows for version in periods),
            billed=_sum(version.billed_cost for version in periods),
            effective=_sum(version.effective_cost for version in periods),
            rejected=_sum(version.rejected_cost for version in periods),
        ),
        newest_answer=_newest(services, estate_id),
        periods=[_period(standing) for standing in standings],
    )


def _newest(services: Services, estate_id: str) -> CoverageFiguresBody | None:
    with services.database.reading() as session:
        run = newest_answer(session, estate_id)
        if run is None or run.unmatched_micro_usd is None or run.unpriced_micro_usd is None:
            return None
        return CoverageFiguresBody(
            run_id=run.id, unmatched_usd=usd(run.unmatched_micro_usd), unpriced_usd=usd(run.unpriced_micro_usd)
        )


def _sum(amounts: Iterable[Mapping[str, Decimal]]) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = {}
    for by_currency in amounts:
        for currency, amount in by_currency.items():
            sums[currency] = sums.get(currency, Decimal(0)) + amount
    return sums


def _period(standing: PeriodStanding) -> PeriodBody:
    version = standing.version
    return PeriodBody(
        source=version.source,
        period=version.period,
        version=version.version,
        ingested_at=version.ingested_at,
        focus_versions=list(version.contents.focus_versions),
        rows=version.rows,
        rejected_rows=version.rejected_rows,
        billed=dict(version.billed_cost),
        effective=dict(version.effective_cost),
        rejected=dict(version.rejected_cost),
        state=standing.state,
        counts=standing.counts,
        closed_by=standing.evidence or None,
        checks=[
            CheckBody(
                level=check.level,
                status=check.status,
                expected=check.expected,
                found=check.found,
                detail=check.detail,
                checked_at=check.checked_at,
            )
            for check in standing.checks
        ],
        withheld=standing.withheld or None,
    )

"""Bodies of the estate endpoints."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel

from api.http.amounts import UsdText
from api.prices.schemas import UnitPriceText
from collectors.commit.standing import PeriodState
from collectors.store.checks import CheckStatus, Level

AmountByCurrency = dict[str, UnitPriceText]


class CheckBody(BaseModel):
    """One level of reconciliation: rows, native total, or the vendor's independent total."""

    level: Level
    status: CheckStatus
    expected: str
    found: str
    detail: str
    checked_at: datetime


class PeriodBody(BaseModel):
    """The current version of one billing period of one source.

    ``counts`` is false for a source kept for comparison; ``withheld`` says why no recommendation may rest on the month.
    """

    source: str
    period: str
    version: str
    ingested_at: datetime
    focus_versions: list[str]
    rows: int
    rejected_rows: int
    billed: AmountByCurrency
    effective: AmountByCurrency
    rejected: AmountByCurrency
    state: PeriodState
    counts: bool
    closed_by: str | None
    checks: list[CheckBody]
    withheld: str | None


class TotalsBody(BaseModel):
    """Sums over the current periods of sources that count, by currency.

    ``rejected`` is the cost of rows that could not be used.
    """

    rows: int
    rejected_rows: int
    billed: AmountByCurrency
    effective: AmountByCurrency
    rejected: AmountByCurrency


class FreshnessBody(BaseModel):
    """How old the facts are; null where there are none."""

    newest_period: str | None
    last_ingested_at: datetime | None


class CoverageFiguresBody(BaseModel):
    """What the newest answer could not use, a year: cost on the bills without a thing, cost without another price."""

    run_id: str
    currency: str = "USD"
    unmatched_usd: UsdText
    unpriced_usd: UsdText


class EstateBody(BaseModel):
    """An estate: what the bills say and how fresh it is."""

    id: str
    fingerprint: str | None
    freshness: FreshnessBody
    totals: TotalsBody
    newest_answer: CoverageFiguresBody | None


class EstateDetail(EstateBody):
    """An estate with its billing periods."""

    periods: list[PeriodBody]


class EstateList(BaseModel):
    """Every estate."""

    items: list[EstateBody]

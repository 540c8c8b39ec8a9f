"""Bodies of the estate endpoints."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel

from api.http.amounts import UsdText
from api.prices.schemas import UnitPriceText

AmountByCurrency = dict[str, UnitPriceText]


class PeriodBody(BaseModel):
    """The current version of one billing period of one source."""

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


class TotalsBody(BaseModel):
    """Sums over the current periods, by currency; ``rejected`` is the cost of rows that could not be used."""

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

"""Bodies of the forecast endpoint."""

from __future__ import annotations

from pydantic import BaseModel

from api.http.amounts import UsdText


class ForecastMonthBody(BaseModel):
    """Spend of one month with and without the plan: percentiles of the simulated months."""

    month: str
    baseline_p10_usd: UsdText
    baseline_p50_usd: UsdText
    baseline_p90_usd: UsdText
    plan_p10_usd: UsdText
    plan_p50_usd: UsdText
    plan_p90_usd: UsdText
    cumulative_net_saving_p50_usd: UsdText


class ForecastBody(BaseModel):
    """Twelve months; ``payback_month`` is the first with a positive cumulative net saving, null when none has."""

    run_id: str
    currency: str = "USD"
    method: str
    payback_month: str | None
    months: list[ForecastMonthBody]

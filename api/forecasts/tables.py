"""Table of forecasts."""

from __future__ import annotations

from sqlmodel import Field, SQLModel

from api.database.columns import micro_usd_column


class ForecastMonthRow(SQLModel, table=True):
    """One forecast month of an answer."""

    __tablename__ = "forecast_month"

    answer_id: str = Field(primary_key=True)
    ordinal: int = Field(primary_key=True)
    month: str
    baseline_p10_micro_usd: int = micro_usd_column()
    baseline_p50_micro_usd: int = micro_usd_column()
    baseline_p90_micro_usd: int = micro_usd_column()
    plan_p10_micro_usd: int = micro_usd_column()
    plan_p50_micro_usd: int = micro_usd_column()
    plan_p90_micro_usd: int = micro_usd_column()
    cumulative_net_saving_p50_micro_usd: int = micro_usd_column()

"""Reading forecasts."""

from __future__ import annotations

from sqlmodel import Session, col, select

from api.forecasts.tables import ForecastMonthRow


def months_of(session: Session, answer_id: str) -> list[ForecastMonthRow]:
    """Forecast months of an answer, in order."""
    statement = select(ForecastMonthRow).where(ForecastMonthRow.answer_id == answer_id)
    return list(session.exec(statement.order_by(col(ForecastMonthRow.ordinal))))

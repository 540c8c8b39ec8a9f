"""Forecast endpoints."""

from __future__ import annotations

from fastapi import APIRouter

from api.dependencies import Wired
from api.errors import AnswerNotAvailable, InvalidRequest, UnknownRun
from api.forecasts.repository import months_of
from api.forecasts.schemas import ForecastBody, ForecastMonthBody
from api.http.amounts import in_usd
from api.http.problems import problems
from api.runs.endpoints import RunId
from api.runs.repository import load_run
from api.runs.service import answer_id_of

router = APIRouter(prefix="/forecasts", tags=["forecasts"])


@router.get("/{run_id}", responses=problems(UnknownRun, AnswerNotAvailable, InvalidRequest))
def get_forecast(run_id: RunId, services: Wired) -> ForecastBody:
    """Twelve months of spend with and without the plan of a run."""
    with services.database.reading() as session:
        answer_id = answer_id_of(session, run_id, needs_plan=True)
        run = load_run(session, run_id)
        months = [ForecastMonthBody.model_validate(in_usd(row.model_dump())) for row in months_of(session, answer_id)]
        return ForecastBody(
            run_id=run_id,
            method=run.forecast_method or "",
            payback_month=run.forecast_payback_month,
            months=months,
        )

"""Every table of the application, in one metadata object: importing this module declares them all."""

from __future__ import annotations

from sqlalchemy import MetaData
from sqlmodel import SQLModel

from api.decisions.tables import DecisionRow
from api.forecasts.tables import ForecastMonthRow
from api.jobs.tables import WorkerRow
from api.recommendations.tables import AdviceRow, RecommendationRow
from api.runs.tables import (
    DroppedCandidatesRow,
    IdempotencyKeyRow,
    LedgerLineRow,
    RulePriceRow,
    RunRow,
    RunStageRow,
)

TABLES: tuple[type[SQLModel], ...] = (
    RunRow,
    IdempotencyKeyRow,
    RunStageRow,
    LedgerLineRow,
    RulePriceRow,
    DroppedCandidatesRow,
    ForecastMonthRow,
    AdviceRow,
    RecommendationRow,
    DecisionRow,
    WorkerRow,
)


def metadata() -> MetaData:
    """The metadata that holds ``TABLES``."""
    return SQLModel.metadata

"""Runs read back from the database, whole, for the command line and for exports."""

from __future__ import annotations

from typing import Any

from sqlmodel import Session, SQLModel, col, select

from api.database.engine import Database
from api.database.migrate import upgrade_database
from api.errors import UnknownRecommendation, UnknownRun
from api.forecasts.repository import months_of
from api.recommendations.tables import AdviceRow
from api.runs.repository import dropped_of, ledger_of, load_run, rule_prices_of, stages_of
from api.runs.tables import RunRow
from api.settings import Settings

LATEST = "latest"


def read_stored_run(settings: Settings, run_id: str, *, workload: str | None = None) -> dict[str, Any]:
    """A run with its stages, ledger, rules, dropped candidates, forecast and recommendations, as plain values.

    With ``workload`` only the recommendations that concern that workload or dataset.

    Raises:
        UnknownRun: there is no such run, or none at all.
        UnknownRecommendation: the run advises nothing about the workload.
    """
    if not settings.database_url and not (settings.data_directory / "placement.sqlite3").is_file():
        raise UnknownRun(f"{settings.data_directory} holds no run yet; do one with `placement optimize`")
    database = Database(settings.resolved_database_url)
    try:
        upgrade_database(database)
        with database.reading() as session:
            run = load_run(session, run_id) if run_id != LATEST else _latest(session)
            answer_id = run.answer_id or ""
            advice = _advice(session, answer_id, workload)
            return {
                "run": _plain(run),
                "stages": [_plain(row) for row in stages_of(session, run)],
                "ledger": [_plain(row) for row in ledger_of(session, answer_id)],
                "rules": [_plain(row) for row in rule_prices_of(session, answer_id)],
                "dropped": [_plain(row) for row in dropped_of(session, answer_id)],
                "forecast": [_plain(row) for row in months_of(session, answer_id)],
                "recommendations": [row.body for row in advice],
            }
    finally:
        database.close()


def _latest(session: Session) -> RunRow:
    """The newest run that has an answer; one that failed or was killed hides no good one."""
    answered = col(RunRow.answer_id).is_not(None)
    statement = select(RunRow).where(answered).order_by(col(RunRow.requested_at).desc(), col(RunRow.id).desc()).limit(1)
    run = session.exec(statement).first()
    if run is None:
        raise UnknownRun("there is no finished run yet; do one with `placement optimize`")
    return run


def _advice(session: Session, answer_id: str, workload: str | None) -> list[AdviceRow]:
    statement = (
        select(AdviceRow)
        .where(col(AdviceRow.answer_id) == answer_id)
        .order_by(col(AdviceRow.saving_monthly_micro_usd).desc(), col(AdviceRow.recommendation_id))
    )
    rows = list(session.exec(statement))
    if workload is None:
        return rows
    found = [row for row in rows if any(workload in (t["node_id"], t["name"]) for t in row.body["targets"])]
    if not found:
        raise UnknownRecommendation(
            f"the run advises nothing about {workload!r}: it stays as it is, or the estate does not hold it"
        )
    return found


def _plain(row: SQLModel) -> dict[str, Any]:
    return row.model_dump()

"""Storing what a run found, and reading runs back.

Rows of an answer are written in chunks under the attempt's own ``answer_id`` and are invisible until one last
transaction flips the run's status, names that ``answer_id`` and publishes the advice. A killed or overtaken attempt
leaves rows that nothing refers to; the next publication of the same run removes them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import and_, delete, exists, or_, select
from sqlmodel import Session, SQLModel, col
from sqlmodel import select as select_rows

from api.database.engine import ROWS_PER_CHUNK, Database, insert_rows, table_of
from api.errors import AttemptLost, InvalidCursor, UnknownRun, UnverifiedAnswer
from api.forecasts.tables import ForecastMonthRow
from api.http.cursor import Cursor
from api.jobs.queue import finish
from api.recommendations.advice import advice_row
from api.recommendations.lifecycle import publish_advice
from api.recommendations.tables import AdviceRow
from api.runs.result import InfeasibleAnswer, NotSolvedAnswer, RunResult, SolvedAnswer
from api.runs.tables import (
    DroppedCandidatesRow,
    IdempotencyKeyRow,
    LedgerLineRow,
    RulePriceRow,
    RunRow,
    RunStageRow,
)
from optimizer.units import micro_usd_rounded

_RUN = table_of(RunRow)
_ANSWER_TABLES: Final = (LedgerLineRow, RulePriceRow, DroppedCandidatesRow, ForecastMonthRow, AdviceRow)


def persist_result(database: Database, *, run_id: str, attempt: int, result: RunResult, now: datetime) -> None:
    """Store what an attempt found and make it visible, all of it or nothing.

    Raises:
        AttemptLost: the run was taken over or cancelled; nothing of this attempt becomes visible.
        UnverifiedAnswer: the plan was not confirmed by the independent checker.
    """
    answer = result.answer
    if isinstance(answer, SolvedAnswer) and not answer.verified:
        raise UnverifiedAnswer(run_id=run_id)
    answer_id = f"{run_id}.{attempt}"
    for model, rows in _answer_rows(result, run_id=run_id, answer_id=answer_id):
        for start in range(0, len(rows), ROWS_PER_CHUNK):
            with database.writing() as session:
                _require_current(session, run_id=run_id, attempt=attempt)
                insert_rows(session, model, rows[start : start + ROWS_PER_CHUNK])
    with database.writing() as session:
        run = load_run(session, run_id)
        finish(session, run_id=run_id, attempt=attempt, now=now, answer_id=answer_id, failure=None, **_headline(result))
        if isinstance(answer, SolvedAnswer) and run.publishes and not _is_overtaken(session, run):
            publish_advice(session, estate=run.estate, run_id=run_id, answer_id=answer_id, now=now)
    _remove_leftovers(database, run_id=run_id, answer_id=answer_id)


def _require_current(session: Session, *, run_id: str, attempt: int) -> None:
    statement = select(_RUN.c.id).where(_RUN.c.id == run_id, _RUN.c.attempt == attempt, _RUN.c.status == "running")
    if session.connection().execute(statement).first() is None:
        raise AttemptLost(run_id=run_id, attempt=attempt)


def _is_overtaken(session: Session, run: RunRow) -> bool:
    """Whether a run that was asked for later has published already: older facts do not replace newer ones."""
    later = or_(
        _RUN.c.requested_at > run.requested_at, and_(_RUN.c.requested_at == run.requested_at, _RUN.c.id > run.id)
    )
    newer = exists().where(_RUN.c.estate == run.estate, _RUN.c.publishes, _RUN.c.status == "succeeded", later)
    return bool(session.connection().execute(select(newer)).scalar_one())


def _remove_leftovers(database: Database, *, run_id: str, answer_id: str) -> None:
    for model in _ANSWER_TABLES:
        table = table_of(model)
        stale = and_(table.c.answer_id.startswith(f"{run_id}.", autoescape=True), table.c.answer_id != answer_id)
        with database.writing() as session:
            session.connection().execute(delete(table).where(stale))


def _answer_rows(
    result: RunResult, *, run_id: str, answer_id: str
) -> list[tuple[type[SQLModel], list[dict[str, Any]]]]:
    rows: list[tuple[type[SQLModel], list[dict[str, Any]]]] = [
        (DroppedCandidatesRow, _numbered(result.dropped, answer_id))
    ]
    if isinstance(result.answer, SolvedAnswer):
        advice = [advice_row(each, run_id=run_id, answer_id=answer_id) for each in result.answer.recommendations]
        rows += [
            (LedgerLineRow, _numbered(result.answer.ledger, answer_id)),
            (RulePriceRow, _numbered(result.answer.rule_prices, answer_id)),
            (ForecastMonthRow, _numbered(result.answer.forecast.months, answer_id)),
            (AdviceRow, advice),
        ]
    return rows


def _numbered(lines: Sequence[Any], answer_id: str) -> list[dict[str, Any]]:
    return [{"answer_id": answer_id, "ordinal": ordinal, **asdict(line)} for ordinal, line in enumerate(lines)]


def _texts(amounts: Mapping[str, Any]) -> dict[str, Any]:
    """The same with decimals as text, as JSON can hold them without loss."""
    return {
        name: _texts(value) if isinstance(value, Mapping) else f"{value:.6f}" if isinstance(value, Decimal) else value
        for name, value in amounts.items()
    }


def _headline(result: RunResult) -> dict[str, Any]:
    common = {
        "input_fingerprint": result.input_fingerprint,
        "price_snapshot_id": result.price_snapshot_id,
        "data_as_of_on": result.data_as_of_on,
        "annual_baseline_micro_usd": _micro(result.annual_baseline_usd),
        "unpriced_micro_usd": _micro(result.unpriced_usd),
        "unmatched_micro_usd": _micro(result.unmatched_usd),
        "compliance_gaps": [asdict(gap) for gap in result.compliance_gaps],
        "bills": _texts(asdict(result.bills)),
        "remarks": [asdict(remark) for remark in result.remarks],
        "solver": asdict(result.solver),
    }
    match result.answer:
        case SolvedAnswer() as answer:
            return {
                **common,
                "status": "succeeded",
                "verified": True,
                "annual_plan_micro_usd": _micro(answer.annual_plan_usd),
                "one_off_micro_usd": _micro(answer.one_off_usd),
                "payback_months": answer.payback_months,
                "objective_monthly_micro_usd": _micro(answer.objective_monthly_usd),
                "lower_bound_monthly_micro_usd": _micro(answer.lower_bound_monthly_usd),
                "gap_ratio_proved": answer.gap_ratio,
                "forecast_method": answer.forecast.method,
                "forecast_payback_month": answer.forecast.payback_month,
            }
        case InfeasibleAnswer() as answer:
            return {**common, "status": "infeasible", "conflict": [asdict(rule) for rule in answer.conflict]}
        case NotSolvedAnswer() as answer:
            return {**common, "status": "not_solved", "not_solved_reason": answer.reason}


def _micro(amount_usd: Decimal) -> int:
    return micro_usd_rounded(amount_usd)


def create_run(session: Session, run: RunRow) -> None:
    """Put a new run in the queue."""
    session.add(run)
    session.flush()


def load_run(session: Session, run_id: str) -> RunRow:
    """The run with that id.

    Raises:
        UnknownRun: there is none.
    """
    run = session.get(RunRow, run_id)
    if run is None:
        raise UnknownRun(f"there is no run {run_id!r}; GET /v1/runs lists them")
    return run


def find_key(session: Session, key: str) -> IdempotencyKeyRow | None:
    """The earlier request that came with this Idempotency-Key."""
    return session.get(IdempotencyKeyRow, key)


def list_runs(session: Session, *, status: str | None, limit: int, after: Cursor | None) -> list[RunRow]:
    """Runs, newest first; at most ``limit``."""
    statement = select_rows(RunRow).order_by(col(RunRow.requested_at).desc(), col(RunRow.id).desc()).limit(limit)
    if status is not None:
        statement = statement.where(RunRow.status == status)
    if after is not None:
        at, row_id = _instant(after), after.id
        earlier = or_(col(RunRow.requested_at) < at, and_(col(RunRow.requested_at) == at, col(RunRow.id) < row_id))
        statement = statement.where(earlier)
    return list(session.exec(statement))


def _instant(cursor: Cursor) -> datetime:
    try:
        at = datetime.fromisoformat(str(cursor.sort_value))
    except ValueError:
        raise InvalidCursor("take the cursor from 'next_cursor' of the page before") from None
    if at.tzinfo is None:
        raise InvalidCursor("take the cursor from 'next_cursor' of the page before")
    return at


def stages_of(session: Session, run: RunRow) -> list[RunStageRow]:
    """Finished stages of the run's current attempt, in order."""
    statement = (
        select_rows(RunStageRow)
        .where(RunStageRow.run_id == run.id, RunStageRow.attempt == run.attempt)
        .order_by(col(RunStageRow.ordinal))
    )
    return list(session.exec(statement))


def ledger_of(session: Session, answer_id: str) -> list[LedgerLineRow]:
    """Cost terms of an answer, in order."""
    statement = select_rows(LedgerLineRow).where(LedgerLineRow.answer_id == answer_id)
    return list(session.exec(statement.order_by(col(LedgerLineRow.ordinal))))


def rule_prices_of(session: Session, answer_id: str) -> list[RulePriceRow]:
    """Rules of an answer with what they cost, in order."""
    statement = select_rows(RulePriceRow).where(RulePriceRow.answer_id == answer_id)
    return list(session.exec(statement.order_by(col(RulePriceRow.ordinal))))


def dropped_of(session: Session, answer_id: str) -> list[DroppedCandidatesRow]:
    """Dropped candidates of an answer, in order."""
    statement = select_rows(DroppedCandidatesRow).where(DroppedCandidatesRow.answer_id == answer_id)
    return list(session.exec(statement.order_by(col(DroppedCandidatesRow.ordinal))))

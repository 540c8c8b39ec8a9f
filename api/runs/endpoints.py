"""Run endpoints."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Path, Query, Response

from api.dependencies import Wired
from api.errors import (
    AnswerNotAvailable,
    InvalidCursor,
    InvalidRequest,
    KeyReused,
    RunFinished,
    UnknownEstate,
    UnknownRun,
)
from api.http.etags import is_unchanged, not_modified, quoted
from api.http.pages import CursorWord, Limit
from api.http.problems import problems
from api.runs.bodies import dropped_body, ledger_line_body, rule_price_body, run_body, stage_body
from api.runs.repository import dropped_of, ledger_of, load_run, rule_prices_of, stages_of
from api.runs.schemas import DroppedList, LedgerBody, RulePriceList, RunBody, RunOrder, RunPage, StageList
from api.runs.service import answer_id_of, cancel_run, order_run, page_of_runs
from api.runs.tables import RunRow, RunStatus

router = APIRouter(prefix="/runs", tags=["runs"])
RunId = Annotated[str, Path(min_length=1, max_length=64, pattern="^[A-Za-z0-9_-]+$")]
KEY_PATTERN = r"^[\x21-\x7e]{1,255}$"


@router.post(
    "",
    status_code=202,
    response_model=RunBody,
    responses={
        202: {"headers": {"Location": {"schema": {"type": "string"}, "description": "The run to follow"}}},
        **problems(UnknownEstate, InvalidRequest, KeyReused),
    },
)
def post_run(
    order: RunOrder,
    services: Wired,
    response: Response,
    idempotency_key: Annotated[str | None, Header(pattern=KEY_PATTERN)] = None,
) -> RunBody:
    """Order a run. It is solved by a worker; follow it at ``Location``.

    The same ``Idempotency-Key`` with the same body answers with the same run and orders nothing.
    """
    run, replayed = order_run(services, order, key=idempotency_key)
    response.headers.update({"Location": f"/v1/runs/{run.id}", "Retry-After": "1", "ETag": quoted(run_tag(run))})
    if replayed:
        response.headers["Idempotent-Replayed"] = "true"
    return run_body(run)


@router.get("", responses=problems(InvalidCursor, InvalidRequest))
def get_runs(
    services: Wired,
    status: Annotated[RunStatus | None, Query()] = None,
    limit: Limit = 50,
    cursor: CursorWord = None,
) -> RunPage:
    """Runs, newest first."""
    with services.database.reading() as session:
        return page_of_runs(session, status=status, limit=limit, cursor=cursor)


@router.get(
    "/{run_id}",
    response_model=RunBody,
    responses={304: {"description": "Unchanged since If-None-Match"}, **problems(UnknownRun, InvalidRequest)},
)
def get_run(
    run_id: RunId, services: Wired, response: Response, if_none_match: Annotated[str | None, Header()] = None
) -> RunBody | Response:
    """A run, with its headline answer once it is finished."""
    with services.database.reading() as session:
        run = load_run(session, run_id)
        if is_unchanged(if_none_match, run_tag(run)):
            return not_modified(run_tag(run))
        response.headers["ETag"] = quoted(run_tag(run))
        return run_body(run)


@router.post("/{run_id}/cancel", status_code=202, responses=problems(UnknownRun, RunFinished, InvalidRequest))
def post_cancel(run_id: RunId, services: Wired) -> RunBody:
    """Cancel a run: a waiting one at once, a running one as soon as its worker looks."""
    return cancel_run(services, run_id)


@router.get("/{run_id}/stages", responses=problems(UnknownRun, InvalidRequest))
def get_stages(run_id: RunId, services: Wired) -> StageList:
    """Finished stages of the run's current attempt: its progress."""
    with services.database.reading() as session:
        return StageList(items=[stage_body(stage) for stage in stages_of(session, load_run(session, run_id))])


@router.get("/{run_id}/ledger", responses=problems(UnknownRun, AnswerNotAvailable, InvalidRequest))
def get_ledger(run_id: RunId, services: Wired) -> LedgerBody:
    """Cost terms of today and of the plan."""
    with services.database.reading() as session:
        lines = ledger_of(session, answer_id_of(session, run_id, needs_plan=True))
        return LedgerBody(items=[ledger_line_body(line) for line in lines])


@router.get("/{run_id}/rules", responses=problems(UnknownRun, AnswerNotAvailable, InvalidRequest))
def get_rules(run_id: RunId, services: Wired) -> RulePriceList:
    """What each rule costs."""
    with services.database.reading() as session:
        rules = rule_prices_of(session, answer_id_of(session, run_id, needs_plan=True))
        return RulePriceList(items=[rule_price_body(rule) for rule in rules])


@router.get("/{run_id}/dropped", responses=problems(UnknownRun, AnswerNotAvailable, InvalidRequest))
def get_dropped(run_id: RunId, services: Wired) -> DroppedList:
    """Candidate placements that were left out, counted by reason."""
    with services.database.reading() as session:
        groups = dropped_of(session, answer_id_of(session, run_id, needs_plan=False))
        return DroppedList(items=[dropped_body(group) for group in groups])


def run_tag(run: RunRow) -> str:
    """The entity tag of a run."""
    return f"{run.id}:{run.version}"

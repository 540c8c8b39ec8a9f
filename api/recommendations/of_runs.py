"""What one run advised, under the path of the run."""

from __future__ import annotations

from fastapi import APIRouter

from api.dependencies import Wired
from api.errors import AnswerNotAvailable, InvalidCursor, InvalidRequest, UnknownRun
from api.http.amounts import in_usd
from api.http.cursor import Cursor, decode_cursor, encode_cursor, list_fingerprint
from api.http.pages import CursorWord, Limit
from api.http.problems import problems
from api.recommendations.repository import list_advice
from api.recommendations.schemas import AdvicePage, AdviceSummary
from api.runs.endpoints import RunId
from api.runs.service import answer_id_of

router = APIRouter(prefix="/runs/{run_id}/recommendations", tags=["runs"])


@router.get("", responses=problems(InvalidCursor, UnknownRun, AnswerNotAvailable, InvalidRequest))
def get_run_recommendations(run_id: RunId, services: Wired, limit: Limit = 50, cursor: CursorWord = None) -> AdvicePage:
    """What the run advised, largest expected saving first; unlike the current list it never changes."""
    fingerprint = list_fingerprint("advice", run_id)
    after = decode_cursor(cursor, fingerprint=fingerprint, kind=int) if cursor else None
    with services.database.reading() as session:
        answer_id = answer_id_of(session, run_id, needs_plan=True)
        rows = list_advice(session, answer_id, limit=limit + 1, after=after)
    page, word = rows[:limit], None
    if len(rows) > limit:
        last = Cursor(sort_value=page[-1].saving_monthly_micro_usd, id=page[-1].recommendation_id)
        word = encode_cursor(last, fingerprint=fingerprint)
    items = [AdviceSummary.model_validate(in_usd(row.model_dump(exclude={"body"}))) for row in page]
    return AdvicePage(run_id=run_id, items=items, next_cursor=word)

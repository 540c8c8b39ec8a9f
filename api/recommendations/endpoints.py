"""Recommendation endpoints."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from fastapi import APIRouter, Header, Path, Query, Response

from api.dependencies import Wired
from api.errors import InvalidCursor, InvalidRequest, UnknownRecommendation
from api.http.cursor import Cursor, decode_cursor, encode_cursor, list_fingerprint
from api.http.etags import is_unchanged, not_modified, quoted
from api.http.pages import CursorWord, Limit
from api.http.problems import problems
from api.recommendations.bodies import alternatives_body, recommendation_body, recommendation_tag, summary_body
from api.recommendations.repository import (
    SORT_KINDS,
    Filters,
    Sort,
    list_recommendations,
    load_recommendation,
    sort_value,
)
from api.recommendations.schemas import AlternativeList, RecommendationBody, RecommendationPage
from api.recommendations.tables import RecommendationState
from optimizer.explain.recommendation import ActionType
from optimizer.units import micro_usd_rounded

router = APIRouter(prefix="/recommendations", tags=["recommendations"])
RecommendationId = Annotated[str, Path(min_length=1, max_length=64, pattern="^[A-Za-z0-9_-]+$")]
Name = Annotated[str | None, Query(min_length=1, max_length=100)]
Saving = Annotated[
    Decimal | None, Query(ge=-(10**12), le=10**12, description="Least expected saving, USD a month", max_digits=20)
]


@router.get("", responses=problems(InvalidCursor, InvalidRequest))
def get_recommendations(
    services: Wired,
    state: Annotated[RecommendationState | None, Query()] = None,
    provider: Name = None,
    business_unit: Name = None,
    action_type: Annotated[ActionType | None, Query()] = None,
    kind: Annotated[Literal["workload", "dataset"] | None, Query()] = None,
    min_saving_usd: Saving = None,
    sort: Annotated[Sort, Query(description="Largest saving, shortest payback, or id")] = "saving",
    limit: Limit = 50,
    cursor: CursorWord = None,
) -> RecommendationPage:
    """Recommendations, largest expected saving first unless ``sort`` says otherwise.

    A page goes on after the last row of the page before by its sort value and id: rows that change between two pages
    may move across the cut, none is shown twice for that reason alone.
    """
    filters = Filters(
        state=state, provider=provider, business_unit=business_unit, action_type=action_type, kind=kind,
        min_saving_micro_usd=None if min_saving_usd is None else micro_usd_rounded(min_saving_usd),
    )  # fmt: skip
    fingerprint = list_fingerprint("recommendations", filters, sort)
    after = decode_cursor(cursor, fingerprint=fingerprint, kind=SORT_KINDS[sort]) if cursor else None
    with services.database.reading() as session:
        rows = list_recommendations(
            session, filters, sort=sort, now=services.clock(), limit=limit + 1, after=after
        )  # fmt: skip
        page = rows[:limit]
        word = None
        if len(rows) > limit:
            last = page[-1].row
            word = encode_cursor(Cursor(sort_value=sort_value(last, sort), id=last.id), fingerprint=fingerprint)
        return RecommendationPage(items=[summary_body(each) for each in page], next_cursor=word)


@router.get(
    "/{recommendation_id}",
    response_model=RecommendationBody,
    responses={
        304: {"description": "Unchanged since If-None-Match"},
        **problems(UnknownRecommendation, InvalidRequest),
    },
)
def get_recommendation(
    recommendation_id: RecommendationId,
    services: Wired,
    response: Response,
    if_none_match: Annotated[str | None, Header()] = None,
) -> RecommendationBody | Response:
    """A recommendation; its ETag is what a decision about it names in If-Match."""
    with services.database.reading() as session:
        listed = load_recommendation(session, recommendation_id, now=services.clock())
        tag = recommendation_tag(listed)
        if is_unchanged(if_none_match, tag):
            return not_modified(tag)
        response.headers["ETag"] = quoted(tag)
        return recommendation_body(session, listed)


@router.get("/{recommendation_id}/alternatives", responses=problems(UnknownRecommendation, InvalidRequest))
def get_alternatives(recommendation_id: RecommendationId, services: Wired) -> AlternativeList:
    """Other placements of the same thing, ranked, with the reason why each was not chosen."""
    with services.database.reading() as session:
        listed = load_recommendation(session, recommendation_id, now=services.clock())
        return alternatives_body(session, listed)

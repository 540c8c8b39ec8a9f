"""Decision endpoints."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Response

from api.decisions.repository import history_of
from api.decisions.schemas import DecisionBody, DecisionHistory, DecisionOrder
from api.decisions.service import decide
from api.dependencies import Wired
from api.errors import (
    DecisionNotAllowed,
    InvalidRequest,
    StaleVersion,
    UnknownRecommendation,
    VersionRequired,
)
from api.http.etags import quoted
from api.http.problems import problems
from api.recommendations.endpoints import RecommendationId
from api.recommendations.repository import load_recommendation
from api.recommendations.schemas import RecommendationBody

router = APIRouter(prefix="/recommendations/{recommendation_id}/decisions", tags=["decisions"])


@router.post(
    "",
    responses=problems(UnknownRecommendation, DecisionNotAllowed, StaleVersion, InvalidRequest, VersionRequired),
)
def post_decision(
    recommendation_id: RecommendationId,
    order: DecisionOrder,
    services: Wired,
    response: Response,
    if_match: Annotated[str | None, Header(description="The ETag of the version that is decided about")] = None,
) -> RecommendationBody:
    """Accept, reject, snooze or reopen a recommendation."""
    body, tag = decide(services, recommendation_id, order, if_match=if_match)
    response.headers["ETag"] = quoted(tag)
    return body


@router.get("", responses=problems(UnknownRecommendation, InvalidRequest))
def get_decisions(recommendation_id: RecommendationId, services: Wired) -> DecisionHistory:
    """Every change of the recommendation's state, oldest first."""
    with services.database.reading() as session:
        load_recommendation(session, recommendation_id, now=services.clock())
        items = [DecisionBody.model_validate(row.model_dump()) for row in history_of(session, recommendation_id)]
        return DecisionHistory(recommendation_id=recommendation_id, items=items)

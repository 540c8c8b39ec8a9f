"""Rows of recommendations turned into the bodies that clients see."""

from __future__ import annotations

from typing import Final

from sqlmodel import Session

from api.http.amounts import in_usd, optional_usd
from api.http.etags import quoted
from api.recommendations.parts import AlternativeBody
from api.recommendations.repository import Listed, load_advice
from api.recommendations.schemas import (
    AdviceBody,
    AlternativeList,
    PendingRevision,
    RecommendationBody,
    RecommendationSummary,
    ReviewBody,
)
from api.recommendations.tables import AdviceRow

FOCUS_STATUS: Final = {
    "open": "Open",
    "approved": "Open",
    "deferred": "Deferred",
    "dismissed": "Dismissed",
    "superseded": "Expired",
    "expired": "Expired",
}


def recommendation_tag(listed: Listed) -> str:
    """The entity tag: content, review and the state at this moment (a snooze ends without anybody writing)."""
    row = listed.row
    return f"{row.id}:{row.revision}:{row.state_version}:{listed.state}"


def summary_body(listed: Listed) -> RecommendationSummary:
    """A recommendation as a row of the list."""
    row = listed.row
    shared = set(RecommendationSummary.model_fields) - {"state", "etag", "saving_monthly_usd", "has_pending_revision"}
    return RecommendationSummary.model_validate(
        {
            **row.model_dump(include=shared),
            "state": listed.state,
            "etag": quoted(recommendation_tag(listed)),
            "saving_monthly_usd": optional_usd(row.saving_monthly_micro_usd),
            "has_pending_revision": row.pending_answer_id is not None,
        }
    )


def recommendation_body(session: Session, listed: Listed) -> RecommendationBody:
    """A recommendation with everything needed to decide about it."""
    row = listed.row
    pending = row.pending_answer_id and load_advice(session, row.pending_answer_id, row.id)
    return RecommendationBody(
        id=row.id,
        revision=row.revision,
        run_id=row.run_id,
        created_at=row.created_at,
        updated_at=row.updated_at,
        review=ReviewBody.model_validate(
            {
                **row.model_dump(include={"reason", "superseded_by", "in_latest_run"}),
                "state": listed.state,
                "focus_status": FOCUS_STATUS[listed.state],
                "deferred_until": row.deferred_until if listed.state == "deferred" else None,
            }
        ),
        advice=_advice_body(load_advice(session, row.answer_id, row.id)),
        pending_revision=PendingRevision(run_id=pending.run_id, advice=_advice_body(pending)) if pending else None,
    )


def alternatives_body(session: Session, listed: Listed) -> AlternativeList:
    """Other placements of the same thing."""
    advice = load_advice(session, listed.row.answer_id, listed.row.id)
    ranked = sorted(in_usd(advice.body)["alternatives"], key=lambda alternative: int(alternative["rank"]))
    items = [AlternativeBody.model_validate(alternative) for alternative in ranked]
    return AlternativeList(recommendation_id=listed.row.id, items=items)


def _advice_body(advice: AdviceRow) -> AdviceBody:
    return AdviceBody.model_validate(in_usd(advice.body))

"""Deciding about recommendations.

| action | from                       | to        |                                                           |
|--------|----------------------------|-----------|-----------------------------------------------------------|
| accept | open, deferred             | approved  | freezes the content                                       |
| accept | approved, revision pending | approved  | takes the pending revision over                           |
| reject | open, deferred, approved   | dismissed | with a reason                                             |
| snooze | open, deferred             | deferred  | until a moment; then it is open again by itself           |
| reopen | approved, deferred, dismissed | open   | only while the newest run still advises it                |

Leaving *approved* takes a pending revision over, because the content is no longer frozen.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from sqlmodel import Session

from api.decisions.repository import apply_decision
from api.decisions.schemas import DecisionOrder, Reject, Snooze
from api.decisions.tables import DecisionRow
from api.dependencies import Services
from api.errors import DecisionNotAllowed, InvalidRequest, StaleVersion
from api.http.etags import require_match
from api.recommendations.bodies import recommendation_body, recommendation_tag
from api.recommendations.repository import Listed, load_advice, load_recommendation
from api.recommendations.schemas import RecommendationBody

LONGEST_SNOOZE: Final = timedelta(days=730)
_ALLOWED: Final = {
    "accept": ("open", "deferred", "approved"),
    "reject": ("open", "deferred", "approved"),
    "snooze": ("open", "deferred"),
    "reopen": ("approved", "deferred", "dismissed"),
}
_STATE_AFTER: Final = {"accept": "approved", "reject": "dismissed", "snooze": "deferred", "reopen": "open"}


def decide(
    services: Services, recommendation_id: str, order: DecisionOrder, *, if_match: str | None
) -> tuple[RecommendationBody, str]:
    """Decide about the version that ``if_match`` names; the recommendation afterwards and its tag.

    Raises:
        UnknownRecommendation: there is no such recommendation.
        VersionRequired: there is no If-Match.
        StaleVersion: the recommendation has changed since that version.
        DecisionNotAllowed: its state does not allow the decision.
        InvalidRequest: the snooze would end in the past or too far ahead.
    """
    now = services.clock()
    with services.database.writing() as session:
        listed = load_recommendation(session, recommendation_id, now=now)
        require_match(if_match, recommendation_tag(listed))
        _check(listed, order, now)
        _apply(session, listed, order, now)
        session.expire_all()
        after = load_recommendation(session, recommendation_id, now=now)
        return recommendation_body(session, after), recommendation_tag(after)


def _check(listed: Listed, order: DecisionOrder, now: datetime) -> None:
    if listed.state not in _ALLOWED[order.action]:
        possible = " or ".join(_ALLOWED[order.action])
        message = f"it is {listed.state}; only what is {possible} takes '{order.action}'"
        raise DecisionNotAllowed(message, state=listed.state)
    if order.action == "accept" and listed.state == "approved" and listed.row.pending_answer_id is None:
        raise DecisionNotAllowed("it is approved already and has no pending revision", state=listed.state)
    if order.action == "reopen" and not listed.row.in_latest_run:
        raise DecisionNotAllowed("the newest run no longer advises it", state=listed.state)
    if isinstance(order, Snooze) and not now < order.until <= now + LONGEST_SNOOZE:
        detail = f"expected a moment in the future, at most {LONGEST_SNOOZE.days} days ahead"
        fault = {"location": "body.until", "detail": detail}
        raise InvalidRequest(f"{fault['location']}: {fault['detail']}", errors=[fault])


def _apply(session: Session, listed: Listed, order: DecisionOrder, now: datetime) -> None:
    row = listed.row
    newer = load_advice(session, row.pending_answer_id, row.id) if row.pending_answer_id else None
    until = order.until if isinstance(order, Snooze) else None
    reason = order.reason if isinstance(order, Reject | Snooze) else None
    decision = DecisionRow(
        recommendation_id=row.id,
        action=order.action,
        state_before=listed.state,
        state_after=_STATE_AFTER[order.action],
        revision=row.revision + (newer is not None),
        reason=reason,
        note=order.note,
        until=until,
        actor=order.decided_by,
        decided_at=now,
    )
    changes: dict[str, Any] = {"deferred_until": until, "reason": reason, "updated_at": now}
    if not apply_decision(session, row, decision, changes, newer):
        raise StaleVersion("somebody else decided at the same moment; read it again")

"""What time and runs do to recommendations; what people do is in ``api.decisions``.

* A snooze ends by itself: the recommendation is open again, or expired when no run advises it any more.
* A published run updates the content of what is open, deferred or dismissed and gives it a new revision when something
  changed. Approved content is frozen: the newer advice waits as a pending revision.
* What a run no longer advises is closed when nobody has decided about it: superseded when the run advises something
  else for the same thing, else expired. A person's decision stands. Closed advice that returns is open again.

All statements work on sets, so that publishing a hundred thousand rows holds the write lock briefly.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, case, exists, func, insert, literal, null, or_, select, update
from sqlmodel import Session

from api.database.engine import table_of
from api.decisions.tables import DecisionRow
from api.recommendations.tables import CLOSED_STATES, AdviceRow, RecommendationRow

REC = table_of(RecommendationRow)
ADVICE = table_of(AdviceRow)
_DECISION = table_of(DecisionRow)
CONTENT: Final = (
    "run_id", "target_key", "action_type", "kind", "provider", "business_unit", "title", "priority",
    "saving_monthly_micro_usd", "payback_months", "content_sha256",
)  # fmt: skip


def state_at(now: datetime) -> ColumnElement[str]:
    """The state of a recommendation at a moment, as an expression: a snooze that has ended counts as ended."""
    ended = and_(REC.c.state == "deferred", REC.c.deferred_until <= now)
    return case(
        (and_(ended, REC.c.in_latest_run), literal("open")), (ended, literal("expired")), else_=REC.c.state
    )  # fmt: skip


def wake_deferred(session: Session, *, now: datetime) -> None:
    """Write down that snoozes have ended. The state version stays: readers have seen the new state already."""
    due = and_(REC.c.state == "deferred", REC.c.deferred_until <= now)
    _log(session, due, action="wake", state_after=state_at(now), actor="clock", now=now)
    session.connection().execute(
        update(REC).where(due).values(state=state_at(now), deferred_until=null(), updated_at=now)
    )


def publish_advice(session: Session, *, estate: str, run_id: str, answer_id: str, now: datetime) -> None:
    """Make the advice of an answer the current one of the estate."""
    wake_deferred(session, now=now)
    actor = f"run:{run_id}"
    mine = and_(ADVICE.c.answer_id == answer_id, ADVICE.c.recommendation_id == REC.c.id)
    given = exists().where(mine)
    _close_vanished(session, estate=estate, answer_id=answer_id, given=given, actor=actor, now=now)
    returning = and_(REC.c.estate == estate, REC.c.state.in_(CLOSED_STATES), given)
    _log(session, returning, action="return", state_after=literal("open"), actor=actor, now=now)
    session.connection().execute(
        update(REC).where(returning).values(
            state="open", superseded_by=null(), reason=null(), state_version=REC.c.state_version + 1, updated_at=now
        )
    )  # fmt: skip
    _update_content(session, estate=estate, answer_id=answer_id, mine=mine, now=now)
    _freeze_approved(session, estate=estate, answer_id=answer_id, mine=mine, now=now)
    _mark_presence(session, estate=estate, given=given, now=now)
    _insert_new(session, estate=estate, answer_id=answer_id, now=now)


def _close_vanished(
    session: Session, *, estate: str, answer_id: str, given: ColumnElement[bool], actor: str, now: datetime
) -> None:
    successor = (
        select(func.min(ADVICE.c.recommendation_id))
        .where(ADVICE.c.answer_id == answer_id, ADVICE.c.target_key == REC.c.target_key)
        .scalar_subquery()
    )
    vanished = and_(REC.c.estate == estate, REC.c.state == "open", ~given)
    replaced = and_(vanished, successor.is_not(None))
    _log(session, replaced, action="supersede", state_after=literal("superseded"), actor=actor, now=now)
    session.connection().execute(
        update(REC).where(replaced).values(
            state="superseded", superseded_by=successor, reason="another placement is advised for the same thing",
            state_version=REC.c.state_version + 1, updated_at=now,
        )
    )  # fmt: skip
    _log(session, vanished, action="expire", state_after=literal("expired"), actor=actor, now=now)
    session.connection().execute(
        update(REC).where(vanished).values(
            state="expired", reason="the newest run no longer advises it",
            state_version=REC.c.state_version + 1, updated_at=now,
        )
    )  # fmt: skip


def _update_content(session: Session, *, estate: str, answer_id: str, mine: ColumnElement[bool], now: datetime) -> None:
    unfrozen = REC.c.state.in_(("open", "deferred", "dismissed"))
    changed = exists().where(mine, ADVICE.c.content_sha256 != REC.c.content_sha256)
    newer: dict[str, Any] = {
        name: select(ADVICE.c[name]).where(mine).scalar_subquery() for name in (*CONTENT, "answer_id")
    }
    session.connection().execute(
        update(REC).where(REC.c.estate == estate, unfrozen, changed)
        .values(**newer, revision=REC.c.revision + 1, updated_at=now)
    )  # fmt: skip


def _freeze_approved(
    session: Session, *, estate: str, answer_id: str, mine: ColumnElement[bool], now: datetime
) -> None:
    changed = exists().where(mine, ADVICE.c.content_sha256 != REC.c.content_sha256)
    approved = and_(REC.c.estate == estate, REC.c.state == "approved")
    version = REC.c.state_version + 1
    session.connection().execute(
        update(REC).where(approved, changed)
        .values(pending_answer_id=answer_id, state_version=version, updated_at=now)
    )  # fmt: skip
    session.connection().execute(
        update(REC).where(approved, ~changed, REC.c.pending_answer_id.is_not(None))
        .values(pending_answer_id=null(), state_version=version, updated_at=now)
    )  # fmt: skip


def _mark_presence(session: Session, *, estate: str, given: ColumnElement[bool], now: datetime) -> None:
    wrong = or_(and_(REC.c.in_latest_run, ~given), and_(~REC.c.in_latest_run, given))
    session.connection().execute(
        update(REC).where(REC.c.estate == estate, wrong)
        .values(in_latest_run=~REC.c.in_latest_run, state_version=REC.c.state_version + 1, updated_at=now)
    )  # fmt: skip


def _insert_new(session: Session, *, estate: str, answer_id: str, now: datetime) -> None:
    known = exists().where(REC.c.id == ADVICE.c.recommendation_id)
    constants = {
        "estate": literal(estate), "state": literal("open"), "revision": literal(1), "state_version": literal(1),
        "in_latest_run": literal(True), "created_at": literal(now, REC.c.created_at.type),
        "updated_at": literal(now, REC.c.updated_at.type),
    }  # fmt: skip
    columns = ("id", "answer_id", *CONTENT, *constants)
    rows = select(
        ADVICE.c.recommendation_id, ADVICE.c.answer_id, *(ADVICE.c[name] for name in CONTENT), *constants.values()
    ).where(ADVICE.c.answer_id == answer_id, ~known)
    session.connection().execute(insert(REC).from_select(columns, rows))


def _log(
    session: Session, which: ColumnElement[bool], *, action: str, state_after: ColumnElement[str], actor: str,
    now: datetime,
) -> None:  # fmt: skip
    rows = select(
        REC.c.id, literal(action), REC.c.state, state_after, REC.c.revision, literal(actor),
        literal(now, _DECISION.c.decided_at.type),
    ).where(which)  # fmt: skip
    names = ("recommendation_id", "action", "state_before", "state_after", "revision", "actor", "decided_at")
    session.connection().execute(insert(_DECISION).from_select(names, rows))

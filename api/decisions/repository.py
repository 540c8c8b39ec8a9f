"""Storing decisions and reading them back."""

from __future__ import annotations

from typing import Any

from sqlalchemy import update
from sqlmodel import Session, col, select

from api.decisions.tables import DecisionRow
from api.recommendations.lifecycle import CONTENT, REC
from api.recommendations.tables import AdviceRow, RecommendationRow


def apply_decision(
    session: Session, row: RecommendationRow, decision: DecisionRow, changes: dict[str, Any], newer: AdviceRow | None
) -> bool:
    """Change the recommendation's state and add the decision; False when another decision was faster.

    ``newer`` is the pending revision that the decision takes over, if any.
    """
    values = {**changes, "state": decision.state_after, "state_version": REC.c.state_version + 1}
    if newer is not None:
        content = {name: getattr(newer, name) for name in CONTENT}
        values |= {
            **content, "answer_id": newer.answer_id, "pending_answer_id": None, "revision": REC.c.revision + 1,
        }  # fmt: skip
    statement = update(REC).where(
        REC.c.id == row.id, REC.c.revision == row.revision, REC.c.state_version == row.state_version
    )
    if session.connection().execute(statement.values(**values)).rowcount != 1:
        return False
    session.add(decision)
    session.flush()
    return True


def history_of(session: Session, recommendation_id: str) -> list[DecisionRow]:
    """Changes of state, oldest first."""
    statement = select(DecisionRow).where(DecisionRow.recommendation_id == recommendation_id)
    return list(session.exec(statement.order_by(col(DecisionRow.sequence))))

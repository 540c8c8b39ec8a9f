"""Reading recommendations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlmodel import Session

from api.errors import UnknownRecommendation
from api.http.cursor import Cursor
from api.recommendations.lifecycle import ADVICE, REC, state_at
from api.recommendations.tables import AdviceRow, RecommendationRow

Sort = Literal["saving", "payback", "id"]
NEVER_PAYS_BACK: Final = 1e12  # months; sorts what never pays back behind everything else


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What a list shows; None lets everything through."""

    state: str | None
    provider: str | None
    business_unit: str | None
    action_type: str | None
    kind: str | None
    min_saving_micro_usd: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A recommendation with its state at the moment of reading."""

    row: RecommendationRow
    state: str


def _payback() -> ColumnElement[Any]:
    return func.coalesce(REC.c.payback_months, NEVER_PAYS_BACK)


_SORT_KEYS: Final[dict[Sort, tuple[Callable[[], ColumnElement[Any]], bool]]] = {
    "saving": (lambda: REC.c.saving_monthly_micro_usd, True),
    "payback": (_payback, False),
    "id": (lambda: REC.c.id, False),
}
SORT_KINDS: Final[dict[Sort, type[int] | type[float] | type[str]]] = {"saving": int, "payback": float, "id": str}


def list_recommendations(
    session: Session, filters: Filters, *, sort: Sort, now: datetime, limit: int, after: Cursor | None
) -> list[Listed]:
    """At most ``limit`` recommendations: largest saving first, shortest payback first, or by id; ties by id."""
    make_key, descending = _SORT_KEYS[sort]
    key, state = make_key(), state_at(now)
    statement = (
        select(RecommendationRow, state.label("state_now"))
        .where(*_conditions(filters, state))
        .order_by(key.desc() if descending else key.asc(), REC.c.id.asc())
        .limit(limit)
    )
    if after is not None:
        beyond = key < after.sort_value if descending else key > after.sort_value
        statement = statement.where(or_(beyond, and_(key == after.sort_value, REC.c.id > after.id)))
    return [Listed(row=row, state=str(state_now)) for row, state_now in session.execute(statement)]


def sort_value(row: RecommendationRow, sort: Sort) -> int | float | str:
    """What a row is sorted by, as it goes into a cursor."""
    if sort == "saving":
        return row.saving_monthly_micro_usd
    if sort == "payback":
        return float(NEVER_PAYS_BACK if row.payback_months is None else row.payback_months)
    return row.id


def _conditions(filters: Filters, state: ColumnElement[str]) -> list[ColumnElement[bool]]:
    wanted: list[tuple[ColumnElement[Any], str | None]] = [
        (state, filters.state),
        (REC.c.provider, filters.provider),
        (REC.c.business_unit, filters.business_unit),
        (REC.c.action_type, filters.action_type),
        (REC.c.kind, filters.kind),
    ]
    conditions: list[ColumnElement[bool]] = [column == value for column, value in wanted if value is not None]
    if filters.min_saving_micro_usd is not None:
        conditions.append(REC.c.saving_monthly_micro_usd >= filters.min_saving_micro_usd)
    return conditions


def load_recommendation(session: Session, recommendation_id: str, *, now: datetime) -> Listed:
    """The recommendation with that id.

    Raises:
        UnknownRecommendation: there is none.
    """
    statement = select(RecommendationRow, state_at(now)).where(REC.c.id == recommendation_id)
    found = session.execute(statement).one_or_none()
    if found is None:
        message = f"there is no recommendation {recommendation_id!r}; GET /v1/recommendations lists them"
        raise UnknownRecommendation(message)
    return Listed(row=found[0], state=str(found[1]))


def list_advice(session: Session, answer_id: str, *, limit: int, after: Cursor | None) -> list[AdviceRow]:
    """At most ``limit`` pieces of advice of an answer, largest expected saving first; ties by id."""
    saving = ADVICE.c.saving_monthly_micro_usd
    statement = (
        select(AdviceRow)
        .where(ADVICE.c.answer_id == answer_id)
        .order_by(saving.desc(), ADVICE.c.recommendation_id.asc())
        .limit(limit)
    )
    if after is not None:
        tied = and_(saving == after.sort_value, ADVICE.c.recommendation_id > after.id)
        statement = statement.where(or_(saving < after.sort_value, tied))
    return list(session.execute(statement).scalars())


def load_advice(session: Session, answer_id: str, recommendation_id: str) -> AdviceRow:
    """What an answer said about a recommendation that it gave.

    Raises:
        LookupError: the answer did not give it; the tables contradict each other.
    """
    advice = session.get(AdviceRow, (answer_id, recommendation_id))
    if advice is None:
        raise LookupError(f"answer {answer_id} holds no advice {recommendation_id}")
    return advice

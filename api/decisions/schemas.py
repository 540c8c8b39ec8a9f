"""Bodies of the decision endpoints."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from api.decisions.tables import DecisionAction, RunAction

Reason = Literal[
    "excessive_cost_investment_required",
    "too_complex_or_impractical_to_implement",
    "alternative_solution_already_in_place",
    "incompatible_with_current_configuration",
    "implementation_steps_unclear",
    "risk_is_acceptable",
    "compliance_or_contract",
    "data_wrong",
    "other",
]


class _Order(BaseModel):
    model_config = ConfigDict(extra="forbid")

    note: Annotated[str | None, Field(min_length=1, max_length=2000)] = None
    decided_by: Annotated[str, Field(min_length=1, max_length=100)] = "anonymous"


class Accept(_Order):
    """Approve a recommendation, or take the pending revision of an approved one over."""

    action: Literal["accept"]


class Reject(_Order):
    """Dismiss a recommendation; the reason ``other`` needs a note."""

    action: Literal["reject"]
    reason: Reason

    @model_validator(mode="after")
    def _other_is_explained(self) -> Reject:
        if self.reason == "other" and self.note is None:
            raise ValueError("the reason 'other' needs a 'note'")
        return self


class Snooze(_Order):
    """Set a recommendation aside until a moment in the future; then it returns by itself."""

    action: Literal["snooze"]
    until: AwareDatetime
    reason: Reason | None = None


class Reopen(_Order):
    """Take an earlier decision back."""

    action: Literal["reopen"]


DecisionOrder = Annotated[Accept | Reject | Snooze | Reopen, Field(discriminator="action")]


class DecisionBody(BaseModel):
    """One change of state in the history: by a person, by a run (``run:<id>``) or by the clock."""

    sequence: int
    action: DecisionAction | RunAction
    state_before: str
    state_after: str
    revision: int
    reason: str | None
    note: str | None
    until: datetime | None
    actor: str
    decided_at: datetime


class DecisionHistory(BaseModel):
    """Every change of a recommendation's state, oldest first."""

    recommendation_id: str
    items: list[DecisionBody]

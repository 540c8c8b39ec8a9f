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


class DecisionOrder(BaseModel):
    """A decision. Rejecting needs a reason (``other`` needs a note), snoozing needs a moment to return."""

    model_config = ConfigDict(extra="forbid")

    action: DecisionAction
    reason: Reason | None = None
    note: Annotated[str | None, Field(min_length=1, max_length=2000)] = None
    until: AwareDatetime | None = None
    decided_by: Annotated[str, Field(min_length=1, max_length=100)] = "anonymous"

    @model_validator(mode="after")
    def _is_complete(self) -> DecisionOrder:
        if self.action == "reject" and self.reason is None:
            raise ValueError("rejecting needs a 'reason'")
        if self.reason == "other" and self.note is None:
            raise ValueError("the reason 'other' needs a 'note'")
        if (self.action == "snooze") != (self.until is not None):
            raise ValueError("'until' belongs to 'snooze' and is required there")
        return self


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

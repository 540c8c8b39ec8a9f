"""The published format as typed documents: anything else is refused with the JSON path.

Field names are those of the format. ``model_json_schema()`` of ``ProblemDocument`` and ``PlanDocument`` is the JSON
Schema that the project publishes.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, WithJsonSchema, model_validator

from optimizer.units import MAX_TOTAL_MICRO_USD, micro_usd_exactly

PROBLEM_FORMAT = "placement-problem/1"
PLAN_FORMAT = "placement-plan/1"
MONEY_PATTERN = r"^-?[0-9]+(\.[0-9]{1,6})?$"
MOST_MONTHS = 12_000
MOST_COUNTED = 10**9
"""Bounds that keep whole numbers inside int64 and float64, far above anything meant."""


def money(value: Any) -> Decimal:
    """An amount of the format: a decimal string (no exponent, no spaces) or a number, at most six decimals.

    >>> money("120.50"), money(0.1)
    (Decimal('120.50'), Decimal('0.1'))

    Raises:
        ValueError: it is not money, not finite, too precise, or beyond what can be summed exactly.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        raise ValueError("expected money as a decimal string or number")
    if isinstance(value, str) and not re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", value):
        raise ValueError(f"{value!r} is not a decimal number; write it like '120.50'")
    # A number is read by its shortest decimal form, so that 0.1 means a tenth.
    amount = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    if amount.is_finite() and abs(amount) >= MAX_TOTAL_MICRO_USD // 10**6:
        raise ValueError(f"it is beyond {MAX_TOTAL_MICRO_USD / 1e6:.3g}, the most that can be summed exactly")
    micro_usd_exactly(amount)
    return amount


Money = Annotated[
    Decimal,
    BeforeValidator(money),
    PlainSerializer(lambda amount: format(amount, "f"), return_type=str),
    WithJsonSchema({"anyOf": [{"type": "string", "pattern": MONEY_PATTERN}, {"type": "number"}]}),
]
Name = Annotated[str, Field(min_length=1)]
Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]
By = Literal["place", "region", "provider", "continent"]


class Document(BaseModel):
    """Strict: unknown fields, numbers as text and text as numbers are refused."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True, strict=True, frozen=True)


class PlaceDocument(Document):
    """A provider's region."""

    id: Name
    provider: Name
    region: Name
    continent: Name
    jurisdictions: list[Name] = []


class OptionDocument(Document):
    """One thing that a node could take."""

    id: Name
    place: Name
    monthly: Money
    one_off: Money = Decimal(0)
    uses: dict[Name, Amount] = {}


class NodeDocument(Document):
    """A workload or dataset."""

    id: Name
    kind: Literal["workload", "dataset"]
    current: Name | None = None
    copies: Annotated[int, Field(ge=1, le=MOST_COUNTED)] = 1
    copies_distinct: Literal["place", "region", "provider"] = "place"
    options: Annotated[list[OptionDocument], Field(min_length=1)]


class FlowDocument(Document):
    """Data from one node to another."""

    source: Name = Field(alias="from")
    target: Name = Field(alias="to")
    gb_per_month: Amount
    max_rtt_ms: Amount | None = None


class RuleDocument(Document):
    """What every rule has."""

    id: Name


class CapacityDocument(RuleDocument):
    """At most ``max`` of a resource in the places together."""

    type: Literal["capacity"]
    resource: Name
    max: Amount
    place: Name | Annotated[list[Name], Field(min_length=1)] | None = None


class KeepTogetherDocument(RuleDocument):
    """Nodes share an attribute of their places."""

    type: Literal["keep_together"]
    nodes: list[Name]
    by: By


class KeepApartDocument(RuleDocument):
    """Nodes never share an attribute of their places."""

    type: Literal["keep_apart"]
    nodes: list[Name]
    by: By


class MoveBudgetDocument(RuleDocument):
    """At most so many moves, or so much one-off money."""

    type: Literal["move_budget"]
    max_moves: Annotated[int, Field(ge=0, le=MOST_COUNTED)] | None = None
    max_one_off: Money | None = None


class ProviderShareDocument(RuleDocument):
    """At most this share of the monthly option cost at one provider."""

    type: Literal["provider_share"]
    provider: Name
    max_ratio: Annotated[float, Field(ge=0, le=1)]


class OpenCostDocument(RuleDocument):
    """A fixed monthly cost of a place in use."""

    type: Literal["open_cost"]
    place: Name
    monthly: Money


class AreaDocument(RuleDocument):
    """Nodes inside or outside an area."""

    nodes: list[Name]
    places: list[Name] = []
    providers: list[Name] = []
    continents: list[Name] = []
    jurisdictions: list[Name] = []


class AllowDocument(AreaDocument):
    """Nodes lie in a place with at least one of the names."""

    type: Literal["allow"]


class ForbidDocument(AreaDocument):
    """Nodes lie in a place with none of the names."""

    type: Literal["forbid"]


class PinDocument(RuleDocument):
    """Nodes stay on their current option."""

    type: Literal["pin"]
    nodes: list[Name]


AnyRuleDocument = Annotated[
    CapacityDocument
    | KeepTogetherDocument
    | KeepApartDocument
    | MoveBudgetDocument
    | ProviderShareDocument
    | OpenCostDocument
    | AllowDocument
    | ForbidDocument
    | PinDocument,
    Field(discriminator="type"),
]
Rate = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class ProblemDocument(Document):
    """A whole problem."""

    format: Literal["placement-problem/1"]
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = "USD"
    horizon_months: Annotated[int, Field(ge=1, le=MOST_MONTHS)] = 36
    places: Annotated[list[PlaceDocument], Field(min_length=1)]
    nodes: list[NodeDocument]
    flows: list[FlowDocument] = []
    transfer_per_gb: list[list[Money]]
    rtt_ms: list[list[Rate]] | None = None
    rules: list[AnyRuleDocument] = []


class CostsDocument(Document):
    """The parts of the objective."""

    options: Money
    flows: Money
    open: Money
    one_off_per_month: Money


class SolverDocument(Document):
    """How the answer was found."""

    method: str
    seconds: float
    peak_mb: float
    stopped_by: Literal["gap", "proved", "time"]


class PlanDocument(Document):
    """A whole answer."""

    format: Literal["placement-plan/1"]
    status: Literal["solved", "infeasible", "not_solved"]
    objective: Money | None = None
    lower_bound: Money | None = None
    gap_ratio: Annotated[float, Field(ge=0)] | None = None
    choices: dict[Name, list[Name]] = {}
    costs: CostsDocument | None = None
    conflict: list[Name] = []
    solver: SolverDocument | None = None

    @model_validator(mode="after")
    def _solved_says_what_it_costs(self) -> PlanDocument:
        if self.status == "solved" and self.objective is None:
            raise ValueError("a solved plan must state its objective")
        return self

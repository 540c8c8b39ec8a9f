"""A place is lost for good: everything there has to live elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

from optimizer.domain.located_toml import LocatedTable
from optimizer.domain.policy import Selector
from scenarios.edits.names import KnownNames, read_known
from scenarios.edits.vacate import vacate
from scenarios.errors import InvalidEdit
from scenarios.inputs import PlanningInputs


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionOutage:
    """Nothing may be in ``place_id``. The move is costed like any other: copies of the data are taken to survive."""

    place_id: str
    type: ClassVar[str] = "region_outage"

    @property
    def sentence(self) -> str:
        """What it changes, in words."""
        return f"{self.place_id} is lost"

    @classmethod
    def read(cls, table: LocatedTable, known: KnownNames) -> Self:
        """``place``."""
        return cls(place_id=read_known(table, "place", known.place_ids, required=True) or "")

    def apply(self, inputs: PlanningInputs) -> PlanningInputs:
        """Forbid the place to everything.

        Raises:
            InvalidEdit: nothing is or could be there, so that losing it changes nothing.
        """
        if self.place_id not in {*inputs.estate.place_ids, *inputs.policy.candidate_places}:
            raise InvalidEdit(
                f"{self.type}: nothing is in {self.place_id} and nothing may go there; name a place in use"
            )
        return vacate(
            inputs,
            statement_id=f"outage:{self.place_id}",
            because=f"{self.place_id} is lost",
            place_ids=frozenset({self.place_id}),
            select=Selector(),
        )

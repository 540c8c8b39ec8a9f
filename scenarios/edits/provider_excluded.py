"""A provider is given up, for everything or for some."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Self

from optimizer.domain.located_toml import LocatedTable
from optimizer.domain.policy import Selector
from scenarios.edits.names import KnownNames, read_known, read_selector, selection_in_words
from scenarios.edits.vacate import vacate
from scenarios.errors import InvalidEdit
from scenarios.inputs import PlanningInputs


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderExcluded:
    """The selected things may not be in any place of ``provider``."""

    provider: str
    select: Selector = field(default_factory=Selector)
    type: ClassVar[str] = "provider_excluded"

    @property
    def sentence(self) -> str:
        """What it changes, in words."""
        return f"{self.provider} is excluded for {selection_in_words(self.select)}"

    @classmethod
    def read(cls, table: LocatedTable, known: KnownNames) -> Self:
        """``provider`` and selector keys."""
        provider = read_known(table, "provider", known.providers, required=True)
        return cls(provider=provider or "", select=read_selector(table, known))

    def apply(self, inputs: PlanningInputs) -> PlanningInputs:
        """Forbid every place of the provider.

        Raises:
            InvalidEdit: the provider has no place in use or on offer.
        """
        reachable = {*inputs.estate.place_ids, *inputs.policy.candidate_places}
        theirs = frozenset(place_id for place_id in reachable if place_id.partition(":")[0] == self.provider)
        if not theirs:
            raise InvalidEdit(f"{self.type}: no place of {self.provider!r} is in use or on offer")
        return vacate(
            inputs,
            statement_id=f"excluded:{self.provider}",
            because=f"{self.provider} is excluded",
            place_ids=theirs,
            select=self.select,
        )

"""A residency demand is dropped, added or replaced."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Self

from optimizer.domain.located_toml import LocatedTable
from optimizer.domain.policy import Area, AreaStatement, Selector
from scenarios.edits.names import KnownNames, read_known, read_selector, selection_in_words
from scenarios.errors import InvalidEdit
from scenarios.inputs import PlanningInputs


@dataclass(frozen=True, slots=True, kw_only=True)
class ResidencyChanged:
    """Drops the area statement ``drops`` when given; demands ``allow_jurisdictions`` of the selected when given.

    With both, and nothing selected, the new demand is about what the dropped one was about.
    """

    drops: str | None = None
    allow_jurisdictions: tuple[str, ...] = ()
    select: Selector = field(default_factory=Selector)
    type: ClassVar[str] = "residency_changed"

    @property
    def sentence(self) -> str:
        """What it changes, in words."""
        parts = []
        if self.drops:
            parts.append(f"{self.drops} is dropped")
        if self.allow_jurisdictions:
            parts.append(f"{selection_in_words(self.select)} must stay in {', '.join(self.allow_jurisdictions)}")
        return " and ".join(parts)

    @classmethod
    def read(cls, table: LocatedTable, known: KnownNames) -> Self:
        """``drops``, ``allow_jurisdictions`` (at least one of the two) and selector keys."""
        if not (table.has("drops") or table.has("allow_jurisdictions")):
            table.report(expected="drops, allow_jurisdictions or both", fix="add one of them")
        return cls(
            drops=read_known(table, "drops", known.statement_ids, required=False),
            allow_jurisdictions=table.optional_strings("allow_jurisdictions", known.jurisdictions),
            select=read_selector(table, known),
        )

    def apply(self, inputs: PlanningInputs) -> PlanningInputs:
        """Change the area statements.

        Raises:
            InvalidEdit: ``drops`` is not an area statement of the policy, or the new demand is about nothing.
        """
        areas = {area.id: area for area in inputs.policy.areas}
        dropped = areas.pop(self.drops, None) if self.drops else None
        if self.drops and dropped is None:
            raise InvalidEdit(f"{self.type}: {self.drops!r} is not a residency or provider statement of the policy")
        if self.allow_jurisdictions:
            added = self._demand(dropped)
            if not inputs.selected_ids(added.select):
                raise InvalidEdit(f"{self.type}: no workload or dataset is {selection_in_words(added.select)}")
            if added.id in inputs.policy.statement_ids:
                raise InvalidEdit(f"{self.type}: {added.id!r} is already a statement; apply the edit once")
            areas[added.id] = added
        return inputs.with_policy(areas=tuple(areas.values()))

    def _demand(self, dropped: AreaStatement | None) -> AreaStatement:
        inherits = dropped is not None and self.select == Selector()
        return AreaStatement(
            id=f"residency:{'+'.join(self.allow_jurisdictions)}",
            effect="allow",
            select=dropped.select if dropped is not None and inherits else self.select,
            area=Area(jurisdictions=self.allow_jurisdictions),
            because="residency demand of the scenario",
        )

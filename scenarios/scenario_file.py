"""Reads a scenario file: a name and the edits to make, in order.

::

    [scenario]
    name = "frankfurt-lost"
    description = "What if aws:eu-central-1 is lost?"

    [[edit]]
    type = "region_outage"
    place = "aws:eu-central-1"

Every ``[[edit]]`` has a ``type`` (one of ``EDITS``) and the keys of that type.
"""

from __future__ import annotations

from dataclasses import dataclass

from optimizer.domain.located_toml import LocatedTable, locate_toml
from scenarios.edits import EDITS, Edit
from scenarios.edits.names import KnownNames
from scenarios.errors import InvalidScenarioFile
from scenarios.inputs import PlanningInputs


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A named list of edits."""

    name: str
    description: str
    edits: tuple[Edit, ...]

    def apply(self, inputs: PlanningInputs) -> PlanningInputs:
        """The inputs after every edit, the first first.

        Raises:
            InvalidEdit: an edit is about something that the inputs do not hold.
        """
        for edit in self.edits:
            inputs = edit.apply(inputs)
        return inputs


def parse_scenario(text: str, *, file: str, known: KnownNames) -> Scenario:
    """The scenario that ``text`` states; ``file`` is only used to say where a mistake is.

    Raises:
        InvalidScenarioFile: with one problem for each mistake, each naming its line.
    """
    located = locate_toml(text, file=file, error=InvalidScenarioFile)
    head = located.root.table("scenario")
    name, description = head.require_str("name"), head.optional_str("description", default="")
    head.reject_unknown_keys()
    tables = located.root.tables("edit")
    if not tables:
        located.root.report("edit", expected="at least one [[edit]] table", fix="add what the scenario changes")
    edits = [_edit(table, known) for table in tables]
    located.root.reject_unknown_keys()
    located.raise_problems()
    return Scenario(name=name, description=description, edits=tuple(edit for edit in edits if edit is not None))


def _edit(table: LocatedTable, known: KnownNames) -> Edit | None:
    kinds = {str(kind.type): kind for kind in EDITS}
    if not table.require_str("type"):
        return None
    kind = kinds.get(table.optional_choice("type", tuple(kinds), default=""))
    if kind is None:
        return None
    edit = kind.read(table, known)
    table.reject_unknown_keys()
    return edit

"""What every edit is: a change of the planning inputs that can be read from a scenario file and said in a sentence."""

from __future__ import annotations

from typing import Any, Protocol

from optimizer.domain.located_toml import LocatedTable
from scenarios.edits.names import KnownNames
from scenarios.inputs import PlanningInputs


class Edit(Protocol):
    """One change. ``type`` is its name in scenario files, unique among ``EDITS``."""

    @property
    def type(self) -> str:
        """Name of the kind of edit in scenario files."""

    @property
    def sentence(self) -> str:
        """What it changes, in words."""

    def apply(self, inputs: PlanningInputs) -> PlanningInputs:
        """The changed inputs.

        Raises:
            InvalidEdit: the inputs do not hold what the edit is about.
        """


class EditKind(Protocol):
    """The class of an edit."""

    type: Any

    @classmethod
    def read(cls, table: LocatedTable, known: KnownNames) -> Edit:
        """The edit that a table states; mistakes are written down in the table."""

"""What a folder of tables holds: the columns of each table, and what a table must be able to do."""

from __future__ import annotations

from typing import Final, Protocol

from optimizer.problem.arrow import Column

COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    "places": ("id", "provider", "region", "continent", "jurisdictions"),
    "nodes": ("id", "kind", "current", "copies", "copies_distinct"),
    "options": ("node", "id", "place", "monthly", "one_off"),
    "uses": ("node", "option", "resource", "amount"),
    "flows": ("from", "to", "gb_per_month", "max_rtt_ms"),
    "transfer": ("from", "to", "per_gb"),
    "rtt": ("from", "to", "ms"),
}
OPTIONAL_TABLES: Final = ("uses", "flows", "rtt")


class Table(Protocol):
    """A table whose columns are read when they are asked for; an Arrow table is one."""

    @property
    def column_names(self) -> list[str]:
        """Names of the columns."""

    def column(self, name: str, /) -> Column:
        """The column of that name."""

"""Statements of one policy file that can never hold together, found without looking at any estate.

What needs an estate (a pinned workload in a forbidden place, a copy with nowhere to go) is found by solving.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from itertools import combinations

from optimizer.domain.located_toml import LocatedTable
from optimizer.domain.policy import (
    Area,
    AreaStatement,
    CapacityStatement,
    FootprintStatement,
    GroupStatement,
    LatencyStatement,
    MoveBudgetStatement,
    PinStatement,
    ProviderShareStatement,
    RecoveryStatement,
    Selector,
)

Statement = (
    AreaStatement
    | LatencyStatement
    | CapacityStatement
    | GroupStatement
    | RecoveryStatement
    | PinStatement
    | MoveBudgetStatement
    | ProviderShareStatement
    | FootprintStatement
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LocatedStatement:
    """A statement and the table of the file it was read from."""

    table: LocatedTable
    statement: Statement


def report_contradictions(statements: Sequence[LocatedStatement], *, known_place_ids: Iterable[str]) -> None:
    """Writes down, at the later of two statements, that it cannot hold together with the earlier one."""
    places = frozenset(known_place_ids)
    in_order = sorted(statements, key=lambda entry: entry.table.line_of())
    for earlier, later in combinations(in_order, 2):
        why = _why_not_both(earlier.statement, later.statement, places)
        if why:
            expected = f"no contradiction to {earlier.statement.id!r} of line {earlier.table.line_of()}"
            later.table.report(expected=expected, fix=f"{why}; change one of the two")


def covers(wide: Selector, narrow: Selector) -> bool:
    """Whether everything that ``narrow`` selects in any estate is selected by ``wide`` too.

    >>> covers(Selector(), Selector(kinds=("dataset",)))
    True
    """
    pairs = ((getattr(wide, field.name), getattr(narrow, field.name)) for field in fields(Selector))
    return all(not outer or (inner and set(inner) <= set(outer)) for outer, inner in pairs)


def _why_not_both(first: Statement, second: Statement, places: frozenset[str]) -> str:
    if isinstance(first, AreaStatement) and isinstance(second, AreaStatement):
        return _why_not_both_areas(first, second, places)
    if isinstance(first, GroupStatement) and isinstance(second, GroupStatement):
        return _why_not_both_groups(first, second)
    return ""


def _why_not_both_areas(first: AreaStatement, second: AreaStatement, places: frozenset[str]) -> str:
    if first.effect == second.effect == "allow" and (
        covers(first.select, second.select) or covers(second.select, first.select)
    ):
        one, other = _members(first.area, places), _members(second.area, places)
        if one is not None and other is not None and not one & other:
            return "the same things are allowed in two areas that have no place in common"
    for allow, forbid in ((first, second), (second, first)):
        if (allow.effect, forbid.effect) != ("allow", "forbid") or not covers(forbid.select, allow.select):
            continue
        if _lies_within(allow.area, forbid.area, places):
            return "the same things are allowed only where they are forbidden"
    return ""


def _lies_within(inner: Area, outer: Area, places: frozenset[str]) -> bool:
    """Whether every place of ``inner`` is certainly in ``outer``, by its lists alone."""
    listed = all(set(getattr(inner, field.name)) <= set(getattr(outer, field.name)) for field in fields(Area))
    members = _members(inner, places)
    outer_members = _members(Area(places=outer.places, providers=outer.providers), places)
    return listed or (members is not None and outer_members is not None and members <= outer_members)


def _members(area: Area, places: frozenset[str]) -> frozenset[str] | None:
    """The places of an area given by places and providers alone; None when that takes knowing where places lie."""
    if area.continents or area.jurisdictions:
        return None
    return frozenset(
        place_id for place_id in places if place_id in area.places or place_id.partition(":")[0] in area.providers
    )


def _why_not_both_groups(first: GroupStatement, second: GroupStatement) -> str:
    for together, apart in ((first, second), (second, first)):
        if (together.relation, apart.relation) != ("together", "apart"):
            continue
        same_selection = covers(together.select, apart.select) and covers(apart.select, together.select)
        if same_selection and together.by in (apart.by, "place"):
            return f"the same things are kept together by {together.by} and apart by {apart.by}"
    return ""

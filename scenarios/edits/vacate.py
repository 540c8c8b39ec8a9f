"""Empties an area: nothing may be there any more, whatever pinned it there."""

from __future__ import annotations

from dataclasses import replace

from optimizer.domain.policy import Area, AreaStatement, PinStatement, Selector
from scenarios.errors import InvalidEdit
from scenarios.inputs import PlanningInputs


def vacate(
    inputs: PlanningInputs, *, statement_id: str, because: str, place_ids: frozenset[str], select: Selector
) -> PlanningInputs:
    """Forbid the places to what is selected and lift the pins of what must leave.

    The places stay among the candidates, so that a clash can name the edit and the edit can be priced like any rule.
    A pin holds things where they are, so one that holds something in a vacated place goes on holding the others only.

    Raises:
        InvalidEdit: no place is left, or the statement's id is taken.
    """
    policy = inputs.policy
    if statement_id in policy.statement_ids:
        raise InvalidEdit(f"{statement_id!r} is already a statement of the policy; apply the edit once")
    offered = policy.candidate_places or inputs.estate.place_ids
    if place_ids.issuperset(offered):
        raise InvalidEdit(f"{statement_id!r} leaves no place to go to; add candidate places to the policy")
    must_leave = frozenset(
        thing.id for thing in inputs.things() if thing.place_id in place_ids and select.selects(thing)
    )
    forbid = AreaStatement(
        id=statement_id, effect="forbid", select=select, area=Area(places=tuple(sorted(place_ids))), because=because
    )
    return inputs.with_policy(
        areas=(*policy.areas, forbid),
        pins=tuple(pin for old in policy.pins if (pin := _without(inputs, old, must_leave)) is not None),
    )


def _without(inputs: PlanningInputs, pin: PinStatement, must_leave: frozenset[str]) -> PinStatement | None:
    held = inputs.selected_ids(pin.select)
    if held.isdisjoint(must_leave):
        return pin
    kept = tuple(sorted(held - must_leave))
    return replace(pin, select=Selector(ids=kept)) if kept else None

"""Asks CP-SAT whether any placement at all keeps the place rules of a policy, independently of the product's own rules.

Covered: residency and provider policy, latency to consumers and along flows, groups, recovery copies, pins. A copy that
is missing today may be made anywhere. Money and capacity are not looked at.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

import numpy as np
from ortools.sat.python import cp_model

from optimizer.domain.estate import Dataset, Estate, Flow, Workload
from optimizer.domain.place import Place
from optimizer.domain.policy import Area, AreaStatement, Policy
from optimizer.pricing import PriceBook

Thing = Workload | Dataset
Choice = dict[str, cp_model.IntVar]


def inside(place: Place, area: Area) -> bool:
    """Whether a place lies in an area."""
    return (
        place.id in area.places
        or place.provider in area.providers
        or place.continent in area.continents
        or bool(set(place.jurisdictions) & set(area.jurisdictions))
    )


def broken_areas(thing: Thing, place: Place, policy: Policy) -> list[AreaStatement]:
    """The area statements that forbid a thing a place."""
    return [
        statement
        for statement in policy.areas
        if statement.select.selects(thing) and inside(place, statement.area) != (statement.effect == "allow")
    ]


class PlacementQuestion:
    """One boolean per thing (or missing copy) and place."""

    def __init__(self, estate: Estate, policy: Policy, book: PriceBook) -> None:
        self._estate, self._policy, self._book = estate, policy, book
        self._model = cp_model.CpModel()
        self._things: dict[str, Thing] = {thing.id: thing for thing in (*estate.workloads, *estate.datasets)}
        consumer_places = {consumer.place_id for work in estate.workloads for consumer in work.consumers}
        place_ids = sorted({*policy.candidate_places, *estate.place_ids})
        self._places = [book.place(place_id) for place_id in place_ids]
        every_place = sorted({*place_ids, *consumer_places})
        self._position = {place_id: at for at, place_id in enumerate(every_place)}
        self._rtt_ms: np.ndarray = book.rtt_ms(every_place)[0]
        self._choices = {thing.id: self._choice(thing, thing.id) for thing in self._things.values()}

    def has_answer(self) -> bool:
        """Whether all rules together can be kept."""
        self._keep_latencies()
        self._keep_groups()
        self._keep_recoveries()
        solver = cp_model.CpSolver()
        solver.parameters.max_time_in_seconds = 30
        solver.parameters.num_workers = 1
        return solver.solve(self._model) in (cp_model.OPTIMAL, cp_model.FEASIBLE)

    def _choice(self, thing: Thing, name: str) -> Choice:
        pinned = name == thing.id and any(pin.select.selects(thing) for pin in self._policy.pins)
        places = [
            place
            for place in self._places
            if (thing.place_id == place.id if pinned else not broken_areas(thing, place, self._policy))
            and self._near_consumers(thing, place)
        ]
        choice = {place.id: self._model.new_bool_var(f"{name}@{place.id}") for place in places}
        self._model.add_exactly_one(choice.values())
        return choice

    def _near_consumers(self, thing: Thing, place: Place) -> bool:
        consumers = thing.consumers if isinstance(thing, Workload) else ()
        return all(self._rtt(place.id, consumer.place_id) <= consumer.max_rtt_ms for consumer in consumers)

    def _rtt(self, first: str, second: str) -> float:
        return float(self._rtt_ms[self._position[first], self._position[second]])

    def _keep_latencies(self) -> None:
        for flow in self._estate.flows:
            limit_ms = self._limit_ms(flow)
            if limit_ms is None:
                continue
            target = self._choices[flow.target_id]
            for source_place, chosen in self._choices[flow.source_id].items():
                near = [there for place, there in target.items() if self._rtt(source_place, place) <= limit_ms]
                self._model.add_bool_or([*near, chosen.negated()])

    def _limit_ms(self, flow: Flow) -> float | None:
        ends = (self._things[flow.source_id], self._things[flow.target_id])
        limits = [
            statement.max_rtt_ms
            for statement in self._policy.latencies
            if all(statement.select.selects(end) for end in ends)
        ]
        limits += [] if flow.max_rtt_ms is None else [flow.max_rtt_ms]
        return min(limits, default=None)

    def _keep_groups(self) -> None:
        for group in self._policy.groups:
            members = [self._choices[thing.id] for thing in self._things.values() if group.select.selects(thing)]
            key = self._attribute(group.by)
            for first, second in combinations(members, 2):
                for place, chosen in first.items():
                    alike = [there for other, there in second.items() if key(other) == key(place)]
                    if group.relation == "together":
                        self._model.add_bool_or([*alike, chosen.negated()])
                    else:
                        self._model.add_bool_and([there.negated() for there in alike]).only_enforce_if(chosen)

    def _keep_recoveries(self) -> None:
        for recovery in self._policy.recoveries:
            for dataset in self._estate.datasets:
                if dataset.replica_of is None and recovery.select.selects(dataset):
                    self._keep_copies(dataset, recovery.copies, self._attribute(recovery.distinct))

    def _keep_copies(self, dataset: Dataset, copies: int, key: Callable[[str], str]) -> None:
        held = [self._choices[dataset.id]]
        held += [self._choices[other.id] for other in self._estate.datasets if other.replica_of == dataset.id]
        held += [self._choice(dataset, f"{dataset.id}/copy-{number + 1}") for number in range(len(held), copies)]
        for value in {key(place.id) for place in self._places}:
            self._model.add_at_most_one(
                chosen for choice in held for place, chosen in choice.items() if key(place) == value
            )

    def _attribute(self, name: str) -> Callable[[str], str]:
        return lambda place_id: place_id if name == "place" else str(getattr(self._book.place(place_id), name))

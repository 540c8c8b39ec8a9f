"""Residency and provider policy: ``allow`` and ``forbid`` by place, provider, continent or jurisdiction.

With ``A`` the places that have at least one of the listed names and ``S`` the named nodes:

* allow:  ``x[o] = 0``  for every option ``o`` of a node in ``S`` whose place is outside ``A``;
* forbid: ``x[o] = 0``  for every option ``o`` of a node in ``S`` whose place is in ``A``.

Example: ``allow`` with jurisdictions ``["EU"]`` removes ``aws:us-east-1`` (jurisdiction US) and keeps
``aws:eu-west-1`` (IE, EU).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from optimizer.domain.place import Place
from optimizer.errors import InvalidProblem
from optimizer.model.builder import ModelBuilder
from optimizer.plan import Plan
from optimizer.problem.problem import Problem
from optimizer.rules.rule import Violation
from optimizer.rules.selection import check_nodes, check_places, chosen_options, node_codes, options_of_nodes


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaRule:
    """What ``Allow`` and ``Forbid`` have in common: nodes and an area."""

    id: str
    nodes: tuple[str, ...]
    places: tuple[str, ...] = ()
    providers: tuple[str, ...] = ()
    continents: tuple[str, ...] = ()
    jurisdictions: tuple[str, ...] = ()

    def check(self, problem: Problem, *, path: str) -> None:
        """Raise ``InvalidProblem`` when a node or place is unknown or no area is given."""
        check_nodes(problem, self.nodes, path=path)
        check_places(problem, self.places, path=f"{path}.places")
        if not (self.places or self.providers or self.continents or self.jurisdictions):
            raise InvalidProblem("lists no place, provider, continent or jurisdiction", path=path)

    def covers(self, place: Place) -> bool:
        """Whether the place has at least one of the listed names."""
        return (
            place.id in self.places
            or place.provider in self.providers
            or place.continent in self.continents
            or any(jurisdiction in self.jurisdictions for jurisdiction in place.jurisdictions)
        )

    def refused_places(self, problem: Problem) -> npt.NDArray[np.bool_]:
        """True where the named nodes may not be, bool ``[place]``."""
        raise NotImplementedError

    def forbidden_options(self, problem: Problem) -> npt.NDArray[np.int64]:
        """Options of the named nodes in refused places."""
        named = options_of_nodes(problem, node_codes(problem, self.nodes))
        return named[self.refused_places(problem)[problem.option_place[named]]]

    def contribute(self, problem: Problem, model: ModelBuilder) -> None:
        """Forbid what the rule forbids."""
        model.forbid(self.forbidden_options(problem))

    def violations(self, problem: Problem, plan: Plan) -> tuple[Violation, ...]:
        """Chosen options of the named nodes that lie in refused places."""
        chosen = chosen_options(problem, plan, np.sort(node_codes(problem, self.nodes)))
        refused = self.refused_places(problem)[problem.option_place[chosen]]
        found = []
        for option in chosen[refused].tolist():
            node_id = problem.node_ids[problem.option_node[option]]
            place_id = problem.places[problem.option_place[option]].id
            found.append(
                Violation(
                    rule_id=self.id, node_ids=(node_id,), message=f"{self.id}: {node_id} may not be in {place_id}"
                )
            )
        return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Allow(AreaRule):
    """The named nodes lie inside the area."""

    type: ClassVar[str] = "allow"

    def refused_places(self, problem: Problem) -> npt.NDArray[np.bool_]:
        """Places outside the area."""
        return np.array([not self.covers(place) for place in problem.places], dtype=np.bool_)


@dataclass(frozen=True, slots=True, kw_only=True)
class Forbid(AreaRule):
    """The named nodes lie outside the area."""

    type: ClassVar[str] = "forbid"

    def refused_places(self, problem: Problem) -> npt.NDArray[np.bool_]:
        """Places inside the area."""
        return np.array([self.covers(place) for place in problem.places], dtype=np.bool_)

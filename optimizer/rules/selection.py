"""Readings that several rules share: which nodes a rule names, which place attribute it looks at, what a plan chose."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from optimizer.errors import InvalidProblem
from optimizer.plan import Plan
from optimizer.problem.problem import PLACE_ATTRIBUTES, Problem
from optimizer.problem.ranges import end_to_end


def check_nodes(problem: Problem, nodes: Sequence[str], *, path: str, at_least: int = 1) -> None:
    """Raise ``InvalidProblem`` unless the rule names enough nodes, all known, none twice."""
    if len(nodes) < at_least:
        raise InvalidProblem(f"names {len(nodes)} nodes; expected at least {at_least}", path=f"{path}.nodes")
    for position, node_id in enumerate(nodes):
        if node_id not in problem.node_index:
            raise InvalidProblem(f"there is no node {node_id!r}", path=f"{path}.nodes[{position}]")
    if len(set(nodes)) != len(nodes):
        raise InvalidProblem("names a node twice", path=f"{path}.nodes")


def check_places(problem: Problem, places: Sequence[str], *, path: str) -> None:
    """Raise ``InvalidProblem`` unless every place is known."""
    for place_id in places:
        if place_id not in problem.place_index:
            raise InvalidProblem(f"there is no place {place_id!r}", path=path)


def check_attribute(by: str, *, path: str) -> None:
    """Raise ``InvalidProblem`` unless ``by`` is an attribute of places."""
    if by not in PLACE_ATTRIBUTES:
        raise InvalidProblem(f"is {by!r}; expected one of {list(PLACE_ATTRIBUTES)}", path=f"{path}.by")


def node_codes(problem: Problem, nodes: Iterable[str]) -> npt.NDArray[np.int64]:
    """Indices of the named nodes, ``[named node]``."""
    return np.array([problem.node_index[node_id] for node_id in nodes], dtype=np.int64)


def options_of_nodes(problem: Problem, nodes: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Options of the nodes, in their order."""
    first = problem.node_start[nodes]
    return end_to_end(first, problem.node_start[nodes + 1] - first)


def chosen_options(problem: Problem, plan: Plan, nodes: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """What the nodes choose, in their order; a node without a choice adds nothing."""
    chosen: npt.NDArray[np.int64] = plan.chosen[end_to_end(*plan.range_of(problem, nodes))]
    return chosen


def are_chosen(plan: Plan, options: npt.NDArray[np.integer]) -> npt.NDArray[np.bool_]:
    """True for the options that the plan chooses, bool of the shape of ``options``."""
    if not len(plan.chosen):
        return np.zeros(len(options), dtype=np.bool_)
    at = np.minimum(np.searchsorted(plan.chosen, options), len(plan.chosen) - 1)
    chosen: npt.NDArray[np.bool_] = plan.chosen[at] == options
    return chosen

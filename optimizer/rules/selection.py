"""Readings that several rules share: which nodes a rule names, which place attribute it looks at, what a plan chose."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from optimizer.errors import InvalidProblem
from optimizer.plan import Plan
from optimizer.problem.problem import PLACE_ATTRIBUTES, Problem


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


def options_of_nodes(problem: Problem, nodes: Iterable[str]) -> npt.NDArray[np.bool_]:
    """True for the options of the named nodes, bool ``[option]``."""
    named = np.zeros(len(problem.node_ids), dtype=np.bool_)
    named[node_codes(problem, nodes)] = True
    selected: npt.NDArray[np.bool_] = named[problem.option_node]
    return selected


def chosen_by_node(problem: Problem, plan: Plan) -> dict[int, list[int]]:
    """Node index to its chosen option indices; nodes without a choice are absent."""
    chosen: dict[int, list[int]] = {}
    for option in plan.chosen.tolist():
        chosen.setdefault(int(problem.option_node[option]), []).append(option)
    return chosen

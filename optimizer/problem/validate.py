"""Everything that must be true of a problem before anyone computes with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from optimizer.domain.estate import COMPONENTS
from optimizer.errors import InvalidProblem
from optimizer.units import MAX_TOTAL_MICRO_USD

if TYPE_CHECKING:
    from optimizer.problem.problem import Problem


def validate_problem(problem: Problem) -> None:
    """Check a problem once.

    Raises:
        InvalidProblem: with the JSON path (as in the published format) of the first thing that is wrong.
    """
    _check_names(problem)
    _check_nodes(problem)
    _check_options(problem)
    _check_flows(problem)
    _check_matrices(problem)
    _check_totals(problem)
    _check_rules(problem)


def _check_names(problem: Problem) -> None:
    if not problem.places:
        raise InvalidProblem("there is no place; name at least one", path="$.places")
    _unique([place.id for place in problem.places], "$.places", "place")
    _unique(list(problem.node_ids), "$.nodes", "node")
    if problem.horizon_months < 1:
        raise InvalidProblem(f"is {problem.horizon_months}; expected at least 1", path="$.horizon_months")


def _unique(names: list[str], path: str, kind: str) -> None:
    seen: set[str] = set()
    for position, name in enumerate(names):
        if name in seen:
            raise InvalidProblem(_stands_twice(kind, name), path=f"{path}[{position}].id")
        seen.add(name)


def _stands_twice(kind: str, name: str) -> str:
    return f"{kind} {name!r} stands twice; ids must be unique"


def _check_nodes(problem: Problem) -> None:
    nodes = len(problem.node_ids)
    for name in ("node_is_dataset", "node_copies", "node_distinct", "node_current"):
        _length(getattr(problem, name), nodes, name)
    _length(problem.node_start, nodes + 1, "node_start")
    counts = np.diff(problem.node_start)
    if problem.node_start[0] != 0 or (counts < 0).any() or problem.node_start[-1] != len(problem.option_ids):
        raise InvalidProblem("node_start must rise from 0 to the number of options", path="$.nodes")
    for node in np.flatnonzero(counts == 0):
        raise InvalidProblem(
            f"node {problem.node_ids[node]!r} has no option; give it at least one", path=f"$.nodes[{node}].options"
        )
    for node in np.flatnonzero(problem.node_copies < 1):
        raise InvalidProblem(f"is {problem.node_copies[node]}; expected at least 1", path=f"$.nodes[{node}].copies")
    for node in np.flatnonzero((problem.node_copies > 1) & ~problem.node_is_dataset):
        raise InvalidProblem("only a dataset can have several copies", path=f"$.nodes[{node}].copies")
    current = problem.node_current
    outside = (current != -1) & ((current < problem.node_start[:-1]) | (current >= problem.node_start[1:]))
    for node in np.flatnonzero(outside):
        raise InvalidProblem("is not an option of this node", path=f"$.nodes[{node}].current")


def _check_options(problem: Problem) -> None:
    options = len(problem.option_ids)
    for name in ("option_place", "option_components_micro_usd", "option_one_off_micro_usd"):
        _length(getattr(problem, name), options, name)
    _codes(problem.option_place, len(problem.places), "$.nodes[*].options[*].place")
    shape = (options, len(problem.components))
    if problem.option_components_micro_usd.shape != shape or not set(problem.components) <= set(COMPONENTS):
        raise InvalidProblem(
            f"components are {problem.components} in columns {problem.option_components_micro_usd.shape}; expected a "
            f"column for each and names from {COMPONENTS}"
        )
    repeated = problem.option_ids.first_repeated(problem.node_start)
    if repeated is not None:
        node = problem.option_node[repeated]
        raise InvalidProblem(
            _stands_twice("option", problem.option_ids[repeated]),
            path=f"$.nodes[{node}].options[{repeated - problem.node_start[node]}].id",
        )
    _codes(problem.use_option, options, "$.nodes[*].options[*].uses")
    _codes(problem.use_resource, len(problem.resources), "$.nodes[*].options[*].uses")
    if not np.isfinite(problem.use_amount).all() or (problem.use_amount < 0).any():
        raise InvalidProblem("an amount used is negative or not a number", path="$.nodes[*].options[*].uses")


def _check_flows(problem: Problem) -> None:
    flows = len(problem.flow_from)
    for name in ("flow_to", "flow_gb", "flow_max_rtt_ms"):
        _length(getattr(problem, name), flows, name)
    _codes(problem.flow_from, len(problem.node_ids), "$.flows[*].from")
    _codes(problem.flow_to, len(problem.node_ids), "$.flows[*].to")
    for flow in np.flatnonzero(~np.isfinite(problem.flow_gb) | (problem.flow_gb < 0)):
        raise InvalidProblem(
            f"is {problem.flow_gb[flow]}; expected a number of GB that is not negative",
            path=f"$.flows[{flow}].gb_per_month",
        )
    limits = problem.flow_max_rtt_ms
    for flow in np.flatnonzero(~np.isnan(limits) & ((limits < 0) | np.isinf(limits))):
        raise InvalidProblem(f"is {limits[flow]}; expected milliseconds", path=f"$.flows[{flow}].max_rtt_ms")
    if problem.rtt_ms is None:
        for flow in np.flatnonzero(~np.isnan(limits)):
            raise InvalidProblem(
                "a flow limits the round trip but the problem has no rtt_ms; add the matrix",
                path=f"$.flows[{flow}].max_rtt_ms",
            )


def _check_matrices(problem: Problem) -> None:
    shape = (len(problem.places), len(problem.places))
    if problem.transfer_micro_usd_per_gb.shape != shape:
        raise InvalidProblem(
            f"has shape {problem.transfer_micro_usd_per_gb.shape}; expected one row and column a place, {shape}",
            path="$.transfer_per_gb",
        )
    if (problem.transfer_micro_usd_per_gb < 0).any():
        raise InvalidProblem("a transfer price is negative", path="$.transfer_per_gb")
    if problem.rtt_ms is None:
        return
    if problem.rtt_ms.shape != shape:
        raise InvalidProblem(f"has shape {problem.rtt_ms.shape}; expected {shape}", path="$.rtt_ms")
    if not np.isfinite(problem.rtt_ms).all() or (problem.rtt_ms < 0).any():
        raise InvalidProblem("a round trip is negative or not a number", path="$.rtt_ms")


def _check_totals(problem: Problem) -> None:
    """Refuse sums that could leave int64, by bounding them in float64."""
    money = _absolute_sum(problem.option_components_micro_usd) + _absolute_sum(problem.option_one_off_micro_usd)
    dearest = float(problem.transfer_micro_usd_per_gb.max(initial=0))
    money += float(problem.flow_gb.sum()) * dearest * float(problem.node_copies.max(initial=1))
    if money >= MAX_TOTAL_MICRO_USD:
        raise InvalidProblem(
            f"costs add up to {money / 1e6:.3g} USD, more than the {MAX_TOTAL_MICRO_USD / 1e6:.3g} that can be "
            "summed exactly; use a coarser unit of money",
            path="$.nodes",
        )


def _absolute_sum(amounts: npt.NDArray[np.int64]) -> float:
    """Sum of absolute values in float64, which nothing overflows, without a copy of the amounts."""
    above = float(np.sum(amounts, dtype=np.float64, where=amounts > 0))
    return above - float(np.sum(amounts, dtype=np.float64, where=amounts < 0))


def _check_rules(problem: Problem) -> None:
    _unique([rule.id for rule in problem.rules], "$.rules", "rule")
    for position, rule in enumerate(problem.rules):
        rule.check(problem, path=f"$.rules[{position}]")


def _length(column: npt.NDArray[np.generic], expected: int, name: str) -> None:
    if len(column) != expected:
        raise InvalidProblem(f"column {name} has {len(column)} entries; expected {expected}")


def _codes(column: npt.NDArray[np.integer], vocabulary: int, path: str) -> None:
    if len(column) and (column.min() < 0 or column.max() >= vocabulary):
        raise InvalidProblem("refers to something that the problem does not hold", path=path)

"""What people do without an optimizer: nothing, the cheapest price, or the cheapest price and the data's pull."""

from __future__ import annotations

import time

import numpy as np

from optimizer.model.compile import compile_model
from optimizer.model.placement_model import PlacementModel
from optimizer.plan import Plan
from optimizer.problem.problem import Problem
from tests.benchmarks.baselines.choices import (
    Floats,
    Ints,
    cheapest_options,
    first_places,
    flow_micro_usd,
    option_micro_usd,
)
from tests.benchmarks.baselines.found import Found
from tests.benchmarks.baselines.repair import repaired

MOST_SWEEPS = 20


def stay(problem: Problem, *, seconds: float) -> Found:
    """Today's placement, whatever the rules say."""
    return Found(plan=Plan.stay(problem))


def cheapest(problem: Problem, *, seconds: float) -> Found:
    """Every node its cheapest option, transfer not looked at, in the repair neither."""
    began, model = time.perf_counter(), compile_model(problem)
    chosen = cheapest_options(model, model.unary_micro_usd)
    return _repaired(model, chosen, began, seconds, sees_flows=False)


def best_response(problem: Problem, *, seconds: float) -> Found:
    """Workloads and datasets in turn their cheapest option given the others, until nothing changes; then repaired."""
    began, model = time.perf_counter(), compile_model(problem)
    chosen = cheapest_options(model, model.unary_micro_usd)
    sides = (~problem.node_is_dataset, problem.node_is_dataset)
    for _ in range(MOST_SWEEPS):
        before = chosen
        for side in sides:
            answer = cheapest_options(model, option_micro_usd(model, first_places(model, chosen)))
            chosen = np.sort(np.concatenate([_of(model, chosen, ~side), _of(model, answer, side)]))
        if np.array_equal(chosen, before) or time.perf_counter() - began > seconds / 2:
            break
    return _repaired(model, chosen, began, seconds)


def per_task(problem: Problem, *, seconds: float) -> Found:
    """Each workload by itself: its price and the egress to where the data is today, which stays; then repaired.

    The manner of SkyPilot (Yang et al., NSDI 2023, section 4): tasks choose by cost and pairwise egress; no quota,
    budget or share couples them.
    """
    began, model = time.perf_counter(), compile_model(problem)
    home = _today(problem, model)
    answer = cheapest_options(model, option_micro_usd(model, first_places(model, home)))
    chosen = np.concatenate([_of(model, answer, ~problem.node_is_dataset), _of(model, home, problem.node_is_dataset)])
    return _repaired(model, np.sort(chosen), began, seconds)


def per_project(problem: Problem, *, seconds: float) -> Found:
    """Every project moves as a whole to the place that is cheapest for it; then repaired.

    A project is what stands before the slash of node ids (an id without one is a project of its own). Nodes that have
    no option in the project's place take the cheapest elsewhere.
    """
    began, model = time.perf_counter(), compile_model(problem)
    names = [node_id.split("/", 1)[0] for node_id in problem.node_ids]
    project = np.unique(names, return_inverse=True)[1]
    crossing = project[model.pair_from] != project[model.pair_to]
    cost = _by_place(model) + flow_micro_usd(model, first_places(model, _today(problem, model)), crossing)
    absent = ~np.isfinite(cost)
    columns = range(cost.shape[1])
    total = np.stack([np.bincount(project, np.where(absent[:, at], 0.0, cost[:, at])) for at in columns], axis=1)
    missing = np.stack([np.bincount(project, absent[:, at]) for at in columns], axis=1)
    dear = np.abs(total).max(initial=1.0) * 2
    place = (total + dear * missing).argmin(axis=1)[project]
    elsewhere = np.where(model.option_place == place[model.option_node], 0.0, dear)
    return _repaired(model, cheapest_options(model, model.unary_micro_usd + elsewhere), began, seconds)


def _repaired(model: PlacementModel, chosen: Ints, began: float, seconds: float, *, sees_flows: bool = True) -> Found:
    if len(chosen) < model.node_take.sum():
        return Found(plan=None, reason="a node has too few options")
    left = seconds - (time.perf_counter() - began)
    return Found(plan=Plan(chosen=repaired(model, chosen, sees_flows=sees_flows, seconds=left)))


def _of(model: PlacementModel, chosen: Ints, nodes: np.ndarray) -> Ints:
    """Those of the chosen options that belong to the nodes, bool ``[node]``."""
    return chosen[nodes[model.option_node[chosen]]]


def _today(problem: Problem, model: PlacementModel) -> Ints:
    """What runs today where that is admissible, and the cheapest options for what does not run or not often enough."""
    current = problem.node_current[problem.node_current >= 0]
    cost = model.unary_micro_usd.copy()
    cost[current] = -np.abs(cost).max(initial=1.0)
    return cheapest_options(model, cost)


def _by_place(model: PlacementModel) -> Floats:
    """Cost of the cheapest admissible option of each node at each place, infinite where none, ``[node, place]``."""
    cost = np.full((model.node_count, len(model.transfer_micro_usd_per_gb)), np.inf)
    counted = model.admissible
    np.minimum.at(cost, (model.option_node[counted], model.option_place[counted]), model.unary_micro_usd[counted])
    return cost

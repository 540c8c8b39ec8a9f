"""What each option of a node would cost with everything else left where a plan puts it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from optimizer.explain.changes import options_by_node
from optimizer.explain.presence import PresenceCosts
from optimizer.plan import Plan
from optimizer.problem.problem import Problem


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MarginalCosts:
    """Costs around one plan, prepared once so that asking about a node is a few small array operations.

    For an option ``o`` of node ``n`` at place ``p``, in micro-USD a month::

        cost(o) = monthly[o] + one_off[o] / horizon_months
                + sum over flows of n: gb * transfer[p, place of the other end] (or the other way round)
                + what presence costs in every area that only n would be in

    A flow from a dataset with several copies is read from the cheapest copy, a flow to it is written to every copy;
    a flow whose other end is not placed costs nothing. Float64: good for ranking and for display; amounts that must
    add up exactly come from the ledger.
    """

    problem: Problem
    places: tuple[npt.NDArray[np.int32], ...]
    """Per node: the places of its chosen options; empty where the plan does not place it."""
    flows_of: tuple[npt.NDArray[np.int64], ...]
    presence: PresenceCosts

    @classmethod
    def around(cls, problem: Problem, plan: Plan) -> MarginalCosts:
        """Prepare the costs around ``plan``."""
        chosen = options_by_node(problem, plan)
        return cls(
            problem=problem,
            places=tuple(problem.option_place[np.array(options, dtype=np.int64)] for options in chosen),
            flows_of=_flows_by_node(problem),
            presence=PresenceCosts.of(problem, plan),
        )

    def of_options(self, node: int) -> npt.NDArray[np.float64]:
        """Cost of every option of a node, float64 ``[option of the node]``."""
        problem = self.problem
        options = slice(int(problem.node_start[node]), int(problem.node_start[node + 1]))
        at = problem.option_place[options]
        monthly = problem.option_components_micro_usd[options].sum(axis=1)
        cost = _float64(monthly + problem.option_one_off_micro_usd[options] / problem.horizon_months)
        for flow in self.flows_of[node].tolist():
            cost = cost + self.of_flow(flow, node, at)
        return cost + self.presence.alone_in(own=self.places[node], at=at)

    def of_flow(self, flow: int, node: int, at: npt.NDArray[np.int32]) -> npt.NDArray[np.float64]:
        """Monthly cost of one flow of ``node`` if the node were at each of the places ``at``, float64 ``[place]``."""
        problem = self.problem
        sender, receiver = int(problem.flow_from[flow]), int(problem.flow_to[flow])
        gb = float(problem.flow_gb[flow])
        if sender == receiver:
            return _float64(gb * problem.transfer_micro_usd_per_gb[at, at])
        other = self.places[receiver if sender == node else sender]
        if len(other) == 0:
            return np.zeros(len(at))
        if sender == node:
            return _float64(gb * problem.transfer_micro_usd_per_gb[np.ix_(at, other)].sum(axis=1))
        return gb * self._cheapest_copy_micro_usd_per_gb(flow, other, at)

    def _cheapest_copy_micro_usd_per_gb(
        self, flow: int, copies: npt.NDArray[np.int32], at: npt.NDArray[np.int32]
    ) -> npt.NDArray[np.float64]:
        """Price of reading at each place from the cheapest copy that is near enough, float64 ``[place]``.

        Where no copy is near enough the cheapest of all stands in; the rule then says that the place is forbidden.
        """
        per_gb = _float64(self.problem.transfer_micro_usd_per_gb[np.ix_(copies, at)])
        limit_ms = float(self.problem.flow_max_rtt_ms[flow])
        if np.isnan(limit_ms) or self.problem.rtt_ms is None:
            return _float64(per_gb.min(axis=0))
        near = self.problem.rtt_ms[np.ix_(copies, at)] <= limit_ms
        nearest = np.where(near, per_gb, np.inf).min(axis=0)
        return _float64(np.where(np.isinf(nearest), per_gb.min(axis=0), nearest))


def _float64(amounts: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    return np.asarray(amounts, dtype=np.float64)


def _flows_by_node(problem: Problem) -> tuple[npt.NDArray[np.int64], ...]:
    """Flow indices that touch each node, a flow from a node to itself once, ascending."""
    flows = np.arange(len(problem.flow_from))
    leaves_itself = problem.flow_from == problem.flow_to
    ends = np.concatenate([problem.flow_from, problem.flow_to[~leaves_itself]])
    touched = np.concatenate([flows, flows[~leaves_itself]])
    order = np.lexsort((touched, ends))
    starts = np.searchsorted(ends[order], np.arange(len(problem.node_ids) + 1))
    return tuple(touched[order][starts[node] : starts[node + 1]] for node in range(len(problem.node_ids)))

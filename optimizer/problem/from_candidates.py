"""Estate, candidates and policy become a problem: one node a workload or dataset, one option a candidate.

Option index equals candidate index, so the columns of the ``CandidateSet`` describe the problem's options one to one.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from optimizer.candidates.candidate_set import CandidateSet
from optimizer.domain.estate import Estate
from optimizer.domain.policy import Policy
from optimizer.pricing.book import PriceBook
from optimizer.problem.option_ids import OptionIds
from optimizer.problem.policy_rules import policy_rules, tightest_rtt_ms
from optimizer.problem.problem import Problem


def build_problem(estate: Estate, candidates: CandidateSet, policy: Policy, prices: PriceBook) -> Problem:
    """The problem of placing an estate under a policy.

    Raises:
        MissingPrice: transfer between two candidate places is not priced.
        InvalidProblem: the policy asks for what the candidates cannot state (the message names the rule).
    """
    place_ids = candidates.place_ids
    node_index = {node_id: code for code, node_id in enumerate(candidates.node_ids)}
    source, target, gb, max_rtt_ms = _flows(estate, candidates, policy, node_index)
    option, resource = np.nonzero(candidates.uses)
    rtt_ms, _ = prices.rtt_ms(place_ids)
    return Problem(
        places=tuple(prices.place(place_id) for place_id in place_ids),
        node_ids=candidates.node_ids,
        node_is_dataset=candidates.node_is_dataset,
        node_copies=np.ones(len(candidates.node_ids), dtype=np.int64),
        node_distinct=np.zeros(len(candidates.node_ids), dtype=np.int8),
        node_current=_current(candidates),
        node_start=candidates.node_start,
        option_ids=OptionIds(candidates.candidate_ids),
        option_place=candidates.place_code.astype(np.int32),
        option_components_micro_usd=candidates.components_micro_usd,
        option_one_off_micro_usd=candidates.one_off_micro_usd.sum(axis=1, dtype=np.int64),
        resources=candidates.resources,
        use_option=option.astype(np.int32),
        use_resource=resource.astype(np.int32),
        use_amount=candidates.uses[option, resource],
        flow_from=source,
        flow_to=target,
        flow_gb=gb,
        flow_max_rtt_ms=max_rtt_ms,
        transfer_micro_usd_per_gb=prices.transfer_micro_usd_per_gb(place_ids),
        rtt_ms=rtt_ms,
        rules=policy_rules(estate, candidates, policy, prices),
        horizon_months=policy.horizon_months,
        currency=estate.currency,
    )


def _current(candidates: CandidateSet) -> npt.NDArray[np.int64]:
    """Option index of each node's current candidate, -1 where none, ``[node]``."""
    current = np.full(len(candidates.node_ids), -1, dtype=np.int64)
    option = np.flatnonzero(candidates.is_current)
    current[np.searchsorted(candidates.node_start, option, side="right") - 1] = option
    return current


def _flows(
    estate: Estate, candidates: CandidateSet, policy: Policy, node_index: dict[str, int]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """The estate's flows, and replication to every demanded copy that does not run yet."""
    limits = tightest_rtt_ms(estate, policy)
    datasets = {dataset.id: dataset for dataset in estate.datasets}
    ends = [(flow.source_id, flow.target_id, flow.gb_per_month) for flow in estate.flows]
    for node_id, primary in zip(candidates.node_ids, candidates.replica_of, strict=True):
        if primary is not None and node_id not in datasets:
            ends.append((primary, node_id, datasets[primary].written_gb_per_month))
            limits.append(None)
    return (
        np.array([node_index[source] for source, _, _ in ends], dtype=np.int64),
        np.array([node_index[target] for _, target, _ in ends], dtype=np.int64),
        np.array([gb for _, _, gb in ends], dtype=np.float64),
        np.array([np.nan if limit is None else limit for limit in limits], dtype=np.float64),
    )

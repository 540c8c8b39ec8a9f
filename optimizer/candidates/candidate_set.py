"""Where each workload and dataset could live: every priced candidate, column by column, and every dropped one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from optimizer.candidates.report import GenerationReport

ONE_OFF_PARTS: Final = ("egress", "requests", "retrieval", "early_delete", "dual_run", "labour", "stranded_commitment")
"""What a move costs once, in the column order of ``one_off_micro_usd``."""

RESOURCES: Final = ("vcpu", "memory_gib", "stored_gb")
"""What candidates use, in the column order of ``uses``: switched-on vCPU and GiB, GB (10^9 bytes) kept."""

BASES: Final = ("billed", "list", "contracted")
"""Where a candidate's money comes from: the bill, the price book, or the price book times a contracted ratio."""

DROP_REASONS: Final = (
    "capability",
    "residency",
    "provider_policy",
    "latency_to_consumers",
    "not_priced",
    "dominated",
)
"""Why a candidate was not offered to the solver; ``residency``, ``provider_policy`` and ``latency_to_consumers``
candidates stay in the problem, forbidden by a rule of that name, so that the rule can be priced."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CandidateSet:
    """Candidates of all nodes, sorted by node; node order is ``node_ids``.

    Shapes: ``node_*`` are ``[node]``, but ``node_start`` is ``[node + 1]``: node ``n`` has candidates
    ``node_start[n]:node_start[n + 1]``; ``place_code`` .. ``is_current`` are ``[candidate]``; ``components_micro_usd``
    is int64 ``[candidate, component]`` in the order of ``optimizer.domain.estate.COMPONENTS`` (monthly, expected);
    ``low_micro_usd`` and ``high_micro_usd`` are int64 ``[candidate]`` bounds of the monthly total under sizing and
    price error; ``one_off_micro_usd`` is int64 ``[candidate, part]`` in the order of ``ONE_OFF_PARTS``;
    ``uses`` is float64 ``[candidate, resource]``.
    Codes index the vocabularies of the same name (``place_ids``, ``services``, ``skus``, ``tiers``, ``purchases``).
    ``tiers`` holds the lifecycle in words for datasets (``standard>standard_ia>glacier_ir``), '' for workloads.
    ``confidence_code`` indexes ``optimizer.pricing.CONFIDENCES``: the worst price that the candidate rests on.
    ``basis_code`` indexes ``BASES``.
    Exactly one candidate of a node that runs today is current (stay), the first of the node; a node that does not run
    yet has none.
    """

    node_ids: tuple[str, ...]
    node_is_dataset: npt.NDArray[np.bool_]
    node_start: npt.NDArray[np.int64]
    place_ids: tuple[str, ...]
    services: tuple[str, ...]
    skus: tuple[str, ...]
    tiers: tuple[str, ...]
    purchases: tuple[str, ...]
    resources: tuple[str, ...]
    candidate_ids: tuple[str, ...]
    place_code: npt.NDArray[np.int32]
    service_code: npt.NDArray[np.int32]
    sku_code: npt.NDArray[np.int32]
    tier_code: npt.NDArray[np.int32]
    purchase_code: npt.NDArray[np.int32]
    confidence_code: npt.NDArray[np.int8]
    is_current: npt.NDArray[np.bool_]
    components_micro_usd: npt.NDArray[np.int64]
    low_micro_usd: npt.NDArray[np.int64]
    high_micro_usd: npt.NDArray[np.int64]
    one_off_micro_usd: npt.NDArray[np.int64]
    uses: npt.NDArray[np.float64]
    dropped: tuple[DroppedCandidates, ...]
    replica_of: tuple[str | None, ...]
    """Per node: the node id of the primary when the node is a recovery copy (existing or demanded), else None."""
    basis_code: npt.NDArray[np.int8]
    refusals: tuple[Refusal, ...]
    """Candidates that stay in the set although a rule refuses them, so that the rule can be priced."""
    report: GenerationReport


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Refusal:
    """Candidates in the set that a rule refuses: ``reason`` is one of ``DROP_REASONS``, ``candidates`` are indices.

    ``statement_id`` is None for ``latency_to_consumers``, which is a fact of the workload and not a statement.
    """

    reason: str
    statement_id: str | None
    candidates: npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class DroppedCandidates:
    """Candidates refused for one reason: how many, for which node, and the cheapest of them when it had a price."""

    node_id: str
    reason: str
    statement_id: str | None
    count: int
    cheapest_place_id: str | None
    cheapest_service: str | None
    cheapest_monthly_micro_usd: int | None

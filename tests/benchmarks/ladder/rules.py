"""The rung's rules, as the published format writes them, none of which the witness breaks."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from tests.benchmarks.ladder.estate import FAMILIES, Estate, Floats
from tests.benchmarks.ladder.market import Market
from tests.benchmarks.ladder.options import Options
from tests.benchmarks.ladder.witness import Witness

OPEN_COST_USD: Final = 500
LIMITS_MS: Final = (30.0, 60.0, 100.0)
SHARE_LIMITED: Final = 0.06
NODES_PER_GROUP: Final = 200
SHARE_PINNED: Final = 0.005
SHARE_RATIO: Final = 0.95
Document = dict[str, Any]


def limit_flows(rng: np.random.Generator, estate: Estate, market: Market, witness: Witness, options: Options) -> Floats:
    """Longest round trip of each flow in ms, NaN for the nineteen of twenty that have none, ``[flow]``.

    Flows of copies and replicas have none; a limit that the witness does not keep is not set.
    """
    place = options.place[witness.option]
    rtt_ms = market.rtt_ms[place[estate.flow_from], place[estate.flow_to]]
    limit_ms = rng.choice(LIMITS_MS, len(rtt_ms))
    several = np.zeros(len(place), dtype=np.bool_)
    several[estate.workloads + estate.copied] = True
    several[2 * estate.workloads :] = True
    limited = rng.random(len(rtt_ms)) < SHARE_LIMITED
    limited &= (rtt_ms <= limit_ms) & ~several[estate.flow_from] & ~several[estate.flow_to]
    return np.where(limited, limit_ms, np.nan)


def state_rules(
    rng: np.random.Generator, estate: Estate, market: Market, witness: Witness, options: Options, names: list[str]
) -> list[Document]:
    """Quotas, budget, share, open costs, residency, pins, what stays together and what stays apart."""
    return [
        *_quotas(market, witness),
        _move_budget(witness, options),
        _provider_share(market, witness, options),
        *(
            {"id": f"open:{place.id}", "type": "open_cost", "place": place.id, "monthly": str(OPEN_COST_USD)}
            for place in market.places
        ),
        *_residency(estate, names),
        *_pins(rng, estate, witness, options, names),
        *_together(rng, estate, witness, options, names),
        *_apart(estate, names),
    ]


def _quotas(market: Market, witness: Witness) -> list[Document]:
    return [
        {
            "id": f"quota:{place.id}:{family}",
            "type": "capacity",
            "resource": f"{family}_vcpu",
            "place": place.id,
            "max": float(witness.quota_vcpu[row, column]),
        }
        for row, place in enumerate(market.places)
        for column, family in enumerate(FAMILIES)
    ]


def _move_budget(witness: Witness, options: Options) -> Document:
    taken = witness.taken
    stay = options.stay[options.node[taken]]
    moves = taken[(stay >= 0) & (stay != taken)]
    spent_micro_usd = max(witness.budget_micro_usd, float(options.one_off_micro_usd[moves].sum()))
    return {
        "id": "budget",
        "type": "move_budget",
        "max_moves": len(moves) + len(moves) // 20,
        "max_one_off": str(int(np.ceil(spent_micro_usd / 1e6))),
    }


def _provider_share(market: Market, witness: Witness, options: Options) -> Document:
    taken = witness.taken
    spend = np.bincount(market.codes("provider")[options.place[taken]], options.monthly_micro_usd[taken])
    share = max(float(spend[witness.provider] / spend.sum()), SHARE_RATIO * witness.reference_share)
    provider = sorted({place.provider for place in market.places})[witness.provider]
    return {
        "id": f"share:{provider}",
        "type": "provider_share",
        "provider": provider,
        "max_ratio": min(float(np.ceil(share * 1e4) / 1e4), 1.0),
    }


def _residency(estate: Estate, names: list[str]) -> list[Document]:
    app = estate.node_app
    stated = np.flatnonzero((app >= 0) & estate.applications.stated[app])
    if not len(stated):
        return []
    nodes = [names[node] for node in stated.tolist()]
    return [{"id": "residency:EU", "type": "allow", "nodes": nodes, "jurisdictions": ["EU"]}]


def _pins(
    rng: np.random.Generator, estate: Estate, witness: Witness, options: Options, names: list[str]
) -> list[Document]:
    staying = np.flatnonzero((witness.option == options.stay)[: estate.workloads])
    pinned = staying[rng.random(len(staying)) < SHARE_PINNED]
    return [{"id": "pinned", "type": "pin", "nodes": [names[node] for node in pinned.tolist()]}] if len(pinned) else []


def _together(
    rng: np.random.Generator, estate: Estate, witness: Witness, options: Options, names: list[str]
) -> list[Document]:
    """Workloads that stay in the region of a dataset that they read, where the witness has them so."""
    place = options.place[witness.option]
    several = np.concatenate([estate.copied, estate.replica_of]) + estate.workloads
    read = np.flatnonzero((estate.flow_to < estate.workloads) & (place[estate.flow_from] == place[estate.flow_to]))
    read = rng.permutation(read[~np.isin(estate.flow_from[read], several)])
    _, first = np.unique(estate.flow_from[read], return_index=True)
    read = read[np.sort(first)]
    _, first = np.unique(estate.flow_to[read], return_index=True)
    read = np.sort(read[np.sort(first)][: max(1, estate.workloads // NODES_PER_GROUP)])
    return [
        {
            "id": f"together:{names[target]}",
            "type": "keep_together",
            "nodes": [names[target], names[source]],
            "by": "region",
        }
        for source, target in zip(estate.flow_from[read].tolist(), estate.flow_to[read].tolist(), strict=True)
    ]


def _apart(estate: Estate, names: list[str]) -> list[Document]:
    replicas = zip(estate.replica_of.tolist(), estate.replica_by_provider.tolist(), strict=True)
    return [
        {
            "id": f"apart:{names[estate.workloads + dataset]}",
            "type": "keep_apart",
            "nodes": [names[estate.workloads + dataset], names[2 * estate.workloads + replica]],
            "by": "provider" if by_provider else "region",
        }
        for replica, (dataset, by_provider) in enumerate(replicas)
    ]

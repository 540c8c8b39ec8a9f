"""Applications, their workloads and datasets, and the data between them: drawn, not priced."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from tests.benchmarks.ladder.market import Market

FAMILIES: Final = ("spark", "warehouse", "stream", "function", "database")
SHARE_OF_FAMILY: Final = (0.30, 0.20, 0.15, 0.20, 0.15)
RESIDENCIES: Final = ((), ("EU",), ("US",), ("EU", "US"))
SHARE_OF_RESIDENCY: Final = (0.35, 0.30, 0.25, 0.10)
SHARE_STATED_AS_RULE: Final = 0.1
SHARE_OF_ONE_PROVIDER: Final = 0.15
WORKLOADS_PER_HUB: Final = 2000
LARGEST_APPLICATION: Final = 150
SHARE_READING_HUBS, SHARE_READING_OTHERS, SHARE_WRITING = 0.08, 0.01, 0.3
SHARE_COPIED, SHARE_REPLICATED, SHARE_BY_PROVIDER = 0.05, 0.05, 0.4
HUB_IS_LARGER: Final = 20
NO_APPLICATION: Final = -1
Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Applications:
    """``offered`` and ``allowed`` are bool ``[application, place]``: where candidates exist and where rules let them;
    they differ where ``stated`` (bool ``[application]``): residency in the European Union stated as a rule.
    """

    offered: Bools
    allowed: Bools
    stated: Bools


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Estate:
    """Nodes in the order workloads, datasets, replicas. ``replica_of`` and ``copied`` hold dataset numbers (0 is the
    first dataset); ``*_by_provider`` say whether what is apart is apart by provider (else by region). Flow ends are
    node indices. ``dataset_app`` is -1 for hubs, which come first.
    """

    applications: Applications
    workload_app: Ints
    family: Ints
    vcpu: Floats
    hours_per_month: Floats
    dataset_app: Ints
    size_gb: Floats
    read_gb: Floats
    copied: Ints
    copied_by_provider: Bools
    replica_of: Ints
    replica_by_provider: Bools
    flow_from: Ints
    flow_to: Ints
    flow_gb: Floats

    @property
    def workloads(self) -> int:
        """Number of workloads."""
        return len(self.workload_app)

    @property
    def datasets(self) -> int:
        """Number of datasets, without replicas."""
        return len(self.dataset_app)

    @property
    def node_app(self) -> Ints:
        """Application of each node, -1 for hubs, ``[node]``."""
        return np.concatenate([self.workload_app, self.dataset_app, self.dataset_app[self.replica_of]])

    def offered(self) -> Bools:
        """Places where a node's application has candidates, ``[node, place]``."""
        return _of_nodes(self.applications.offered, self.node_app)

    def allowed(self) -> Bools:
        """Places where the rules let a node be, ``[node, place]``."""
        return _of_nodes(self.applications.allowed, self.node_app)


def _of_nodes(by_application: Bools, node_app: Ints) -> Bools:
    everywhere = np.ones((1, by_application.shape[1]), dtype=np.bool_)
    return np.concatenate([by_application, everywhere])[node_app]


def draw_estate(rng: np.random.Generator, workloads: int, market: Market) -> Estate:
    """An estate of that many workloads and as many datasets."""
    workload_app = _workload_apps(rng, workloads)
    applications = _applications(rng, int(workload_app[-1]) + 1, market)
    hubs = max(2, workloads // WORKLOADS_PER_HUB)
    dataset_app = _dataset_apps(rng, workload_app, hubs)
    read_by, read, gb = _reads(rng, workload_app, dataset_app, hubs)
    size_gb = np.round(rng.lognormal(np.log(500), 2.0, workloads), 3)
    size_gb[:hubs] *= HUB_IS_LARGER
    writes = rng.random(len(gb)) < SHARE_WRITING
    read_gb = np.where(writes, np.round(gb * 0.2, 3), gb)
    copied, replica_of, apart = _protected(rng, applications.allowed, dataset_app, market)
    ends = [
        (workloads + read, read_by, read_gb),
        (read_by[writes], workloads + read[writes], gb[writes]),
        (workloads + replica_of, 2 * workloads + np.arange(len(replica_of)), np.round(size_gb[replica_of] * 0.05, 3)),
    ]
    flow_from, flow_to, flow_gb = (np.concatenate(column) for column in zip(*ends, strict=True))
    return Estate(
        applications=applications,
        workload_app=workload_app,
        family=rng.choice(len(FAMILIES), workloads, p=SHARE_OF_FAMILY),
        vcpu=np.ceil(rng.lognormal(np.log(6), 1.2, workloads) * 4) / 4,
        hours_per_month=rng.choice([60.0, 180.0, 365.0, 730.0], workloads, p=[0.2, 0.2, 0.2, 0.4]),
        dataset_app=dataset_app,
        size_gb=size_gb,
        read_gb=np.bincount(read, read_gb, workloads),
        copied=copied,
        copied_by_provider=apart[copied],
        replica_of=replica_of,
        replica_by_provider=apart[replica_of],
        flow_from=flow_from,
        flow_to=flow_to,
        flow_gb=flow_gb,
    )


def _workload_apps(rng: np.random.Generator, workloads: int) -> Ints:
    """Application of each workload, ascending; sizes are lognormal, 1 to 150 workloads."""
    size = np.minimum(1 + rng.lognormal(1.3, 0.9, workloads).astype(np.int64), LARGEST_APPLICATION)
    return np.repeat(np.arange(workloads), size)[:workloads]


def _dataset_apps(rng: np.random.Generator, workload_app: Ints, hubs: int) -> Ints:
    """Hubs first, then one dataset for every application and the others by its number of workloads."""
    own = np.arange(int(workload_app[-1]) + 1)[: len(workload_app) - hubs]
    others = rng.choice(workload_app, len(workload_app) - hubs - len(own))
    return np.concatenate([np.full(hubs, NO_APPLICATION), np.sort(np.concatenate([own, others]))])


def _applications(rng: np.random.Generator, count: int, market: Market) -> Applications:
    places = [market.lies_in(*names) if names else np.ones(len(market.places), np.bool_) for names in RESIDENCIES]
    residency = rng.choice(len(RESIDENCIES), count, p=SHARE_OF_RESIDENCY)
    provider = market.codes("provider")
    only = np.where(rng.random(count) < SHARE_OF_ONE_PROVIDER, rng.integers(0, provider.max() + 1, count), -1)
    at_provider = (only[:, None] == -1) | (only[:, None] == provider[None, :])
    resident = np.stack(places)[residency]
    at_provider |= ~(at_provider & resident).any(axis=1, keepdims=True)
    stated = (residency == RESIDENCIES.index(("EU",))) & (rng.random(count) < SHARE_STATED_AS_RULE)
    return Applications(
        offered=at_provider & (resident | stated[:, None]), allowed=at_provider & resident, stated=stated
    )


def _reads(rng: np.random.Generator, workload_app: Ints, dataset_app: Ints, hubs: int) -> tuple[Ints, Ints, Floats]:
    """Who reads which dataset and how many GB a month.

    Mostly the own application's datasets, those of low number more often; now and then a hub or another's.
    """
    reader = np.repeat(np.arange(len(workload_app)), 1 + rng.poisson(2, len(workload_app)))
    app = workload_app[reader]
    first = np.searchsorted(dataset_app, app)
    owned = np.searchsorted(dataset_app, app, side="right") - first
    dataset = first + np.floor(owned * rng.random(len(reader)) ** 1.7).astype(np.int64)
    kind = rng.random(len(reader))
    from_hub = kind < SHARE_READING_HUBS
    popularity = 1 / np.arange(1, hubs + 1) ** 0.8
    dataset[from_hub] = rng.choice(hubs, int(from_hub.sum()), p=popularity / popularity.sum())
    elsewhere = ((kind > 1 - SHARE_READING_OTHERS) | (owned == 0)) & ~from_hub
    dataset[elsewhere] = rng.integers(hubs, len(dataset_app), int(elsewhere.sum()))
    pair = np.unique(reader * len(dataset_app) + dataset)
    gb = np.maximum(np.round(rng.lognormal(np.log(150), 1.8, len(pair)), 3), 0.001)
    return pair // len(dataset_app), pair % len(dataset_app), gb


def _protected(rng: np.random.Generator, allowed: Bools, dataset_app: Ints, market: Market) -> tuple[Ints, Ints, Bools]:
    """Datasets with two copies, datasets with a replica, and whether each dataset's copies part by provider."""
    own = dataset_app != NO_APPLICATION
    reach = allowed[np.where(own, dataset_app, 0)]
    regions, providers = (_distinct(reach, market.codes(attribute)) for attribute in ("region", "provider"))
    eligible = rng.permutation(np.flatnonzero(own & (regions >= 3)))
    copied, replicated = (int(share * len(dataset_app)) for share in (SHARE_COPIED, SHARE_REPLICATED))
    by_provider = (providers >= 2) & (rng.random(len(dataset_app)) < SHARE_BY_PROVIDER)
    return np.sort(eligible[:copied]), np.sort(eligible[copied : copied + replicated]), by_provider


def _distinct(reach: Bools, code: Ints) -> Ints:
    """How many values of an attribute the reachable places have, ``[row]``."""
    return np.stack([reach[:, code == value].any(axis=1) for value in range(code.max() + 1)], axis=1).sum(axis=1)

"""Priced options of every node: machines by architecture and purchase for workloads, storage tiers for datasets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from optimizer.pricing import FAMILIES as MACHINE_FAMILIES
from tests.benchmarks.ladder.estate import FAMILIES, Bools, Estate, Floats, Ints
from tests.benchmarks.ladder.market import OFFERS, TIER_NAMES, Market
from tests.benchmarks.ladder.today import NOT_RUNNING, Today

VARIANTS: Final = (*("-".join(offer) for offer in OFFERS), *TIER_NAMES)
HOT: Final = len(OFFERS)
MACHINE_OF: Final = {
    "spark": "memory", "warehouse": "memory", "stream": "general", "function": "compute", "database": "memory",
}  # fmt: skip
SHARE_COMMITTABLE, SHARE_INTERRUPTIBLE, SHARE_PORTABLE = 0.4, 0.1, 0.25
HORIZON_MONTHS: Final = 36
MOVE_USD_MEDIAN, DATASET_MOVE_USD, RESIZE_SHARE_OF_MOVE = 800.0, 200.0, 0.1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Options:
    """Columns ``[option]`` in ascending order of (node, place, variant); money in whole micro-USD. ``variant`` indexes
    ``VARIANTS``; ``stay`` is the option of each node today, -1 for replicas, int64 ``[node]``.
    """

    node: Ints
    place: Ints
    variant: Ints
    monthly_micro_usd: Ints
    one_off_micro_usd: Ints
    stay: Ints

    @property
    def objective_micro_usd(self) -> Floats:
        """What choosing an option adds to the objective apart from flows and open costs, ``[option]``."""
        return self.monthly_micro_usd + self.one_off_micro_usd / HORIZON_MONTHS


def price_options(rng: np.random.Generator, estate: Estate, market: Market, today: Today) -> Options:
    """Every option of every node."""
    parts = [_of_workloads(rng, estate, market, today), _of_datasets(estate, market, today)]
    node, place, variant, monthly_usd = (np.concatenate(column) for column in zip(*parts, strict=True))
    current = today.place[node]
    usual = np.where(node < estate.workloads, 0, HOT)
    stays = (place == current) & (variant == usual)
    monthly_usd[stays] *= rng.uniform(0.95, 1.3, int(stays.sum()))
    stay = np.full(len(today.place), NOT_RUNNING, dtype=np.int64)
    stay[node[stays]] = np.flatnonzero(stays)
    return Options(
        node=node,
        place=place,
        variant=variant,
        monthly_micro_usd=np.rint(monthly_usd * 1e6).astype(np.int64),
        one_off_micro_usd=np.rint(_one_off_usd(rng, estate, market, node, place, current) * ~stays * 1e6).astype(
            np.int64
        ),
        stay=stay,
    )


def _of_workloads(
    rng: np.random.Generator, estate: Estate, market: Market, today: Today
) -> tuple[Ints, Ints, Ints, Floats]:
    """Node, place, variant and monthly USD of the workloads' options."""
    machine = np.array([MACHINE_FAMILIES.index(MACHINE_OF[family]) for family in FAMILIES])[estate.family]
    open_to = _offers_open_to(rng, estate)
    sold = np.isfinite(market.vcpu_usd_per_hour)
    reach = today.reach[: estate.workloads]
    node, cell = np.nonzero(reach)
    row, offer = np.nonzero(open_to[node] & sold[cell, machine[node]])
    node, place = node[row], cell[row]
    provider = market.codes("provider")
    effort = np.exp(rng.normal(0, 0.05, (estate.workloads, provider.max() + 1)))
    usd_per_hour = market.vcpu_usd_per_hour[place, machine[node], offer] * effort[node, provider[place]]
    return node, place, offer, usd_per_hour * (estate.vcpu * estate.hours_per_month)[node]


def _offers_open_to(rng: np.random.Generator, estate: Estate) -> Bools:
    """Everyone buys x86 on demand; some commit, some run on spot, some on ARM too, ``[workload, offer]``."""
    draws = rng.random((3, estate.workloads, 1))
    spot = (draws[1] < SHARE_INTERRUPTIBLE) | (estate.family == FAMILIES.index("spark"))[:, None]
    architecture, purchase = (np.array(column) for column in zip(*OFFERS, strict=True))
    fits = (architecture == "x86_64") | (draws[2] < SHARE_PORTABLE)
    return fits & (
        (purchase == "on_demand")
        | ((purchase == "committed_1y") & (draws[0] < SHARE_COMMITTABLE))
        | ((purchase == "spot") & spot)
    )


def _of_datasets(estate: Estate, market: Market, today: Today) -> tuple[Ints, Ints, Ints, Floats]:
    """The cheapest tier at every place, and the hot one where a dataset is today; replicas are never read."""
    size_gb = np.concatenate([estate.size_gb, estate.size_gb[estate.replica_of]])
    read_gb = np.concatenate([estate.read_gb, np.zeros(len(estate.replica_of))])
    current = today.place[estate.workloads :]
    dataset, place = np.nonzero(today.reach[estate.workloads :])
    usd = (
        size_gb[dataset, None] * market.storage_usd_per_gb_month[place]
        + read_gb[dataset, None] * market.retrieval_usd_per_gb[place]
    )
    cheapest = usd.argmin(axis=1)
    kept = (np.arange(len(TIER_NAMES)) == cheapest[:, None]) | (
        (place == current[dataset])[:, None] & (np.arange(len(TIER_NAMES)) == 0)
    )
    row, tier = np.nonzero(kept)
    return estate.workloads + dataset[row], place[row], HOT + tier, usd[row, tier]


def _one_off_usd(
    rng: np.random.Generator, estate: Estate, market: Market, node: Ints, place: Ints, current: Ints
) -> Floats:
    """Labour of a move, a tenth of it for a change in place, and transfer of a dataset's bytes; replicas pay none."""
    nodes = len(estate.node_app)
    labour = np.full(nodes, DATASET_MOVE_USD)
    labour[: estate.workloads] = rng.lognormal(np.log(MOVE_USD_MEDIAN), 0.8, estate.workloads)
    size_gb = np.zeros(nodes)
    size_gb[estate.workloads :][: estate.datasets] = estate.size_gb
    share = np.where(place == current, RESIZE_SHARE_OF_MOVE, 1.0)
    transfer_usd = market.transfer_micro_usd_per_gb[current, place] / 1e6
    return np.where(current == NOT_RUNNING, 0.0, labour[node] * share + size_gb[node] * transfer_usd)

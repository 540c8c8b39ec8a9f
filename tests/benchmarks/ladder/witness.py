"""A plan that keeps every rule of the rung, which proves the rung feasible and calibrates its global rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.sparse import csr_array

from tests.benchmarks.ladder.estate import FAMILIES, Bools, Estate, Floats, Ints
from tests.benchmarks.ladder.market import Market
from tests.benchmarks.ladder.options import Options
from tests.benchmarks.ladder.spec import SHARE_OF_LOAD, Quotas
from tests.benchmarks.ladder.today import Today

SWEEPS: Final = 4
DEARER_AT_TOP_PROVIDER: Final = 0.03
BUSY_CELLS_PER_PLACE: Final = 5 / 8
LOOSE_RATIO, LOOSE_SHARE_OF_TOTAL = 1.3, 0.05
LARGEST_FITS_RATIO: Final = 1.05
BUDGET_RATIO: Final = 0.7


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Witness:
    """``option`` int64 ``[node]`` (the first copy), ``second`` int64 ``[copied dataset]``; ``quota_vcpu`` float64
    ``[place, family]``; ``budget_micro_usd`` what moves may cost once; ``reference_share`` of the dearest
    ``provider`` without any global rule.
    """

    option: Ints
    second: Ints
    quota_vcpu: Floats
    budget_micro_usd: float
    provider: int
    reference_share: float

    @property
    def taken(self) -> Ints:
        """Every option taken, second copies last."""
        return np.concatenate([self.option, self.second])


def find_witness(estate: Estate, market: Market, today: Today, options: Options, quotas: Quotas) -> Witness:
    """Best response without global rules, then the same with a surcharge, quotas and a budget kept greedily."""
    cells = _Cells(estate, market, today, options)
    reference = cells.best_response(cells.cost)
    provider, reference_share = _top_provider(market, options, cells.option[np.arange(len(reference)), reference])
    surcharge = 1 + DEARER_AT_TOP_PROVIDER * (market.codes("provider") == provider)
    place = cells.best_response(cells.cost * surcharge)
    quota_vcpu = _quotas(estate, reference, len(market.places), SHARE_OF_LOAD[quotas])
    cost = cells.with_flows(cells.cost, place)
    _keep_quotas(estate, cost, place, quota_vcpu)
    budget = BUDGET_RATIO * cells.one_off(reference).sum()
    option = _keep_budget(estate, options, cells, cost, place, quota_vcpu, budget)
    place = options.place[option]
    quota_vcpu = np.maximum(quota_vcpu, _load(estate, place, len(market.places)))
    second = _apart(cells, estate.workloads + estate.copied, place, market, estate.copied_by_provider)
    replicas = np.arange(2 * estate.workloads, len(place))
    of_replicas = _apart(
        cells, replicas, place, market, estate.replica_by_provider, estate.workloads + estate.replica_of
    )
    option[replicas] = of_replicas
    return Witness(
        option=option,
        second=second,
        quota_vcpu=quota_vcpu,
        budget_micro_usd=budget,
        provider=provider,
        reference_share=reference_share,
    )


class _Cells:
    """Cheapest allowed option of every (node, place): ``option`` int64 and ``cost`` float64 ``[node, place]``, infinite
    where there is none.
    """

    def __init__(self, estate: Estate, market: Market, today: Today, options: Options) -> None:
        nodes, places = today.allowed.shape
        self._estate, self._options = estate, options
        self._transfer = market.transfer_micro_usd_per_gb.astype(np.float64)
        cell = options.node * places + options.place
        start = np.flatnonzero(np.diff(cell, prepend=-1))
        objective = options.objective_micro_usd
        least = np.minimum.reduceat(objective, start)
        found = np.flatnonzero(objective == np.repeat(least, np.diff(start, append=len(cell))))
        self.option = np.full((nodes, places), -1, dtype=np.int64)
        self.option.ravel()[cell[found]] = found
        self.cost = np.full((nodes, places), np.inf)
        self.cost.ravel()[cell[start]] = least
        self.cost[~today.allowed] = np.inf

    def one_off(self, place: Ints) -> Ints:
        """What each node costs once at its place, ``[node]``."""
        return self._options.one_off_micro_usd[self.option[np.arange(len(place)), place]]

    def with_flows(self, cost: Floats, place: Ints) -> Floats:
        """Cost of each place for each node while all others stay at ``place``, ``[node, place]``."""
        estate, shape = self._estate, cost.shape
        sent = csr_array((estate.flow_gb, (estate.flow_from, place[estate.flow_to])), shape=shape)
        received = csr_array((estate.flow_gb, (estate.flow_to, place[estate.flow_from])), shape=shape)
        return cost + sent @ self._transfer.T + received @ self._transfer

    def best_response(self, cost: Floats) -> Ints:
        """Workloads and datasets in turn take their cheapest place given the others, ``[node]``."""
        place = cost.argmin(axis=1)
        sides = np.array_split(np.arange(len(place)), [self._estate.workloads])
        for _ in range(SWEEPS):
            for side in sides:
                place[side] = self.with_flows(cost, place)[side].argmin(axis=1)
        return place


def _top_provider(market: Market, options: Options, option: Ints) -> tuple[int, float]:
    spend = np.bincount(market.codes("provider")[options.place[option]], options.monthly_micro_usd[option])
    return int(spend.argmax()), float(spend.max() / spend.sum())


def _load(estate: Estate, place: Ints, places: int) -> Floats:
    """vCPU at each place by family, ``[place, family]``."""
    cell = place[: estate.workloads] * len(FAMILIES) + estate.family
    return np.bincount(cell, estate.vcpu, places * len(FAMILIES)).reshape(places, len(FAMILIES))


def _quotas(estate: Estate, reference: Ints, places: int, busy_ratio: float) -> Floats:
    """vCPU by place and family: the busiest cells get less than they would carry; the largest workload always fits."""
    load = _load(estate, reference, places)
    quota = np.maximum(load * LOOSE_RATIO, load.sum(axis=0) * LOOSE_SHARE_OF_TOTAL)
    busiest = np.argsort(-load.ravel(), kind="stable")[: int(BUSY_CELLS_PER_PLACE * places)]
    quota.ravel()[busiest] = load.ravel()[busiest] * busy_ratio
    largest = np.zeros(len(FAMILIES))
    np.maximum.at(largest, estate.family, estate.vcpu)
    return np.ceil(np.maximum(quota, largest * LARGEST_FITS_RATIO))


def _keep_quotas(estate: Estate, cost: Floats, place: Ints, quota_vcpu: Floats) -> None:
    """Move workloads out of overfull cells, the least regret a vCPU first, to the cheapest place with room."""
    load = _load(estate, place, len(quota_vcpu))
    two = np.partition(cost[: estate.workloads], 1, axis=1)[:, :2]
    with np.errstate(invalid="ignore"):
        regret = (two[:, 1] - two[:, 0]) / estate.vcpu
    for workload in np.argsort(regret, kind="stable").tolist():
        family, vcpu, here = estate.family[workload], estate.vcpu[workload], place[workload]
        if load[here, family] <= quota_vcpu[here, family]:
            continue
        room = load[:, family] + vcpu <= quota_vcpu[:, family]
        there = int(np.where(room, cost[workload], np.inf).argmin())
        if room[there] and np.isfinite(cost[workload, there]):
            load[here, family] -= vcpu
            load[there, family] += vcpu
            place[workload] = there


def _keep_budget(
    estate: Estate,
    options: Options,
    cells: _Cells,
    cost: Floats,
    place: Ints,
    quota_vcpu: Floats,
    budget_micro_usd: float,
) -> Ints:
    """Take back the moves that save least for their one-off cost until the others fit the budget, ``[node]``."""
    option = cells.option[np.arange(len(place)), place]
    load = _load(estate, place, len(quota_vcpu))
    one_off = options.one_off_micro_usd[option].astype(np.float64)
    home = options.place[options.stay]
    spent = one_off.sum()
    movers = np.flatnonzero((options.stay >= 0) & (one_off > 0))
    flows_at_home = cost[movers, home[movers]] - cells.cost[movers, home[movers]]
    at_home = options.objective_micro_usd[options.stay[movers]] + flows_at_home
    saving = at_home - cost[movers, place[movers]]
    for node in movers[np.argsort(saving / one_off[movers], kind="stable")].tolist():
        if spent <= budget_micro_usd:
            break
        if node < estate.workloads:
            family, vcpu = estate.family[node], estate.vcpu[node]
            leaves = place[node] == home[node]
            if not leaves and load[home[node], family] + vcpu > quota_vcpu[home[node], family]:
                continue
            load[place[node], family] -= vcpu
            load[home[node], family] += vcpu
        spent -= one_off[node]
        option[node] = options.stay[node]
    return option


def _apart(
    cells: _Cells, node: Ints, place: Ints, market: Market, by_provider: Bools, other: Ints | None = None
) -> Ints:
    """Cheapest option of each node at a place whose region (or provider) differs from that of ``other`` (or itself)."""
    beside = place[node if other is None else other]
    region, provider = market.codes("region"), market.codes("provider")
    shares = np.where(
        by_provider[:, None], provider[None, :] == provider[beside, None], region[None, :] == region[beside, None]
    )
    best = np.where(shares, np.inf, cells.cost[node]).argmin(axis=1)
    return cells.option[node, best]
